"""CallErrors: the errors of a call and their words, the key taken out of what a server said."""

from http import HTTPStatus

from corechat._call.error_object import ErrorObject, read_error
from corechat._call.failed_answer import FailedAnswer
from corechat._errors.text import excerpt
from corechat._http.content_coding import CodingError, decode_content
from corechat._http.messages import Headers, HttpResponse
from corechat._http.response_headers import read_request_id
from corechat._http.retry_after import read_retry_after
from corechat._providers.key import ApiKey
from corechat.errors import (
    APIConnectionError,
    APIError,
    APIResponseValidationError,
    APIStatusError,
    APITimeoutError,
    CorechatError,
    ResponseTooLargeError,
)
from corechat.transport import TimeoutFailure, TooLargeFailure, TransportFailure, TransportOptions

DEFAULT_BOUNDS = TransportOptions()
_EXCERPT = 200
_BILLED = "The answer was generated and may have been billed, so the call was not tried again."
_UNREACHED = " Nothing was sent: check the base URL, the proxy if there is one, and the server."


class CallErrors:
    """Build the errors of a client's calls."""

    def __init__(
        self,
        address: str = "",
        bounds: TransportOptions = DEFAULT_BOUNDS,
        key: ApiKey | None = None,
    ) -> None:
        self._address = address
        self._limit = bounds.max_error_body_bytes
        self._key = ApiKey.absent() if key is None else key
        self.redact = self._key.redact
        self.redact_answer = self._key.redact_answer

    def of_status(self, response: HttpResponse, *, attempts: int, hint: str = "") -> APIStatusError:
        """Return the error of a status that is not a success; the hint is added to a 400."""
        coding = response.headers.get("content-encoding", "")
        body = response.body
        if coding:
            try:
                body = decode_content(body, coding, self._limit, cut=True)
            except CodingError:
                body = b""
        cut = response.truncated or len(body) >= self._limit
        found = read_error(self._key.redact_bytes(body[: self._limit], cut=cut), self.redact)
        status = response.status
        reason = found.message or "the server gave no reason"
        kind = ", ".join(str(part) for part in (found.type, found.code) if part is not None)
        request_id = self._request_id(response.headers)
        named = f" [request {request_id}]" if request_id else ""
        wait = _wait(response, found)
        advice = self._advice(status, found, wait, hint)
        stop = "." if advice and not named and reason[-1:].isalnum() else ""
        message = f"HTTP {status}{f' ({kind})' if kind else ''}: {reason}{stop}{named}{advice}"
        return self._status_error(message, status, response, found, attempts)

    def _status_error(
        self, message: str, status: int, response: HttpResponse, said: ErrorObject, attempts: int
    ) -> APIStatusError:
        return APIStatusError.class_for(status)(
            message,
            status_code=status,
            request_id=self._request_id(response.headers),
            attempts=attempts,
            code=said.code,
            type=said.type,
            param=said.param,
            retry_after=_wait(response, said),
            failed_generation=said.failed_generation,
            headers=self.redact_headers(response.headers),
            body=said.body,
        )

    def _advice(self, status: int, found: ErrorObject, wait: float | None, hint: str) -> str:
        """Say what is to be done about a status."""
        if wait is not None:
            return f" Wait {wait:g} s before the next try."
        if status == HTTPStatus.UNAUTHORIZED:
            return f" Check the API key in {self._key.source}."
        if status == HTTPStatus.NOT_FOUND:
            return " Check the model's name and the base URL."
        if status == HTTPStatus.BAD_REQUEST:
            named = found.param and found.param not in (found.message or "")
            return hint or (f" The field: {found.param}." if named else "")
        return ""

    def of_failure(
        self, failure: TransportFailure, *, elapsed: float, attempts: int, limit: str = "timeout"
    ) -> CorechatError:
        """Return the error of a transport that failed; the limit is the parameter that passed."""
        what = excerpt(self.redact(failure.message), 400)
        billed = f" A whole response head had come. {_BILLED}"
        if isinstance(failure, TooLargeFailure):
            return ResponseTooLargeError(
                f"The answer of {self._address} is too large: {what}."
                f"{billed if failure.response_started else ''}",
                status_code=failure.status,
                limit=failure.limit,
                attempts=attempts,
            )
        success = failure.status is not None and failure.status < 300  # noqa: PLR2004 - 2xx
        late = isinstance(failure, TimeoutFailure)
        where = f"{self._address}{' in time' if late else ''}"
        advice = "" if failure.sent else _UNREACHED
        if late:
            advice = f" Give a longer {limit}= to wait longer."
        kind = APITimeoutError if late else APIConnectionError
        return kind(
            f"No whole answer from {where} ({elapsed:.1f} s, attempt {attempts}): {what}."
            f"{billed if success else ''}{advice}",
            status_code=failure.status,
            attempts=attempts,
        )

    def not_a_completion(
        self, response: HttpResponse, body: bytes, reason: str, *, attempts: int
    ) -> APIResponseValidationError:
        """Return the error of a 2xx answer whose decoded body is not a chat completion."""
        content_type = self.redact(response.headers.get("content-type", ""))
        request_id = self._request_id(response.headers)
        # a character may be cut at the end: what cannot be read is replaced
        text = self._key.redact_bytes(body)[: 8 * _EXCERPT].decode("utf-8", "replace")
        beginning = excerpt(self.redact(text), _EXCERPT)
        shown = f" It begins: {beginning}" if beginning else " It is empty."
        return APIResponseValidationError(
            f"HTTP {response.status}, content type {excerpt(content_type or 'not given', 80)}, "
            f"request id {request_id or 'not given'}: the answer is not a chat completion: "
            f"{excerpt(self.redact(reason), 250)}.{shown} {_BILLED}",
            status_code=response.status,
            request_id=request_id,
            attempts=attempts,
            content_type=excerpt(content_type, 200) if content_type else None,
            excerpt=beginning,
        )

    def of_failed_answer(
        self, response: HttpResponse, body: bytes, failed: FailedAnswer, *, attempts: int
    ) -> APIError:
        """Return the error of a 2xx answer that says inside that it failed."""
        said = failed.error
        what = f"{failed.where}{f': {said.message}' if said.message else ''}"
        if failed.status is None:
            return self.not_a_completion(response, body, what, attempts=attempts)
        request_id = self._request_id(response.headers)
        message = (
            f"HTTP {response.status}, but {excerpt(self.redact(what), 500)} ({failed.status})"
            f"{f' [request {request_id}]' if request_id else ''}. {_BILLED}"
        )
        return self._status_error(message, failed.status, response, said, attempts)

    def inflated_too_large(
        self, response: HttpResponse, limit: int, *, attempts: int
    ) -> ResponseTooLargeError:
        """Return the error of a 2xx answer that is over the bound when its coding is undone."""
        inflated = " when inflated" if "content-encoding" in response.headers else ""
        return ResponseTooLargeError(
            f"The answer is over {limit} bytes{inflated}. {_BILLED}",
            status_code=response.status,
            limit=limit,
            request_id=self._request_id(response.headers),
            attempts=attempts,
        )

    def redact_headers(self, headers: Headers) -> Headers:
        """Return a response's headers as they are shown to a user."""
        kept = headers.without_secrets()
        values = "\n".join([value for _, value in kept.pairs])
        if self.redact(values) == values:  # as nearly always
            return kept
        return Headers([(name, self.redact(value)) for name, value in kept.pairs])

    def _request_id(self, headers: Headers) -> str | None:
        found = read_request_id(headers)
        return excerpt(self.redact(found), 200) if found else None


def _wait(response: HttpResponse, said: ErrorObject) -> float | None:
    told = read_retry_after(response.headers)
    return said.retry_after if told is None else told
