"""Errors where no whole answer came."""

from corechat.errors.base import CorechatError


class APIConnectionError(CorechatError):
    """No whole answer came: the connection failed, closed, or broke the protocol.

    Attributes:
        response_started: whether a whole response head had arrived. If so, the answer was
            generated and may have been billed, and the call was not tried again.
        attempts: how many times the request was sent or tried.
    """

    def __init__(self, message: str, *, response_started: bool = False, attempts: int = 1) -> None:
        super().__init__(message)
        self.response_started = response_started
        self.attempts = attempts


class APITimeoutError(APIConnectionError):
    """The deadline of the call passed before the whole answer had come."""
