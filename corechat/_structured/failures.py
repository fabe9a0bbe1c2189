"""StructuredOutputErrors: which one an answer deserves, and in which words."""

from corechat._structured.readers import UnreadableError
from corechat.errors import APIStatusError, RefusedOutputError, StructuredOutputError
from corechat.errors._output import OutputFailure, write_details
from corechat.errors._text import MAX_ERROR_TEXT, excerpt
from corechat.responses import ChatResponse, Choice, Usage
from corechat.responses._finish_reasons import is_filtered

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


def structured_error_from_status(error: APIStatusError) -> RefusedOutputError | None:
    """Return the error of Groq's ``json_validate_failed``; None if the status says otherwise."""
    if error.code != "json_validate_failed":
        return None
    return RefusedOutputError(
        excerpt(f"The server refused its model's own JSON: {error.message}", MAX_ERROR_TEXT),
        refusal=error,
        reason="invalid_json",
        text=error.failed_generation or "",
    )


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
