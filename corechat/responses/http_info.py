"""HttpInfo: how an answer came."""

from dataclasses import dataclass

from corechat.http_messages import Headers


@dataclass(frozen=True, slots=True)
class HttpInfo:
    """Tell how an answer came.

    Attributes:
        status: the HTTP status.
        headers: the response's headers, cookies and account ids hidden.
        elapsed: seconds from the call to the whole answer, retries and waits included.
        attempts: how many times the request was sent.
    """

    status: int
    headers: Headers
    elapsed: float
    attempts: int
