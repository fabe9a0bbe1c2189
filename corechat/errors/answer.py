"""Errors of an answer that came, but cannot be handed out."""

from corechat.errors.base import CorechatError


class APIError(CorechatError):
    """An answer came, but not one to hand out.

    Attributes:
        status_code: the HTTP status.
        request_id: the server's id of the request, to quote to its support; None if it gave none.
        attempts: how many times the request was sent.
    """

    def __init__(
        self,
        message: str,
        *,
        status_code: int,
        request_id: str | None = None,
        attempts: int = 1,
    ) -> None:
        super().__init__(message)
        self.status_code = status_code
        self.request_id = request_id
        self.attempts = attempts


class APIResponseValidationError(APIError):
    """A 2xx answer that is no chat completion: HTML, an event stream, cut JSON, an error object.

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
    """The answer is larger than a bound; reading stopped there.

    Attributes:
        limit: the bound, in bytes.
    """

    def __init__(
        self,
        message: str,
        *,
        status_code: int,
        limit: int,
        request_id: str | None = None,
        attempts: int = 1,
    ) -> None:
        super().__init__(message, status_code=status_code, request_id=request_id, attempts=attempts)
        self.limit = limit
