"""Tap: sees every byte of a connection before aiohttp's parser does."""

import asyncio
import re
import select

import aiohttp
from aiohttp.client_proto import ResponseHandler

_END_OF_HEAD = re.compile(rb"\n\r?\n")  # aiohttp's parser takes bare line feeds, too
_FRAMING_BYTES = 256 * 1024
_FRAMING_SHARE = 8  # chunks of one byte cost six
_INTERIM = re.compile(rb"HTTP/1\.\d 1(?!01)")
_LAST_CHUNK = b"0\r\n\r\n"


class Tap(asyncio.Protocol):
    """Stand between a connection's transport and aiohttp, and count.

    aiohttp tells neither whether a byte of an answer had come when a connection broke, nor whether
    bytes were left over after one; it would take left-over bytes for the next call's answer, and
    waits on where the framing of a body is broken.

    Args:
        transport: the connection.
        inner: aiohttp's protocol.
        max_header_bytes: the bound on a response head, interim responses included.

    Attributes:
        reused: whether the connection has carried an earlier request.
        received: bytes that came since the current request began.
        head_too_large: whether the head was over its bound.
    """

    def __init__(
        self, transport: asyncio.Transport, inner: ResponseHandler, max_header_bytes: int
    ) -> None:
        self._transport = transport
        self._inner = inner
        self._max_header_bytes = max_header_bytes
        self._asked = False
        self._body: aiohttp.StreamReader | None = None
        self._head = bytearray()
        self._head_size = 0
        self._before_head = 0
        self._searched = 0
        self._tail = b""
        self.reused = False
        self.received = 0
        self.head_too_large = False

    def is_stale(self) -> bool:
        """Tell whether the idle connection was closed, or has spoken without being asked."""
        if self._transport.is_closing():
            return True
        return _is_readable(self._transport.get_extra_info("socket").fileno())

    def begin(self) -> None:
        """Begin a request: what comes from now on is its answer."""
        self._asked = True
        self._body = None
        self._head.clear()
        self._head_size = self._before_head = self._searched = 0
        self._tail = b""
        self.received = 0

    def finish(self, body_size: int, *, chunked: bool) -> None:
        """End a request that was answered; drop the connection unless the answer was all it sent.

        Args:
            body_size: bytes of the body.
            chunked: whether they came in chunks (RFC 9112 §7.1); one with trailers is dropped.
        """
        self._asked = False
        self._body = None
        self.reused = True
        expected = self._head_size + body_size
        whole = self._tail == _LAST_CHUNK if chunked else self.received == expected
        if not (whole and self._head_size):
            self._transport.abort()

    def abort(self) -> None:
        """Drop the connection at once."""
        self._transport.abort()

    def data_received(self, data: bytes) -> None:
        """Count, and pass on; drop a connection that speaks without being asked.

        Args:
            data: what came.
        """
        if not self._asked:
            self._transport.abort()
            return
        before = self.received
        self.received += len(data)
        self._tail = (self._tail + data[-len(_LAST_CHUNK) :])[-len(_LAST_CHUNK) :]
        if not self._head_size:
            self._look_for_head(data)
            if self.head_too_large:
                self._transport.abort()
                return
            if self._head_size:
                # The head by itself: aiohttp drops it if what follows in the same bytes is broken.
                self._inner.data_received(data[: self._head_size - before])
                data = data[self._head_size - before :]
        if data:
            self._inner.data_received(data)
            self._check_body()

    def watch(self, body: aiohttp.StreamReader) -> None:
        """Break off the body when it turns out to be broken, where aiohttp would go on waiting.

        Args:
            body: the response's.
        """
        self._body = body
        self._check_body()

    def _check_body(self) -> None:
        body = self._body
        if body is None or body.is_eof() or body.exception() is not None:
            return
        framing = self.received - self._head_size - body.total_bytes
        endless = framing > _FRAMING_BYTES + _FRAMING_SHARE * body.total_bytes
        if endless or self._inner.exception() is not None:
            body.set_exception(aiohttp.ClientPayloadError())
            self._transport.abort()

    def _look_for_head(self, data: bytes) -> None:
        head = self._head
        head += data[: self._max_header_bytes + 1 - self._before_head - len(head)]
        while True:
            blank = len(head) - len(head.lstrip(b"\r\n"))
            end = _END_OF_HEAD.search(head, max(blank, self._searched))
            if end is None or not _INTERIM.match(head, blank):
                break
            self._before_head += end.end()
            self._searched = 0
            del head[: end.end()]
        if end is not None:
            self._head_size = self._before_head + end.end()
        self._searched = max(0, len(head) - 2)
        size = self._head_size or self._before_head + len(head)
        self.head_too_large = size > self._max_header_bytes

    def eof_received(self) -> bool | None:
        """Pass on."""
        self._inner.eof_received()
        return None

    def connection_lost(self, exc: Exception | None) -> None:
        """Pass on.

        Args:
            exc: why, or None.
        """
        self._inner.connection_lost(exc)

    def pause_writing(self) -> None:
        """Pass on."""
        self._inner.pause_writing()

    def resume_writing(self) -> None:
        """Pass on."""
        self._inner.resume_writing()


def _is_readable(descriptor: int) -> bool:
    if hasattr(select, "poll"):
        poll = select.poll()
        poll.register(descriptor, select.POLLIN)
        return bool(poll.poll(0))
    return bool(select.select([descriptor], [], [], 0)[0])
