"""ResponseReader: one response, read from a connection to its end and not a byte further."""

import re
from collections.abc import Callable

from corechat.transport import BodyBuffer, HttpResponse, TransportOptions
from corechat.transport._reasons import CLOSED
from corechat_httpx.response_head import BrokenResponseError, ResponseHead, parse_head
from corechat_httpx.token import TOKEN

_START = b"HTTP/1."
_HEAD_END = re.compile(rb"\n\r?\n")
_CHUNK_SIZE = re.compile(rb"0*([0-9A-Fa-f]{1,16})[ \t]*(?:;[^\0\r\n]*)?\r?\n")
_TRAILER = re.compile(rf"(?:{TOKEN}:|[ \t])[^\0\r\n]*\r?\n".encode())
_MAX_LINE = 16 * 1024
_FINAL = 200
_SWITCHING = 101


class HeadTooLargeError(Exception):
    """The heads of one exchange, 1xx included, are over the bound."""


class ResponseReader:
    """Read one response of HTTP/1.1 (RFC 9112).

    Args:
        receive: gives the next bytes of the connection; none at its end.
        options: where the bounds stand.
        to_head: whether it answers a HEAD, and has no body (RFC 9112 §6.3).

    Attributes:
        clean: whether the response was read to its end, and nothing came after it.
    """

    def __init__(
        self, receive: Callable[[], bytes], options: TransportOptions, *, to_head: bool = False
    ) -> None:
        self._receive = receive
        self._options = options
        self._to_head = to_head
        self._data = b""
        self._at = 0
        self._left_for_heads = options.max_header_bytes
        self.clean = False

    def read_head(self) -> ResponseHead:
        """Read up to the body, over interim responses (RFC 9110 §15.2).

        Raises:
            BrokenResponseError: it is no HTTP/1.1, or broke off.
            HeadTooLargeError: it is over the bound.
        """
        while True:
            head = parse_head(self._head())
            if head.status >= _FINAL:
                return head
            if head.status == _SWITCHING:
                raise BrokenResponseError

    def _head(self) -> bytes:
        searched = 0
        while True:
            while not searched and self._data[self._at : self._at + 1] in (b"\r", b"\n"):
                self._spend(self._at + 1)  # empty lines before a head are no part of it
            start = self._data[self._at : self._at + len(_START)]
            if not _START.startswith(start):
                raise BrokenResponseError
            end = _HEAD_END.search(self._data, self._at + searched)
            if end is not None:
                begin = self._at
                self._spend(end.end())
                return self._data[begin : self._at]
            size = len(self._data) - self._at
            if size > self._left_for_heads:
                raise HeadTooLargeError
            searched = max(0, size - 2)
            self._more()

    def _spend(self, end: int) -> None:
        """Go on to a place; what lies before it counts as head."""
        self._left_for_heads -= end - self._at
        if self._left_for_heads < 0:
            raise HeadTooLargeError
        self._at = end

    def read_body(self, head: ResponseHead) -> HttpResponse:
        """Read the body, up to its bound if it is an error's.

        Args:
            head: the response's.

        Raises:
            BrokenResponseError: its framing is broken, or it broke off.
            TooLargeFailure: a success is over the bound.
        """
        if self._to_head:
            self.clean = self._at == len(self._data)
            return HttpResponse(head.status, head.headers, b"")
        body = BodyBuffer(head.status, head.headers, self._options)
        if head.chunked:
            whole = self._chunks(body)
        elif head.length is None:
            whole = self._until_close(body)
        else:
            whole = self._counted(head.length, body)
        self.clean = whole and self._at == len(self._data)
        return HttpResponse(head.status, head.headers, body.join(), body.truncated)

    def _chunks(self, body: BodyBuffer) -> bool:
        while size := self._chunk_size():
            if not self._counted(size, body):
                return False
            if self._line() != b"\r\n":
                raise BrokenResponseError
        left = self._options.max_header_bytes
        while (line := self._line()) not in (b"\r\n", b"\n"):
            left -= len(line)
            if left < 0 or not _TRAILER.fullmatch(line):
                raise BrokenResponseError
        return True

    def _chunk_size(self) -> int:
        found = _CHUNK_SIZE.fullmatch(self._line())
        if found is None:
            raise BrokenResponseError
        return int(found[1], 16)

    def _counted(self, left: int, body: BodyBuffer) -> bool:
        """Read so many bytes; tell whether more was wanted."""
        while left:
            if self._at == len(self._data):
                self._more()
            piece = self._data[self._at : self._at + left]
            self._at += len(piece)
            left -= len(piece)
            if not body.feed(piece):
                return False
        return True

    def _until_close(self, body: BodyBuffer) -> bool:
        piece = self._data[self._at :] or self._receive()
        self._at = len(self._data)
        while piece:
            if not body.feed(piece):
                return False
            piece = self._receive()
        return True

    def _line(self) -> bytes:
        while True:
            end = self._data.find(b"\n", self._at) + 1
            if (end or len(self._data)) - self._at > _MAX_LINE:
                raise BrokenResponseError
            if end:
                line = self._data[self._at : end]
                self._at = end
                return line
            self._more()

    def _more(self) -> None:
        data = self._receive()
        if not data:
            raise BrokenResponseError(CLOSED)
        self._data = self._data[self._at :] + data
        self._at = 0
