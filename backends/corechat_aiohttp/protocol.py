"""ResponseProtocol: aiohttp's protocol of one connection, which also tells what has come."""

import asyncio
import re
import select
from collections.abc import Callable
from typing import Any

import aiohttp
from aiohttp.client_proto import ResponseHandler
from aiohttp.helpers import BaseTimerContext

from corechat.transport import Exchange

_BLANK_LINE = re.compile(rb"\n\r?\n")
_INTERIM = range(102, 200)  # and 100; 101 ends an exchange, as aiohttp sees it
_LAST_CHUNK = b"0\r\n\r\n"
_FRAMING_BYTES = 256 * 1024
_FRAMING_SHARE = 8  # chunks of one byte cost six


class ResponseProtocol(ResponseHandler):
    """Read responses as aiohttp does, and keep the exchange's flags.

    aiohttp tells neither whether a byte of an answer had come when a connection broke, nor whether
    bytes were left over after one; it would take bytes that are left over for the next call's
    answer, and it waits on where the framing of a body turns out to be broken.

    Args:
        loop: the connection's loop.
        current: returns the exchange that the loop carries.
        max_header_bytes: the bound on a response head, interim responses included.
    """

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        current: Callable[[], Exchange],
        max_header_bytes: int,
    ) -> None:
        super().__init__(loop)
        self._current = current
        self._max_header_bytes = max_header_bytes
        self._exchange: Exchange | None = None
        self._used = False
        self._size = 0
        self._head_size = 0
        self._last = b""
        self._body: aiohttp.StreamReader | None = None
        self._chunked = False

    def set_response_params(self, *, timer: BaseTimerContext | None = None, **params: Any) -> None:
        """Begin a request; aiohttp calls this before it sends one.

        Args:
            timer: None where the request is a CONNECT to a proxy.
            params: aiohttp's.
        """
        self._size = self._head_size = 0
        self._last = b""
        self._body = None
        if timer is not None:
            self._exchange = exchange = self._current()
            exchange.sent, exchange.reused = True, self._used
            self._used = True
        super().set_response_params(timer=timer, **params)

    def data_received(self, data: bytes) -> None:
        """Count and pass on what came; drop a connection that speaks without being asked.

        Args:
            data: what came; empty where aiohttp goes on with what it held back.
        """
        if self._is_answered() and data:
            self.abort()
            return
        if self._exchange is None or not data:
            super().data_received(data)
            return
        self._exchange.received = True
        self._size += len(data)
        seam = max(0, len(self._last) - 2)  # of a blank line, two bytes may have come before
        before = self._last[seam:]
        self._last = (self._last + data[-len(_LAST_CHUNK) :])[-len(_LAST_CHUNK) :]
        while data and self._body is None and self.exception() is None:
            # the head by itself: aiohttp loses it where what comes with it is broken
            end = _BLANK_LINE.search(before + data)
            cut = end.end() - len(before) if end else len(data)
            self._head_size += cut
            if self._head_size > self._max_header_bytes:
                self._break_off(self._exchange.too_large_head())
                return
            super().data_received(data[:cut])
            data, before = data[cut:], b""
        if data and self.exception() is None:
            super().data_received(data)
        self._check_framing()

    def feed_data(self, data: Any, size: int = 0) -> None:
        """Take a message from aiohttp's parser; drop the connection at a second answer.

        Args:
            data: the head and the stream of the body.
            size: aiohttp's.
        """
        message, body = data
        if self._body is not None:
            self.abort()
            return
        if message.code not in _INTERIM and message.code != 100:  # noqa: PLR2004 - RFC 9110 §15.2.1
            self._body, self._chunked = body, message.chunked
        super().feed_data(data, size)

    def set_exception(self, exc: BaseException, *cause: BaseException) -> None:
        """End the response by an exception, its body included.

        Args:
            exc: the exception.
            cause: aiohttp's.
        """
        super().set_exception(exc, *cause)
        body = self._body
        if body is not None and not body.is_eof() and body.exception() is None:
            body.set_exception(aiohttp.ClientPayloadError())

    @property
    def should_close(self) -> bool:
        """Whether the connection is unfit for another request."""
        return super().should_close or not self._ended_exactly()

    def is_connected(self) -> bool:
        """Tell whether the connection is open and, if idle, has not spoken since."""
        if not super().is_connected():
            return False
        return not (self._is_answered() and _is_readable(self.transport))

    def close(self) -> None:
        """Drop the connection at once: what waits for a good-bye may be a loop that never runs."""
        self.abort()

    def _is_answered(self) -> bool:
        return self._body is not None and self._body.is_eof()

    def _ended_exactly(self) -> bool:
        """Tell whether request and answer were all that went over the connection."""
        if self._body is None or self.transport is None:
            return False
        if self.transport.get_write_buffer_size() > 0:
            return False
        if self._chunked:
            return self._last == _LAST_CHUNK  # not after trailers: they are not told apart
        return self._size - self._head_size == self._body.total_bytes

    def _check_framing(self) -> None:
        """Break off a body that is nearly all framing."""
        if self._body is None or self._body.is_eof():
            return
        framing = self._size - self._head_size - self._body.total_bytes
        if framing > _FRAMING_BYTES + _FRAMING_SHARE * self._body.total_bytes:
            self._break_off(aiohttp.ClientPayloadError())

    def _break_off(self, error: Exception) -> None:
        self.abort()  # first: it forgets what went wrong
        self.set_exception(error)


def _is_readable(transport: asyncio.Transport | None) -> bool:
    if transport is None:
        return True
    descriptor = transport.get_extra_info("socket").fileno()
    if hasattr(select, "poll"):
        poll = select.poll()
        poll.register(descriptor, select.POLLIN)
        return bool(poll.poll(0))
    return bool(select.select([descriptor], [], [], 0)[0])
