"""Errors of a call to the API: a whole answer did not come, or cannot be handed out."""

from corechat._errors.base import CorechatError
from corechat._http.messages import Headers
from corechat._http.rate_limits import RateLimits
from corechat.responses._chat_response import ChatResponse
from corechat.responses._usage import Usage


class APIError(CorechatError):
    """Report that a call to the API failed: base of all that a server, or the way to it, does.

    Attributes:
        status_code: the HTTP status; None where a whole response head did not come.
        request_id: the server's id of the request, to quote to its support; None if it gave none.
        attempts: how many times the request was sent or tried.
        response: the whole answer, where one came that holds an error; else None.
        usage: its tokens, which may have been billed.
    """

    response: ChatResponse | None = None
    usage: Usage | None = None

    def __init__(
        self,
        message: str,
        *,
        status_code: int | None = None,
        request_id: str | None = None,
        attempts: int = 1,
    ) -> None:
        super().__init__(message)
        self.status_code = status_code
        self.request_id = request_id
        self.attempts = attempts


class APIConnectionError(APIError):
    """Report that a whole answer did not come: the connection failed, closed, or broke HTTP."""

    @property
    def response_started(self) -> bool:
        """Whether a whole response head had come.

        If it was a success, the answer was generated and may have been billed, and the call was
        not tried again.
        """
        return self.status_code is not None


class APITimeoutError(APIConnectionError):
    """Report that the deadline of the call passed before the whole answer had come."""


class ExecutorError(APIError):
    """Report that the executor of many requests lost one, for example as its process was killed.

    The request may have been sent, and billed.
    """


class APIResponseValidationError(APIError):
    """Report a 2xx answer that is not a chat completion: HTML, an event stream, cut JSON.

    The answer was generated and may have been billed, so the call is not tried again.

    Attributes:
        content_type: the Content-Type that the server gave, else None.
        excerpt: the first characters of the body, cleaned.
    """

    def __init__(  # noqa: PLR0913 - status, id and attempts are every APIError's
        self,
        message: str,
        *,
        status_code: int,
        request_id: str | None = None,
        attempts: int = 1,
        content_type: str | None = None,
        excerpt: str = "",
    ) -> None:
        super().__init__(message, status_code=status_code, request_id=request_id, attempts=attempts)
        self.content_type = content_type
        self.excerpt = excerpt


class ResponseTooLargeError(APIError):
    """Report that the answer is larger than a bound; reading stopped there.

    Attributes:
        limit: the bound, in bytes.
    """

    def __init__(
        self,
        message: str,
        *,
        limit: int,
        status_code: int | None = None,
        request_id: str | None = None,
        attempts: int = 1,
    ) -> None:
        super().__init__(message, status_code=status_code, request_id=request_id, attempts=attempts)
        self.limit = limit


class APIStatusError(APIError):
    """Report a status that is not a success; the class names the status.

    OpenRouter answers 200 where a model fails after it began: the status is then that of the error
    inside the choice, ``response`` and ``usage`` keep what came, and ``response.http`` says 200.

    Attributes:
        code: the API's error code, for example ``"model_not_found"``; a number where the server
            gave one.
        type: the API's error type, for example ``"invalid_request_error"``.
        param: the parameter at fault.
        retry_after: seconds that the server asked to wait, else None.
        failed_generation: what the model wrote when it failed (Groq's ``tool_use_failed``).
        headers: the response's headers, cookies and account ids hidden.
        body: the parsed JSON body, or its text, at most 64 kB of it.
    """

    status_code: int  # pyright: ignore[reportIncompatibleVariableOverride] - an answer has one

    def __init__(  # noqa: PLR0913 - one field each of the API's error object
        self,
        message: str,
        *,
        status_code: int,
        request_id: str | None = None,
        attempts: int = 1,
        code: str | int | None = None,
        type: str | None = None,  # noqa: A002 - the API's own word
        param: str | None = None,
        retry_after: float | None = None,
        failed_generation: str | None = None,
        headers: Headers | None = None,
        body: object = None,
    ) -> None:
        super().__init__(message, status_code=status_code, request_id=request_id, attempts=attempts)
        self.code = code
        self.type = type
        self.param = param
        self.retry_after = retry_after
        self.failed_generation = failed_generation
        self.headers = Headers() if headers is None else headers
        self.body = body

    @property
    def rate_limits(self) -> RateLimits:
        """The key's rate limits, as the response told them."""
        return RateLimits.from_headers(self.headers)

    @classmethod
    def class_for(cls, status: int) -> type["APIStatusError"]:
        """Return the class of a status.

        Args:
            status: an HTTP status code that is not 2xx.
        """
        if 500 <= status <= 599:  # noqa: PLR2004 - RFC 9110 §15.6
            return InternalServerError
        return _STATUS_CLASSES.get(status, APIStatusError)


class BadRequestError(APIStatusError):
    """Report a 400: the server refuses the request as it is."""


class AuthenticationError(APIStatusError):
    """Report a 401: the key is missing, wrong or revoked."""


class PermissionDeniedError(APIStatusError):
    """Report a 403: the key may not do this."""


class NotFoundError(APIStatusError):
    """Report a 404: the server does not have the model or the path."""


class ConflictError(APIStatusError):
    """Report a 409: the request collides with another one."""


class UnprocessableEntityError(APIStatusError):
    """Report a 422: well-formed, but the server (or the model) could not follow it."""


class RateLimitError(APIStatusError):
    """Report a 429: too many requests or tokens; ``retry_after`` says how long to wait."""


class CapacityExceededError(APIStatusError):
    """Report a 498: Groq's flex tier is full at the moment."""


class InternalServerError(APIStatusError):
    """Report a 5xx: the server failed."""


_STATUS_CLASSES: dict[int, type[APIStatusError]] = {
    400: BadRequestError,
    401: AuthenticationError,
    403: PermissionDeniedError,
    404: NotFoundError,
    409: ConflictError,
    422: UnprocessableEntityError,
    429: RateLimitError,
    498: CapacityExceededError,
}
