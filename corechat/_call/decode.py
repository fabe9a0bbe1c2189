"""Decoder: from a 2xx response to the ChatResponse."""

from typing import Any

from pydantic import ValidationError
from pydantic_core import from_json

from corechat._call.call_errors import DEFAULT_BOUNDS, CallErrors
from corechat._call.failed_answer import find_failure, read_without_message
from corechat._http.content_coding import CodingError, TooLargeError, decode_content
from corechat._http.messages import HttpResponse
from corechat.requests._json import replace_half_surrogates
from corechat.responses import ChatResponse, HttpInfo, Usage
from corechat.transport import TransportOptions

_BOM = b"\xef\xbb\xbf"
_DENSITY = {b"{": 380, b"[": 112, b":": 112, b",": 32}
"""At most one of each in so many bytes of the bound: an object can take 1 kB of memory, a list and
a name 100 bytes, a value 8. 4 096 tokens with 20 log probabilities each are within it."""


class Decoder:
    """Turn 2xx responses into answers."""

    def __init__(
        self,
        errors: CallErrors | None = None,
        bounds: TransportOptions = DEFAULT_BOUNDS,
        *,
        keep_bodies: bool = False,
    ) -> None:
        self._keep_bodies = keep_bodies
        self._errors = CallErrors() if errors is None else errors
        self._limit = bounds.max_body_bytes
        bound = max(self._limit, DEFAULT_BOUNDS.max_body_bytes)
        self._most = {mark: bound // share for mark, share in _DENSITY.items()}

    def decode(self, response: HttpResponse, *, elapsed: float, attempts: int) -> ChatResponse:
        """Return the answer that came after so many seconds and attempts; raise what it says."""
        body = self._errors.redact_answer(self._inflate(response, attempts).removeprefix(_BOM))
        reason = self._too_dense(body)
        if reason is not None:
            raise self._errors.not_a_completion(response, body, reason, attempts=attempts)
        answer, reason = _read(body)
        if answer is None:
            raise self._errors.not_a_completion(response, body, reason, attempts=attempts)
        headers = self._errors.redact_headers(response.headers)
        kept = body if self._keep_bodies else b""
        vars(answer)["_http"] = HttpInfo(response.status, headers, elapsed, attempts, kept)
        # most answers do not hold the word, and need not be searched
        failed = find_failure(answer) if b"rror" in body or b"RROR" in body else None
        if failed is None and not reason:
            return answer
        error = (
            self._errors.not_a_completion(response, body, reason, attempts=attempts)
            if failed is None
            else self._errors.of_failed_answer(response, body, failed, attempts=attempts)
        )
        error.response = answer
        error.usage = answer.usage if isinstance(answer.usage, Usage) else None
        raise error

    def _inflate(self, response: HttpResponse, attempts: int) -> bytes:
        reason = None
        try:
            return decode_content(
                response.body,
                ",".join(response.headers.get_list("content-encoding")),
                self._limit,
            )
        except CodingError as error:
            reason = str(error)
        except TooLargeError:
            pass
        # raised here, outside the handlers: the context of an error would hold what came
        if reason is not None:
            raise self._errors.not_a_completion(response, b"", reason, attempts=attempts)
        raise self._errors.inflated_too_large(response, self._limit, attempts=attempts)

    def _too_dense(self, body: bytes) -> str | None:
        """Say why not to parse what would take much more memory: 30 MB of ``{},`` take 11 GB."""
        if len(body) <= self._most[b"{"]:
            return None
        for mark, most in self._most.items():
            if body.count(mark) > most:
                return f"its JSON has over {most} {mark.decode()!r} (raise max_body_bytes for more)"
        return None


def _read(body: bytes) -> tuple[ChatResponse | None, str]:
    """Read an answer, and why it is not one to hand out."""
    try:
        return _parse(body), ""
    except ValidationError as error:
        reason = _reason(error)
    except ValueError as error:
        return None, f"it is not JSON ({error})"
    answer = read_without_message(body)
    if answer is not None and answer.finish_reason:
        reason += f" (finish_reason {answer.finish_reason!r})"
    return answer, reason


def _parse(body: bytes) -> ChatResponse:
    try:
        if b"NaN" in body or b"Infinity" in body:
            from_json(body, allow_inf_nan=False)  # pydantic's own parser would take them
        return ChatResponse.model_validate_json(body)
    except ValueError:  # pydantic's ValidationError is one
        repaired = replace_half_surrogates(body)
        if repaired == body:
            raise
    return _parse(repaired)


def _reason(error: ValidationError) -> str:
    first: Any = error.errors(include_url=False, include_input=False, include_context=False)[0]
    path = ".".join(str(step) for step in first["loc"])
    if first["type"] == "json_invalid":
        return f"it is not JSON ({first['msg'].removeprefix('Invalid JSON: ')})"
    return f"{path or 'the top level'}: {first['msg']}"
