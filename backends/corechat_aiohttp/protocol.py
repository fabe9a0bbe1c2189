"""ResponseProtocol: aiohttp's protocol of one connection, which also tells what has come."""

import re
from typing import Any

import aiohttp
from aiohttp.client_proto import ResponseHandler
from aiohttp.helpers import BaseTimerContext

from corechat_aiohttp.loop import PrivateLoop

_BLANK_LINE = re.compile(rb"\n\r?\n")
_LAST_CHUNK = b"0\r\n\r\n"
_FRAMING = 9  # bytes for one of the body, at most: chunks of one byte cost seven
_FREE_BYTES = 256 * 1024  # as much as the parser may hold back


class ResponseProtocol(ResponseHandler):
    """Read responses as aiohttp does, set the flags of the exchange, and end with its answer.

    aiohttp tells neither whether a byte of an answer had come when a connection broke, nor whether
    bytes were left over after one: it would take those for the next call's answer. And it waits on
    where the framing of a body turns out to be broken.
    """

    def __init__(self, loop: PrivateLoop, max_head: int) -> None:
        super().__init__(loop)
        self._own_loop = loop
        self._max_head = max_head
        self._used = False
        self._body: aiohttp.StreamReader | None = None

    def set_response_params(self, *, timer: BaseTimerContext | None = None, **params: Any) -> None:
        """Begin a request. It has no timer where it is a CONNECT, which is not the exchange's."""
        self._body = None
        self._size = self._head_size = 0
        self._last = b""
        if timer is not None:
            exchange = self._own_loop.exchange
            exchange.sent, exchange.reused = True, self._used
            self._used = True
        super().set_response_params(timer=timer, **params)

    def data_received(self, data: bytes) -> None:
        """Count what came and pass it on; drop a connection that speaks without being asked."""
        if not self._used or not data:  # aiohttp goes on with what it held back
            super().data_received(data)
            return
        if self._is_answered():
            self.abort()
            return
        self._own_loop.exchange.received = True
        self._size += len(data)
        before = self._last[-2:]
        self._last = (self._last + data[-len(_LAST_CHUNK) :])[-len(_LAST_CHUNK) :]
        while data and self.exception() is None:
            # the head by itself, since aiohttp loses it where what comes with it is broken
            end = _BLANK_LINE.search(before + data) if self._body is None else None
            cut = end.end() - len(before) if end else len(data)
            if self._body is None:
                self._head_size += cut
            if self._head_size > self._max_head:
                self._break_off(self._own_loop.exchange.too_large_head())
                return
            super().data_received(data[:cut])
            data, before = data[cut:], b""
        body = self._body
        allowed = _FREE_BYTES + _FRAMING * (body.total_bytes if body else self._size)
        if self._size > allowed and not self._is_answered():
            self._break_off(aiohttp.ClientPayloadError())

    def feed_data(self, data: Any, size: int = 0) -> None:
        """Take a message from aiohttp's parser; drop the connection at a second answer."""
        message, body = data
        if self._body is not None:
            self.abort()
            return
        if message.code >= 200 or message.code == 101:  # noqa: PLR2004 - RFC 9110 §15.2
            self._body, self._chunked = body, message.chunked
        super().feed_data(data, size)

    def set_exception(self, exc: BaseException, *cause: Any, **named: Any) -> None:
        """End the response by an exception, its body included."""
        super().set_exception(exc, *cause, **named)
        body = self._body
        if body is not None and not body.is_eof() and body.exception() is None:
            body.set_exception(aiohttp.ClientPayloadError())

    @property
    def should_close(self) -> bool:
        """Whether more than a request and its whole answer went over the connection, or less."""
        if super().should_close or self._body is None or self.transport is None:
            return True
        if self._chunked:
            exact = self._last == _LAST_CHUNK  # not after trailers: they are not told apart
        else:
            exact = self._size - self._head_size == self._body.total_bytes
        return not exact or self.transport.get_write_buffer_size() > 0

    def is_connected(self) -> bool:
        """Tell whether the connection is open and, if idle, has not spoken since."""
        return super().is_connected() and not (self._is_answered() and self._own_loop.has_news())

    def close(self) -> None:
        """Drop the connection at once: a loop that may never run again says no good-bye."""
        self.abort()

    def _is_answered(self) -> bool:
        return self._body is not None and self._body.is_eof()

    def _break_off(self, error: Exception) -> None:
        self.abort()  # first, since it forgets what went wrong
        self.set_exception(error)
