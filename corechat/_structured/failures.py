"""StructuredOutputErrors: which one an answer deserves, and in which words."""

import re

from corechat._errors.text import MAX_ERROR_TEXT, excerpt
from corechat._structured.readers import Reader, UnreadableError, read_object
from corechat.responses import ChatResponse, Choice, Usage
from corechat.responses._api_errors import APIStatusError
from corechat.responses._finish_reasons import is_filtered
from corechat.responses._output_errors import (
    OutputFailure,
    RefusedOutputError,
    StructuredOutputError,
    write_details,
)

_KEPT = "The text, the usage and the whole response are on this error."


def unusable(
    response: ChatResponse, choice: Choice, text: str, name: str
) -> StructuredOutputError | None:
    """Make the error of an answer that need not be read at all; None if it can be read."""
    refusal = choice.message.refusal
    if choice.cut_off:
        says = f"{name} was cut off at the bound on its tokens; raise max_completion_tokens"
        return _error(response, text, "length", says)
    if is_filtered(choice.finish_reason):
        return _error(response, text, "content_filter", f"{name} was stopped by a content filter")
    if isinstance(refusal, str) and refusal:
        says = f"The model refused to answer with {name}: {excerpt(refusal, 300)}"
        return _error(response, text or refusal, "refusal", says)
    if not text.strip():
        instead = "; it called tools instead" if choice.message.tool_calls else ""
        return _error(response, text, "empty", f"There is no text to read {name} from{instead}")
    return None


def unreadable(
    response: ChatResponse, text: str, name: str, found: UnreadableError
) -> StructuredOutputError:
    """Make the error of a text that is not what was asked for."""
    details = excerpt(write_details(found.errors), 600)
    if found.is_json:
        says = f"The answer is JSON, but not {name}: {details}"
        return _error(response, text, "wrong_shape", says, found)
    hint = " (lenient=True reads it inside a Markdown fence)" if "```" in text else ""
    return _error(response, text, "invalid_json", f"The answer is not JSON{hint}: {details}", found)


_BOUND = re.compile(r"max(imum)?[ _](completion[ _]|output[ _])?tokens?\b", re.IGNORECASE)


def structured_error_from_status(
    error: APIStatusError, read: Reader = read_object
) -> RefusedOutputError | None:
    """Return the error of Groq's ``json_validate_failed``; None if the status says otherwise.

    Its reason is the one that the same text has as an answer of another endpoint.
    """
    if error.code != "json_validate_failed":
        return None
    text = error.failed_generation or ""
    reason, found = _why_refused(error.message, text, read)
    details = f" ({excerpt(write_details(found.errors), 400)})" if found and found.is_json else ""
    return RefusedOutputError(
        excerpt(
            f"The server refused its model's own JSON{details}: {error.message}", MAX_ERROR_TEXT
        ),
        refusal=error,
        reason=reason,
        errors=found.errors if found else (),
        text=text,
    )


def _why_refused(
    message: str, text: str, read: Reader
) -> tuple[OutputFailure, UnreadableError | None]:
    try:
        read(text)
    except UnreadableError as error:
        if _BOUND.search(message):
            return "length", error
        if not text.strip():
            return "empty", None
        return ("wrong_shape" if error.is_json else "invalid_json"), error
    return "wrong_shape", None  # the server's schema is narrower than the type


def _error(
    response: ChatResponse,
    text: str,
    reason: OutputFailure,
    says: str,
    found: UnreadableError | None = None,
) -> StructuredOutputError:
    message = excerpt(f"{says.removesuffix('.')}.", MAX_ERROR_TEXT - len(_KEPT) - 1)
    return StructuredOutputError(
        f"{message} {_KEPT}",
        reason=reason,
        errors=found.errors if found else (),
        text=text,
        usage=response.usage if isinstance(response.usage, Usage) else None,
        response=response,
        status_code=response.http.status,
        request_id=response.request_id,
        attempts=response.http.attempts,
    )
