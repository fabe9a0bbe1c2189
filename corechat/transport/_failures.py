"""The three ways in which a transport fails."""

from corechat._http.messages import Headers
from corechat._http.retry_after import read_retry_after, read_should_retry


class TransportFailure(Exception):  # noqa: N818 - the core's errors end in Error; these never leave it
    """Report that a transport failed: base of the three ways in which one does.

    Args:
        message: what happened, without secrets; it becomes part of the user's error.
        status: the response's status if its whole head had arrived, else None.
        bytes_received: whether any byte of an answer had arrived.
        reused: whether the connection had carried an earlier request.
        sent: whether a byte of the request may have reached the server.
        headers: the fields of the head if it had arrived. What they say about trying again is
            kept; they themselves, which may hold anything, are not.

    Attributes:
        retry_after: seconds that the head asked to wait, else None.
        should_retry: the server's own verdict in the head, else None.
    """

    def __init__(  # noqa: PLR0913 - one keyword a fact, and all have defaults
        self,
        message: str,
        *,
        status: int | None = None,
        bytes_received: bool = False,
        reused: bool = False,
        sent: bool = True,
        headers: Headers | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.status = status
        self.bytes_received = bytes_received or status is not None
        self.reused = reused
        self.sent = sent
        self.retry_after = None if headers is None else read_retry_after(headers)
        self.should_retry = None if headers is None else read_should_retry(headers)

    @property
    def response_started(self) -> bool:
        """Whether a whole response head had arrived."""
        return self.status is not None


class ConnectionFailure(TransportFailure):
    """Report that a connection was not made, was closed or reset, or that the peer broke HTTP."""


class TimeoutFailure(TransportFailure):
    """Report that the deadline, or the bound on connecting, passed."""


class TooLargeFailure(TransportFailure):
    """Report that the response is over a bound.

    Args:
        limit: the bound, in bytes.
    """

    def __init__(self, message: str, *, limit: int, status: int | None = None) -> None:
        super().__init__(message, status=status, bytes_received=True)
        self.limit = limit
