"""Exchange: how far one request has come, and the response or the failure that it ends in."""

import io
import re
from collections.abc import Callable, Iterable
from typing import TypeVar

from corechat._http.messages import Headers, HttpResponse
from corechat.transport._contract import TransportOptions
from corechat.transport._failures import (
    ConnectionFailure,
    TimeoutFailure,
    TooLargeFailure,
    TransportFailure,
)
from corechat.transport._reasons import CUT, NOT_HTTP, late_to_answer, late_to_connect, lost

_ERROR_STATUS = 300  # and above: what is no success
_STATUS_LINE = re.compile(rb"HTTP/[0-9.]+ ([1-9][0-9]{2})(?: |$)")
_NUMBER = re.compile("[0-9]{1,19}").fullmatch  # 2**64 has 20 digits
_NO_HEADERS = Headers()
_F = TypeVar("_F", ConnectionFailure, TimeoutFailure)


def header_text(data: bytes | str) -> str:
    """Decode a name or value of a head: UTF-8, or else Latin-1.

    Args:
        data: the bytes, of which RFC 9110 §5.5 allows any above 0x7f; a text stays as it is.
    """
    if isinstance(data, str):
        return data
    try:
        return data.decode()
    except UnicodeDecodeError:
        return data.decode("latin-1")


class Exchange:
    """Follow one request, and make the response or the failure that it ends in.

    A transport sets the three flags as they come true, hands over the head and the body as they
    come, and at the end returns `response` or raises `failure`.

    Args:
        options: where the bounds stand.

    Attributes:
        sent: whether a byte of the request may have reached the server.
        received: whether any byte of an answer has come.
        reused: whether the connection had carried an earlier request.
        status: the status of the response, once its head has come.
        headers: the fields of its head.
        truncated: whether its body, an error's, was cut at its bound.
    """

    __slots__ = (
        "_caught",
        "_first",
        "_head_size",
        "_limit",
        "_lines",
        "_options",
        "_size",
        "_whole",
        "headers",
        "received",
        "reused",
        "sent",
        "status",
        "truncated",
    )

    def __init__(self, options: TransportOptions) -> None:
        self._options = options
        self._lines: list[bytes] = []
        self._head_size = self._size = 0
        self._limit = -1  # of the body, once its head has come
        self._first = b""
        self._whole: io.BytesIO | None = None
        self._caught: TransportFailure | None = None
        self.sent = self.received = self.reused = self.truncated = False
        self.status: int | None = None
        self.headers = _NO_HEADERS

    def head(self, status: int, fields: Iterable[tuple[bytes | str, bytes | str]]) -> None:
        """Take the head of the response, whole.

        Args:
            status: the status of a final response, 200 to 599.
            fields: names and values as they were received.

        Raises:
            ConnectionFailure: the status is not one of a final response.
            TooLargeFailure: a success announces a body over the bound.
        """
        self.received = True
        if not 200 <= status <= 599:  # noqa: PLR2004 - RFC 9110 §15
            raise self.failure(ConnectionFailure, NOT_HTTP)
        self.headers = Headers([(header_text(name), header_text(value)) for name, value in fields])
        self.status = status
        if status >= _ERROR_STATUS:
            self._limit = self._options.max_error_body_bytes
            return
        self._limit = self._options.max_body_bytes
        for length in self.headers.get_list("content-length"):
            if _NUMBER(length) and int(length) > self._limit:
                raise self._too_large_body()

    def head_line(self, line: bytes) -> None:
        """Take one line of a head, for a library that hands over lines.

        Interim responses (1xx) are skipped; the empty line after the final head ends it.

        Args:
            line: the status line, a field, or the empty line that ends a head.

        Raises:
            TooLargeFailure: the head, or the body that it announces, is over its bound.
            ConnectionFailure: what came is not the head of a response.
        """
        self.received = True
        self._head_size += len(line)
        if self._head_size > self._options.max_header_bytes:
            raise self.too_large_head()
        line = line.rstrip(b"\r\n")
        if line:
            self._lines.append(line)
            return
        first, *rest = self._lines or [b""]
        self._lines = []
        found = _STATUS_LINE.match(first)
        if found is None:
            raise self.failure(ConnectionFailure, NOT_HTTP)
        status = int(found[1])
        if status >= 200:  # noqa: PLR2004 - RFC 9110 §15.2: 1xx are interim
            pairs = [line.partition(b":")[::2] for line in rest]
            self.head(status, [(name, value.strip(b" \t")) for name, value in pairs])

    def feed(self, chunk: bytes) -> bool:
        """Take some of the body.

        Args:
            chunk: bytes of the body, content coding still applied.

        Returns:
            Whether more is wanted; False when the body of an error has reached its bound.

        Raises:
            TooLargeFailure: a success is over the bound.
            ConnectionFailure: no head had come.
        """
        if self.status is None:
            raise self.failure(ConnectionFailure, NOT_HTTP)
        self._size += len(chunk)
        if self._size > self._limit:
            if self.status < _ERROR_STATUS:
                raise self._too_large_body()
            chunk = chunk[: self._limit - self._size]
            self.truncated = True
        if not self._first:
            self._first = chunk  # nearly always the only one: no copy is made
        elif self._whole is None:
            self._whole = io.BytesIO()  # unlike a list to be joined, it never holds all twice
            self._whole.write(self._first)
            self._whole.write(chunk)
        else:
            self._whole.write(chunk)
        return not self.truncated

    def callback(self, take: Callable[[bytes], object]) -> Callable[[bytes], int]:
        """Make a callback for a library that an exception must not cross.

        Args:
            take: `head_line` or `feed`. What it raises is kept, for `response` to raise.

        Returns:
            A function that takes bytes and returns how many it took: all of them, or 0 where no
            more is wanted.
        """

        def call(data: bytes) -> int:
            try:
                return 0 if take(data) is False else len(data)
            except TransportFailure as failure:
                self._caught = failure.with_traceback(None)
                return 0

        return call

    @property
    def stopped(self) -> bool:
        """Whether no more is wanted: the body is over a bound, or a `callback` kept a failure."""
        return self._caught is not None or self.truncated

    @property
    def wanted(self) -> int:
        """How many bytes of the body to ask for at most, for a library that reads by amount.

        One more than the bound allows, so that a body over it is noticed; 0 before the head.
        """
        return max(0, self._limit + 1 - self._size)

    def response(self) -> HttpResponse:
        """Return the response, whole.

        Raises:
            ConnectionFailure: no head had come.
            TransportFailure: what a `callback` kept.
        """
        if self._caught is not None:
            raise self._caught
        if self.status is None:
            raise self.failure(ConnectionFailure, NOT_HTTP)
        body = self._first if self._whole is None else self._whole.getvalue()
        return HttpResponse(self.status, self.headers, body, self.truncated)

    def failure(self, kind: type[_F], message: str) -> _F:
        """Make the failure that ends this exchange; it says how far the exchange had come.

        Args:
            kind: the class of the failure.
            message: what happened, without secrets; see `reasons`.
        """
        return kind(
            message,
            status=self.status,
            bytes_received=self.received,
            reused=self.reused,
            sent=self.sent,
            headers=self.headers,
        )

    def late(self) -> TimeoutFailure:
        """Make the failure of an exchange that the deadline, or connect_timeout, has ended."""
        late = late_to_answer(self.status) if self.sent else late_to_connect(self._options)
        return self.failure(TimeoutFailure, late)

    def broken(self, error: BaseException | None = None) -> ConnectionFailure:
        """Make the failure of a connection that ended before the response was whole.

        Args:
            error: the system's; None where the server closed it, or the response breaks the rules.
        """
        return self.failure(ConnectionFailure, lost(error) if self.status is None else CUT)

    def too_large_head(self) -> TooLargeFailure:
        """Make the failure of a head that is over its bound."""
        limit = self._options.max_header_bytes
        return TooLargeFailure(f"the response head is over {limit} bytes", limit=limit)

    def _too_large_body(self) -> TooLargeFailure:
        message = f"the response body is over {self._limit} bytes"
        return TooLargeFailure(message, limit=self._limit, status=self.status)
