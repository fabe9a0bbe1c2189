"""ErrorObject: what a server says was wrong, out of whatever body it sends."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from corechat._errors.text import excerpt
from corechat._http.retry_after import parse_duration, read_wait_in_words, sensible_wait
from corechat.requests._json import whole_characters

_FAILED_GENERATION_LIMIT = 64 * 1024
_MAX_DEPTH = 100  # what is deeper neither pickles nor copies everywhere


@dataclass(frozen=True, slots=True)
class ErrorObject:
    """Hold what a server said was wrong (API reference, error codes).

    Attributes:
        message: its words, cleaned, at most 600 characters; ``""`` if it had none.
        type: the API's error type.
        code: the API's error code.
        param: the parameter at fault.
        failed_generation: what the model wrote (Groq).
        retry_after: seconds that it asked to wait, in a field or in words; None if it did not.
        body: the parsed JSON, or the text.
    """

    message: str = ""
    type: str | None = None
    code: str | int | None = None
    param: str | None = None
    failed_generation: str | None = None
    retry_after: float | None = None
    body: object = None


def read_error(body: bytes, redact: Callable[[str], str] = str) -> ErrorObject:
    """Read the error in a decoded body of any kind, each text redacted; this never raises."""
    text = body.decode("utf-8", "replace").removeprefix("\ufeff")
    try:
        parsed = _redacted(json.loads(text, parse_constant=str), redact)
    except (ValueError, RecursionError):
        text = redact(text)
        wait = read_wait_in_words(text)
        return ErrorObject(message=excerpt(text, 600), retry_after=wait, body=text)
    return read_error_value(parsed)


def read_error_value(parsed: Any) -> ErrorObject:
    """Read parsed JSON that says what was wrong, for example the ``error`` of a choice."""
    found = _find(parsed)
    if not isinstance(found, dict):
        return ErrorObject(message=_text_of(found), retry_after=_wait_in(found), body=parsed)
    code = found.get("code")
    failed = found.get("failed_generation")
    said = next((found[k] for k in _MESSAGE_KEYS if found.get(k)), "")
    waits = (_wait_in(one) for one in (found, parsed, said))
    return ErrorObject(
        message=_text_of(said),
        type=_name(found.get("type")),
        code=code if isinstance(code, int) and not isinstance(code, bool) else _name(code),
        param=_name(found.get("param")),
        failed_generation=whole_characters(failed[:_FAILED_GENERATION_LIMIT])
        if isinstance(failed, str)
        else None,
        retry_after=next((one for one in waits if one is not None), None),
        body=parsed,
    )


_WAITS = {
    "retryDelay": 1.0,  # google.rpc.RetryInfo, in error.details
    "retry_delay": 1.0,
    "retry_after": 1.0,
    "retryAfter": 1.0,
    "retry_after_seconds": 1.0,
    "retry_after_ms": 0.001,
    "retryAfterMs": 0.001,
}
_MOST_DETAILS = 32
_MESSAGE_KEYS = ("message", "detail", "error_description", "title", "error", "msg")


def _wait_in(value: Any) -> float | None:
    """Read the wait out of an error object, its ``details`` or ``metadata``, or its words."""
    if isinstance(value, str):
        return read_wait_in_words(value)
    if isinstance(value, list):
        waits = [_wait_in(one) for one in value[:_MOST_DETAILS] if isinstance(one, dict)]
        return next((one for one in waits if one is not None), None)
    if not isinstance(value, dict):
        return None
    for name, unit in _WAITS.items():
        seconds = parse_duration(str(value[name])) if name in value else None
        if seconds is not None:
            return sensible_wait(seconds * unit)
    return _wait_in(value.get("details")) if "details" in value else _wait_in(value.get("metadata"))


def _redacted(value: Any, redact: Callable[[str], str], depth: int = _MAX_DEPTH) -> Any:
    if isinstance(value, str):
        return redact(value)
    if not isinstance(value, list | dict):
        return value
    if not depth:
        raise RecursionError
    if isinstance(value, list):
        return [_redacted(item, redact, depth - 1) for item in value]
    return {redact(name): _redacted(item, redact, depth - 1) for name, item in value.items()}


def _find(parsed: Any) -> Any:
    if isinstance(parsed, list) and len(parsed) == 1:  # Gemini wraps its error in a list
        parsed = parsed[0]
    if isinstance(parsed, dict) and parsed.get("error"):
        return parsed["error"]
    return parsed


def _text_of(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return excerpt(value, 600)
    try:
        return excerpt(json.dumps(value, ensure_ascii=False), 600)
    except (ValueError, RecursionError):
        return ""


def _name(value: Any) -> str | None:
    return excerpt(value, 200) if isinstance(value, str) else None
