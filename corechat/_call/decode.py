"""Decode: from an HttpResponse to the ChatResponse, or to the right error."""

from typing import Any

from pydantic import ValidationError
from pydantic_core import from_json

from corechat._call.error_object import ErrorObject, read_error
from corechat._call.failed_answer import (
    FailedAnswer,
    find_failure,
    read_without_message,
)
from corechat._http.content_coding import CodingError, TooLargeError, decode_content
from corechat._http.messages import Headers, HttpResponse, read_request_id
from corechat._http.retry_after import read_retry_after
from corechat._providers.key import ApiKey
from corechat.errors import (
    APIError,
    APIResponseValidationError,
    APIStatusError,
    ResponseTooLargeError,
)
from corechat.errors._text import excerpt
from corechat.requests._json import replace_half_surrogates
from corechat.responses import ChatResponse, HttpInfo, Usage
from corechat.transport import KIB, MIB

_BOM = b"\xef\xbb\xbf"
_EXCERPT = 200
_BILLED = "The answer was generated and may have been billed, so the call was not tried again."
_DENSITY = {b"{": 380, b"[": 112, b":": 112, b",": 32}
"""At most one of each in so many bytes of the bound: an object can take 1 kB of memory, a list and
a name 100 bytes, a value 8. 4 096 tokens with 20 log probabilities each are within it."""
_NOT_JSON = (b"NaN", b"Infinity")


class Decoder:
    """Turn responses into answers or errors.

    Args:
        max_body_bytes: the bound on a decoded body.
        max_error_body_bytes: the bound on a decoded error body.
        key: the client's key; a text of the server that repeats it has it replaced.
    """

    def __init__(
        self,
        *,
        max_body_bytes: int = 32 * MIB,
        max_error_body_bytes: int = 64 * KIB,
        key: ApiKey | None = None,
    ) -> None:
        self._max_body = max_body_bytes
        bound = max(max_body_bytes, 32 * MIB)
        self._most = {mark: bound // share for mark, share in _DENSITY.items()}
        self._max_error_body = max_error_body_bytes
        self._key = key

    def decode(self, response: HttpResponse, *, elapsed: float, attempts: int) -> ChatResponse:
        """Decode a 2xx response.

        Args:
            response: as the transport gave it.
            elapsed: seconds since the call began.
            attempts: how many times the request was sent.

        Returns:
            The answer.

        Raises:
            APIResponseValidationError: it is no chat completion, holds an error, or is one whose
                JSON would take much more memory than the bound.
            APIStatusError: a choice holds an error with an HTTP status; its class is the status's.
            ResponseTooLargeError: it is over the bound when inflated.
        """
        body = self._inflate(response, attempts).removeprefix(_BOM)
        if self._key is not None:
            body = self._key.redact_answer(body)
        reason = self._too_dense(body)
        if reason is not None:
            raise self._no_completion(response, body, reason, attempts)
        answer, reason = _read(body)
        if answer is None:
            raise self._no_completion(response, body, reason, attempts)
        # a private attribute, set once: the model is frozen to its users
        object.__setattr__(
            answer,
            "__pydantic_private__",
            {"_http": HttpInfo(response.status, self._clean(response.headers), elapsed, attempts)},
        )
        failed = find_failure(answer)
        if failed is None and not reason:
            return answer
        error = (
            self._no_completion(response, body, reason, attempts)
            if failed is None
            else self._failed(response, body, failed, attempts)
        )
        error.response = answer
        error.usage = answer.usage if isinstance(answer.usage, Usage) else None
        raise error

    def _failed(
        self, response: HttpResponse, body: bytes, failed: FailedAnswer, attempts: int
    ) -> APIError:
        said = failed.error
        words = f"{failed.where}{f': {said.message}' if said.message else ''}"
        if failed.status is None:
            return self._no_completion(response, body, words, attempts)
        request_id = self._request_id(response.headers)
        return APIStatusError.class_for(failed.status)(
            f"HTTP {response.status}, but {excerpt(self.redact(words), 500)} ({failed.status})"
            f"{f' [request {request_id}]' if request_id else ''}. {_BILLED}",
            status_code=failed.status,
            request_id=request_id,
            attempts=attempts,
            code=said.code,
            type=said.type,
            param=said.param,
            retry_after=_wait(response, said),
            failed_generation=said.failed_generation,
            body=said.body,
        )

    def status_error(self, response: HttpResponse, *, attempts: int) -> APIStatusError:
        """Build the error of a response that is no success; this never raises.

        Args:
            response: as the transport gave it.
            attempts: how many times the request was sent.
        """
        coding = response.headers.get("content-encoding", "")
        body = response.body
        if coding:
            try:
                body = decode_content(body, coding, self._max_error_body, cut=True)
            except CodingError:
                body = b""
        cut = response.truncated or len(body) >= self._max_error_body
        found = read_error(self._redact(body[: self._max_error_body], cut=cut), self.redact)
        status = response.status
        words = found.message or "the server gave no reason"
        kind = ", ".join(str(part) for part in (found.type, found.code) if part is not None)
        request_id = self._request_id(response.headers)
        return APIStatusError.class_for(status)(
            f"HTTP {status}{f' ({kind})' if kind else ''}: {words}"
            f"{f' [request {request_id}]' if request_id else ''}{_advice(response)}",
            status_code=status,
            request_id=request_id,
            attempts=attempts,
            code=found.code,
            type=found.type,
            param=found.param,
            retry_after=_wait(response, found),
            failed_generation=found.failed_generation,
            body=found.body,
        )

    def _inflate(self, response: HttpResponse, attempts: int) -> bytes:
        reason = None
        try:
            return decode_content(
                response.body, response.headers.get("content-encoding", ""), self._max_body
            )
        except CodingError as error:
            reason = str(error)
        except TooLargeError:
            pass
        # raised here, outside the handlers: the context of an error would hold what came
        if reason is not None:
            raise self._no_completion(response, b"", reason, attempts)
        inflated = " when inflated" if "content-encoding" in response.headers else ""
        raise ResponseTooLargeError(
            f"The answer is over {self._max_body} bytes{inflated}. {_BILLED}",
            status_code=response.status,
            limit=self._max_body,
            request_id=self._request_id(response.headers),
            attempts=attempts,
        )

    def _too_dense(self, body: bytes) -> str | None:
        """Say why not to parse what would take much more memory: 30 MB of ``{},`` take 11 GB."""
        if len(body) <= self._most[b"{"]:
            return None
        for mark, most in self._most.items():
            if body.count(mark) > most:
                return f"its JSON has over {most} {mark.decode()!r} (raise max_body_bytes for more)"
        return None

    def _no_completion(
        self, response: HttpResponse, body: bytes, reason: str, attempts: int
    ) -> APIError:
        content_type = self.redact(response.headers.get("content-type", ""))
        request_id = self._request_id(response.headers)
        # a character may be cut at the end: what cannot be read is replaced
        text = self._redact(body)[: 8 * _EXCERPT].decode("utf-8", "replace")
        beginning = excerpt(self.redact(text), _EXCERPT)
        shown = f" It begins: {beginning}" if beginning else " It is empty."
        return APIResponseValidationError(
            f"HTTP {response.status}, content type {excerpt(content_type or 'not given', 80)}, "
            f"request id {request_id or 'not given'}: the answer is no chat completion: "
            f"{excerpt(self.redact(reason), 250)}.{shown} {_BILLED}",
            status_code=response.status,
            request_id=request_id,
            attempts=attempts,
            content_type=excerpt(content_type, 200) if content_type else None,
            excerpt=beginning,
        )

    def _request_id(self, headers: Headers) -> str | None:
        found = read_request_id(headers)
        return excerpt(self.redact(found), 200) if found else None

    def _clean(self, headers: Headers) -> Headers:
        headers = headers.without_secrets()
        if self._key is None:
            return headers
        redact = self._key.redact
        return Headers([(name, redact(value)) for name, value in headers.pairs])

    def _redact(self, body: bytes, *, cut: bool = False) -> bytes:
        return body if self._key is None else self._key.redact_bytes(body, cut=cut)

    def redact(self, text: str) -> str:
        """Replace the client's key in a text that came from elsewhere.

        Args:
            text: any text.
        """
        return text if self._key is None else self._key.redact(text)


def _read(body: bytes) -> tuple[ChatResponse | None, str]:
    """Read an answer, and why it is not one to hand out."""
    try:
        return _parse(body), ""
    except ValidationError as error:
        reason = _reason(error)
    except ValueError as error:
        return None, f"it is no JSON ({error})"
    answer = read_without_message(body)
    if answer is not None and answer.finish_reason:
        reason += f" (finish_reason {answer.finish_reason!r})"
    return answer, reason


def _parse(body: bytes) -> ChatResponse:
    try:
        if any(word in body for word in _NOT_JSON):
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
        return f"it is no JSON ({first['msg'].removeprefix('Invalid JSON: ')})"
    return f"{path or 'the top level'}: {first['msg']}"


def _wait(response: HttpResponse, said: ErrorObject) -> float | None:
    told = read_retry_after(response.headers)
    return said.retry_after if told is None else told


def _advice(response: HttpResponse) -> str:
    return _ADVICE.get(response.status, "")


_ADVICE = {
    401: " Check the API key.",
    404: " Check the model's name and the base URL.",
}
