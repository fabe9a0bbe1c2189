"""Tap: sees every byte of a connection before aiohttp's parser does."""

import asyncio
import select

import aiohttp
from aiohttp.client_proto import ResponseHandler

from corechat_aiohttp.head import HeadFinder, whole_reply

_FRAMING_BYTES = 256 * 1024
_FRAMING_SHARE = 8  # chunks of one byte cost six
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
        whole: whether the whole answer came at once, body and all.
        head_too_large: whether the head was over its bound.
    """

    def __init__(
        self, transport: asyncio.Transport, inner: ResponseHandler, max_header_bytes: int
    ) -> None:
        self._transport = transport
        self._inner = inner
        self._max_header_bytes = max_header_bytes
        self._lost = False
        self._asked = False
        self._body: aiohttp.StreamReader | None = None
        self._finder: HeadFinder | None = None
        self._head_size = 0
        self._tail = b""
        self.reused = False
        self.received = 0
        self.whole = False
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
        self.whole = False
        self._finder = None
        self._head_size = 0
        self._tail = b""
        self.received = 0

    @property
    def body_size(self) -> int:
        """Bytes that came after the head."""
        return self.received - self._head_size

    def finish(self, body_size: int, *, chunked: bool = False) -> None:
        """End a request that was answered; drop the connection unless the answer was all it sent.

        Args:
            body_size: bytes of the body.
            chunked: whether they came in chunks (RFC 9112 §7.1); one with trailers is dropped.
        """
        self._asked = False
        self._body = None
        self.reused = True
        exact = self._tail == _LAST_CHUNK if chunked else body_size == self.body_size
        if not (exact and self._head_size):
            self.abort()

    def drop_unsent(self, *, body_sent: bool) -> None:
        """Drop the connection of a request that was answered before all of it was sent.

        Closing it would wait for the rest to be sent, in a loop that may never run again.

        Args:
            body_sent: whether the whole body was handed over.
        """
        if not body_sent or (not self._lost and self._transport.get_write_buffer_size() > 0):
            self.abort()

    def abort(self) -> None:
        """Drop the connection at once."""
        if not self._lost:  # asyncio's transport trips over its own None after some losses
            self._transport.abort()

    def data_received(self, data: bytes) -> None:
        """Count, and pass on; drop a connection that speaks without being asked.

        Args:
            data: what came.
        """
        if not self._asked:
            self.abort()
            return
        before = self.received
        self.received += len(data)
        if not before:
            self._head_size = whole_reply(data, self._max_header_bytes)
            if self._head_size:
                self.whole = True
                self._inner.data_received(data)
                return
        self._tail = (self._tail + data[-len(_LAST_CHUNK) :])[-len(_LAST_CHUNK) :]
        if not self._head_size:
            data = self._pass_head_on(data, before)
        if data:
            self._inner.data_received(data)
            self._check_body()

    def _pass_head_on(self, data: bytes, before: int) -> bytes:
        """Pass the head on by itself: aiohttp drops it if what comes with it is broken."""
        finder = self._finder
        if finder is None:
            finder = self._finder = HeadFinder(self._max_header_bytes)
        finder.feed(data)
        if finder.too_large:
            self.head_too_large = True
            self.abort()
            return b""
        if not finder.size:
            return data
        self._head_size, self._finder = finder.size, None
        self._inner.data_received(data[: self._head_size - before])
        return data[self._head_size - before :]

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
        framing = self.body_size - body.total_bytes
        endless = framing > _FRAMING_BYTES + _FRAMING_SHARE * body.total_bytes
        if endless or self._inner.exception() is not None:
            body.set_exception(aiohttp.ClientPayloadError())
            self.abort()

    def eof_received(self) -> bool | None:
        """Pass on."""
        self._inner.eof_received()
        return None

    def connection_lost(self, exc: Exception | None) -> None:
        """Pass on.

        Args:
            exc: why, or None.
        """
        self._lost = True
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
