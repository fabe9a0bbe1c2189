"""Transport: bytes in, bytes out. The contract that every backend keeps.

A transport sends one request and returns the whole response. It follows no redirects, keeps no
cookies, retries nothing, undoes no content coding, logs nothing and holds no key beyond the
request's headers. It is safe from many threads, after fork and inside a running event loop, and it
obeys the deadline on connect, on every write and on every read. What goes wrong it reports as one
of three failures; the core turns them into the errors that a user sees.
"""

import io
from dataclasses import dataclass, field
from typing import Protocol

from corechat.deadline import Deadline
from corechat.http_messages import Headers, HttpRequest, HttpResponse
from corechat.retry_after import read_retry_after, read_should_retry

KIB = 1024
MIB = 1024 * KIB
_ERROR_STATUS = 300


class TransportFailure(Exception):  # noqa: N818 - the core's errors end in Error; these never leave it
    """Base of the three ways in which a transport fails.

    Args:
        message: what happened, without secrets; it becomes part of the user's error.
        status: the response's status if its whole head had arrived, else None.
        bytes_received: whether any byte of an answer had arrived.
        reused: whether the connection had carried an earlier request.
        sent: whether a byte of the request may have reached the server.

    Attributes:
        retry_after: seconds that the head asked to wait; see `heed`.
        should_retry: the server's own verdict in the head; see `heed`.
    """

    def __init__(
        self,
        message: str,
        *,
        status: int | None = None,
        bytes_received: bool = False,
        reused: bool = False,
        sent: bool = True,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.status = status
        self.bytes_received = bytes_received or status is not None
        self.reused = reused
        self.sent = sent
        self.retry_after: float | None = None
        self.should_retry: bool | None = None

    def heed(self, headers: Headers) -> None:
        """Keep what the head of a response whose body failed asks for.

        Args:
            headers: its fields; they themselves, which may hold anything, are not kept.
        """
        self.retry_after = read_retry_after(headers)
        self.should_retry = read_should_retry(headers)

    @property
    def response_started(self) -> bool:
        """Whether a whole response head had arrived."""
        return self.status is not None


class ConnectionFailure(TransportFailure):
    """The connection could not be made, was closed or reset, or the peer broke the protocol."""


class TimeoutFailure(TransportFailure):
    """The deadline, or the bound on connecting, passed."""


class TooLargeFailure(TransportFailure):
    """The response is over a bound.

    Args:
        limit: the bound, in bytes.
    """

    def __init__(self, message: str, *, limit: int, status: int | None = None) -> None:
        super().__init__(message, status=status, bytes_received=True)
        self.limit = limit


@dataclass(frozen=True, slots=True)
class TransportOptions:
    """What the core tells every transport when it is made.

    Attributes:
        connect_timeout: the most seconds for connecting, TLS included, within the deadline.
        proxy: the proxy's URL for this client's endpoint, or None. The core has read the
            environment; a transport does not.
        max_body_bytes: the bound on a response body as received.
        max_error_body_bytes: how much of the body of a response that is no success is read.
        max_header_bytes: the bound on a response head.
        ca_file: a PEM file of certificate authorities in place of the default, or None.
        ca_dir: a directory of them, or None.
    """

    connect_timeout: float = 5.0
    proxy: str | None = field(default=None, repr=False)  # it may hold a password
    max_body_bytes: int = 32 * MIB
    max_error_body_bytes: int = 64 * KIB
    max_header_bytes: int = 64 * KIB
    ca_file: str | None = None
    ca_dir: str | None = None


class Transport(Protocol):
    """Carry one request and bring the whole response back.

    A transport may also have an attribute ``endpoint: str``, the base URL that it brings with it (a
    cassette's, a local model's). The client uses it where the caller named neither provider nor
    base URL, and asks for no key.
    """

    def send(self, request: HttpRequest, deadline: Deadline) -> HttpResponse:
        """Send the request and read the whole response.

        Args:
            request: the request, complete but for Host and Content-Length.
            deadline: the moment by which this has returned or raised.

        Returns:
            The response, whatever its status.

        Raises:
            ConnectionFailure: no whole response came.
            TimeoutFailure: the deadline or the bound on connecting passed.
            TooLargeFailure: the response is over a bound.
        """
        ...

    def close(self) -> None:
        """Close every connection. May be called more than once."""
        ...


class TransportFactory(Protocol):
    """Make a transport; what a plugin registers under a backend's name."""

    def __call__(self, options: TransportOptions) -> Transport:
        """Make a transport.

        Args:
            options: what the core tells every transport. A factory may take further
                keyword-only parameters: they are the backend's own options, and the core refuses
                unknown ones by name.
        """
        ...


class BodyBuffer:
    """Collect a response body within the bounds, in the same way for every transport.

    Args:
        status: the response's status.
        headers: the response's head.
        options: where the bounds stand.

    Raises:
        TooLargeFailure: a success announces a Content-Length over the bound; nothing was read.
    """

    def __init__(self, status: int, headers: Headers, options: TransportOptions) -> None:
        self._status = status
        self._is_error = status >= _ERROR_STATUS
        self._limit = options.max_error_body_bytes if self._is_error else options.max_body_bytes
        self._first = b""
        self._whole: io.BytesIO | None = None
        self._size = 0
        self.truncated = False
        announced = headers.get("content-length", "")
        if not self._is_error and announced.isdecimal() and len(announced) < 20:  # noqa: PLR2004 - 2**64 has 20 digits
            self._check(int(announced))

    def feed(self, chunk: bytes) -> bool:
        """Take one chunk.

        Args:
            chunk: bytes of the body, content coding still applied.

        Returns:
            Whether more is wanted; False when an error's body has reached its bound.

        Raises:
            TooLargeFailure: a success is over the bound.
        """
        self._size += len(chunk)
        if self._is_error and self._size > self._limit:
            self._add(chunk[: len(chunk) - (self._size - self._limit)])
            self.truncated = True
            return False
        self._check(self._size)
        self._add(chunk)
        return True

    def join(self) -> bytes:
        """Give what was collected."""
        return self._first if self._whole is None else self._whole.getvalue()

    def _add(self, chunk: bytes) -> None:
        if not self._first:
            self._first = chunk  # nearly always the only one: no copy is made
            return
        if self._whole is None:
            self._whole = io.BytesIO()  # unlike a list to be joined, it never holds all twice
            self._whole.write(self._first)
        self._whole.write(chunk)

    def _check(self, size: int) -> None:
        if not self._is_error and size > self._limit:
            raise TooLargeFailure(
                f"the response body is over {self._limit} bytes",
                limit=self._limit,
                status=self._status,
            )
