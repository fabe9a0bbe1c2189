"""Exchange: how far one request has come, and the response or the failure that it ends in."""

import io
import re
from collections.abc import Callable, Iterable
from typing import TypeVar
from urllib.parse import SplitResult, urlsplit

from corechat._http.messages import Headers, HttpRequest, HttpResponse
from corechat.transport._contract import KIB, TransportOptions
from corechat.transport._deadline import Deadline
from corechat.transport._failures import (
    ConnectionFailure,
    TimeoutFailure,
    TooLargeFailure,
    TransportFailure,
)
from corechat.transport.reasons import (
    CUT,
    NOT_HTTP,
    late_to_answer,
    late_to_connect,
    lost,
    unconnected,
)

_STATUS_LINE = re.compile(rb"HTTP/[0-9.]+ ([1-9][0-9]{2})(?: |$)")
_NO_HEADERS = Headers()
_FRAMING = {"content-length", "transfer-encoding"}
_NO_SUCCESS = 300
_NUMBER = re.compile("[0-9]{1,19}").fullmatch  # 2**64 has 20 digits
_PART = 16 * KIB
_F = TypeVar("_F", ConnectionFailure, TimeoutFailure)


class Exchange:
    """Follow one request, and make the response or the failure that it ends in.

    A transport sets the flags as they come true, and hands over the head and the body as they come.

    Args:
        request: what to send.
        deadline: by when the response has come.
        options: where the bounds stand.

    Attributes:
        sent: whether a byte of the request may have reached the server.
        received: whether any byte of an answer has come.
        reused: whether the connection had carried an earlier request.
        ended: whether the library has read to where the server closed the connection.
        status: the status of the response, once its head has come.
        headers: the fields of its head.
        size: how many bytes of its body have come.
        truncated: whether its body is that of an error, cut at the bound.
    """

    __slots__ = (
        "_caught",
        "_first",
        "_head_size",
        "_limit",
        "_lines",
        "_whole",
        "deadline",
        "ended",
        "headers",
        "options",
        "received",
        "request",
        "reused",
        "sent",
        "size",
        "status",
        "truncated",
    )

    def __init__(self, request: HttpRequest, deadline: Deadline, options: TransportOptions) -> None:
        self.request = request
        self.deadline = deadline
        self.options = options
        self._lines: list[bytes] = []
        self._head_size = self.size = 0
        self._limit = options.max_body_bytes
        self._first = b""
        self._whole: io.BytesIO | None = None
        self._caught: TransportFailure | None = None
        self.sent = self.received = self.reused = self.ended = self.truncated = False
        self.status: int | None = None
        self.headers = _NO_HEADERS

    def head(self, status: int, fields: Iterable[tuple[bytes | str, bytes | str]]) -> None:
        """Take the head of the response, whole.

        Args:
            status: the status of a final response, 200 to 599.
            fields: names and values as they were received.

        Raises:
            ConnectionFailure: the head was cut, or is not that of a final response.
            TooLargeFailure: a success announces a body over the bound.
        """
        self.received = True
        if self.ended:
            raise self.broken()
        if not 200 <= status <= 599:  # noqa: PLR2004 - RFC 9110 §15
            raise self.failure(ConnectionFailure, NOT_HTTP)
        self.headers = Headers([(_text(name), _text(value).strip(" \t")) for name, value in fields])
        self.status = status
        if status >= _NO_SUCCESS:
            self._limit = self.options.max_error_body_bytes
        known = None
        for value in self.headers.get_list("content-length"):
            length = value.partition(",")[0]  # RFC 9110 §8.6: repeated, perhaps
            if not _NUMBER(length) or length != (known or length):  # RFC 9112 §6.3
                raise self.failure(ConnectionFailure, NOT_HTTP)
            known = length
            if status < _NO_SUCCESS:
                self._check_size(int(length))

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
        if self._head_size > self.options.max_header_bytes:
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
            parted = [line.partition(b":") for line in rest]
            self.head(status, [(name, value) for name, _, value in parted])

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
        self.size += len(chunk)
        if self.size > self._limit:
            if self.status < _NO_SUCCESS:
                self._check_size(self.size)
            self.truncated = True
            chunk = chunk[: self._limit - self.size]
        if not self._first:
            self._first = chunk  # nearly always the only one: no copy is made
        else:
            if self._whole is None:
                self._whole = io.BytesIO()  # unlike a list to be joined, it never holds all twice
                self._whole.write(self._first)
            self._whole.write(chunk)
        return not self.truncated

    def read(self, read: Callable[[int], bytes]) -> None:
        """Read the body.

        Args:
            read: returns some of it, at most so many bytes, and nothing at the end.
        """
        while part := read(min(self.wanted, _PART)):
            if not self.feed(part):
                return

    def fail(self, failure: TransportFailure) -> None:
        """Keep a failure, for `response` to raise."""
        self._caught = failure.with_traceback(None)

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
                self.fail(failure)
                return 0

        return call

    @property
    def wanted(self) -> int:
        """How many bytes of the body to ask for at most: one more than the bound still allows."""
        return max(0, self._limit + 1 - self.size)

    def response(self) -> HttpResponse:
        """Return the response, whole.

        Raises:
            ConnectionFailure: it is not whole.
            TransportFailure: the one that was kept.
        """
        if self._caught is not None:
            raise self._caught
        if self.status is None:
            raise self.failure(ConnectionFailure, NOT_HTTP)
        if self.ended and not _FRAMING.isdisjoint([name.lower() for name in self.headers]):
            raise self.broken()
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

    def failed(self, error: BaseException) -> TransportFailure:
        """Make the failure that an exception stands for, by its cause and by how far this had come.

        Args:
            error: a library's, or the system's.
        """
        cause: BaseException | None = error
        while cause is not None:
            error = cause
            below = [it for it in error.args if isinstance(it, BaseException)]
            cause = error.__cause__ or (below[0] if below else None)
        if isinstance(error, TransportFailure):
            error.__context__ = None  # it may lead to the request
            return error.with_traceback(None)
        if isinstance(error, TimeoutError) or self.deadline.expired:
            return self.late()
        if self.sent:
            return self.broken(error)
        url = urlsplit(self.request.url)
        words = unconnected(url.hostname or "", port_of(url), error, self.options)
        return self.failure(ConnectionFailure, words)

    def late(self) -> TimeoutFailure:
        """Make the failure of an exchange that the deadline, or connect_timeout, has ended."""
        late = late_to_answer(self.status) if self.sent else late_to_connect(self.options)
        return self.failure(TimeoutFailure, late)

    def broken(self, error: BaseException | None = None) -> ConnectionFailure:
        """Make the failure of a connection that ended before the response was whole.

        Args:
            error: the system's; None where the server closed it, or the response breaks the rules.
        """
        return self.failure(ConnectionFailure, lost(error) if self.status is None else CUT)

    def too_large_head(self) -> TooLargeFailure:
        """Make the failure of a head that is over its bound."""
        limit = self.options.max_header_bytes
        return TooLargeFailure(f"the response head is over {limit} bytes", limit=limit)

    def _check_size(self, size: int) -> None:
        if size > self._limit:
            words = f"the response body is over {self._limit} bytes"
            raise TooLargeFailure(words, limit=self._limit, status=self.status)


def port_of(url: SplitResult) -> int:
    """Return the port of a URL, or that of its scheme (RFC 9110 §4.2)."""
    return url.port or (443 if url.scheme == "https" else 80)


def _text(field: bytes | str) -> str:
    if isinstance(field, str):
        return field
    try:
        return field.decode()
    except UnicodeDecodeError:  # RFC 9110 §5.5 allows any byte above 0x7f
        return field.decode("latin-1")
