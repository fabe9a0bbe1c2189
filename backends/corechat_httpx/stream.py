"""DeadlineStream: one connection, as the engine sees it."""

import ssl
from typing import Any

from corechat_httpx.boundary import ResponseBoundary
from corechat_httpx.call_state import CallState
from corechat_httpx.engine import Engine, NetworkStream
from corechat_httpx.wire import EngineWire, Wire, wired

_JOINED = 64 * 1024
_SOCKS = (b"\x05", b"\x01")


class DeadlineStream:
    """Read and write one connection within the deadline, and follow where its responses end.

    Args:
        engine: httpcore or httpcore2.
        inner: the engine's own stream.
        state: of the calling thread.
        max_header_bytes: the bound on the heads of one exchange.
        over_tls: whether it runs through a proxy's TLS.
    """

    def __init__(
        self,
        engine: Engine,
        inner: NetworkStream,
        state: CallState,
        max_header_bytes: int,
        *,
        over_tls: bool = False,
    ) -> None:
        self._engine = engine
        self._inner = inner
        self._state = state
        self._max_header_bytes = max_header_bytes
        self._over_tls = over_tls
        self._wire: Wire | EngineWire = EngineWire(inner, engine)
        self._held = b""
        self._exchanges = 0
        self._shared = False
        self._tunnelling = False
        self._reading = True
        self._usable = True
        self.boundary = ResponseBoundary(max_header_bytes)

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ARG002 - as above
        """Read what has come.

        Args:
            max_bytes: how much at most.
            timeout: not used; the call's deadline takes its place.
        """
        if self._held:  # the request has no body
            self._send(b"")
        if self._shared or self._tunnelling:
            return self._read_frames(max_bytes)
        data = self._receive(max_bytes)
        while data and not self._reading:  # empty lines before a head are no part of it
            self._state.bytes_received = True
            data = data.lstrip(b"\r\n")
            if data:
                break
            data = self._receive(max_bytes)
        self._reading = True
        if data:
            self._state.bytes_received = True
            self.boundary.feed(data)
        return data

    def _read_frames(self, max_bytes: int) -> bytes:
        """Read what is no response of HTTP/1.1: HTTP/2, or a proxy's answers."""
        self._reading = True
        if self._tunnelling:
            return self._read_of_proxy(max_bytes)
        data = self._receive(max_bytes)
        if data:
            self._state.bytes_received = True
        return data

    def _receive(self, max_bytes: int) -> bytes:
        return self._wire.read(max_bytes, self._state.deadline)

    def _read_of_proxy(self, max_bytes: int) -> bytes:
        try:
            return self._wire.read(max_bytes, self._state.connect_deadline)
        except self._engine.ReadTimeout:
            raise self._engine.ConnectTimeout("the proxy opened no tunnel in time") from None

    def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ARG002 - as above
        """Write all bytes. The head of a request waits for the body, and goes out with it.

        Args:
            buffer: the bytes.
            timeout: not used; the call's deadline takes its place.
        """
        if buffer[:1] in _SOCKS and (self._tunnelling or not self._exchanges):
            self._tunnelling = True  # a SOCKS proxy's handshake (RFC 1928 §3, RFC 1929 §2)
        elif self._reading:  # the first write after a response begins an exchange
            self._begin(buffer)
            if not self._shared and not self._tunnelling:
                self._held = buffer
                return
        self._send(buffer)

    def _begin(self, buffer: bytes) -> None:
        if not self._exchanges:
            self._shared = buffer.startswith(b"PRI * HTTP/2")  # RFC 9113 §3.4
            if not self._shared and not self._over_tls:
                self._wire = wired(self._inner, self._engine)
        elif not self._shared and self.get_extra_info("is_readable"):
            # closed by the server, or it says what nobody asked: that is not the next answer
            raise self._engine.ConnectionNotAvailable  # another connection is taken
        self._reading = False
        self._exchanges += 1
        self._tunnelling = buffer.startswith(b"CONNECT ")
        self._state.reused = self._exchanges > 1
        self.boundary = ResponseBoundary(self._max_header_bytes)

    def _send(self, data: bytes) -> None:
        held, self._held = self._held, b""
        if len(data) > _JOINED:
            self._send_now(held)
        else:
            data = held + data
        self._send_now(data)

    def _send_now(self, data: bytes) -> None:
        state = self._state
        if data and not self._tunnelling and not state.deadline.expired:
            state.sent = True
        self._wire.write(data, state.deadline)

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ARG002 - as above
    ) -> "DeadlineStream":
        """Begin TLS within the bound on connecting.

        Args:
            ssl_context: the shared context.
            server_hostname: the name to verify.
            timeout: not used.
        """
        remaining = self._state.connect_deadline.remaining()
        if remaining <= 0:
            raise self._engine.ConnectTimeout("connecting took too long")
        inner = self._inner.start_tls(ssl_context, server_hostname, remaining)
        self._state.sent = False  # what was sent so far was for a proxy
        return DeadlineStream(
            self._engine,
            inner,
            self._state,
            self._max_header_bytes,
            over_tls=isinstance(self._inner.get_extra_info("socket"), ssl.SSLSocket),
        )

    def retire(self) -> None:
        """Let no further request use this connection."""
        self._usable = False

    def close(self) -> None:
        """Close the connection."""
        self._inner.close()

    def get_extra_info(self, info: str) -> Any:
        """Pass on what the engine asks.

        Args:
            info: ``is_readable`` makes the pool drop an idle connection: one that has bytes
                waiting, that the server closed, or that is retired.
        """
        if info == "is_readable" and not self._usable:
            return True
        return self._inner.get_extra_info(info)
