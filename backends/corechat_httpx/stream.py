"""DeadlineStream: a connection while the engine has it, to reach the server or to speak HTTP/2."""

import contextlib
import ssl
from collections.abc import Iterator
from typing import Any

from corechat.transport._reasons import insecure
from corechat_httpx.call_state import CallState
from corechat_httpx.engine import Engine, NetworkStream
from corechat_httpx.nested_tls import NestedTls
from corechat_httpx.wire import EngineWire, Wire, wired

_SOCKS = (b"\x05", b"\x01")  # how messages to a SOCKS proxy begin (RFC 1928 §3, RFC 1929 §2)


class Connected(Exception):  # noqa: N818 - it is how the engine is left, not a failure
    """The engine reached the server and would now speak HTTP/1.1 with it.

    Args:
        stream: the engine's own stream.
        nested: what reads and writes it, where it is TLS inside TLS; else None.
    """

    def __init__(self, stream: NetworkStream, nested: NestedTls | None) -> None:
        super().__init__()
        self.stream = stream
        self.nested = nested


class DeadlineStream:
    """Read and write one connection within the deadline, until HTTP/1.1 begins on it.

    Args:
        engine: httpcore or httpcore2.
        inner: the engine's own stream.
        state: of the calling thread.
        nested: what reads and writes it, where it is TLS inside TLS; else None.
    """

    def __init__(
        self,
        engine: Engine,
        inner: NetworkStream,
        state: CallState,
        nested: NestedTls | None = None,
    ) -> None:
        self._engine = engine
        self._inner = inner
        self._state = state
        self._nested = nested
        self._wire = nested or EngineWire(inner, engine)
        self._carries_calls = False
        self._given_away = False
        self._reading = False

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ARG002 - as above
        """Read what has come.

        Args:
            max_bytes: how much at most.
            timeout: not used; the call's deadline takes its place.
        """
        state = self._state
        if not self._carries_calls:
            with self._to_proxy():
                return self._wire.read(max_bytes, state.connect_deadline)
        data = self._wire.read(max_bytes, state.deadline)
        self._reading = True
        if data:
            state.bytes_received = True
        return data

    def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ARG002 - as above
        """Write all bytes.

        Args:
            buffer: the bytes.
            timeout: not used; the call's deadline takes its place.

        Raises:
            Connected: they begin a request of HTTP/1.1. Nothing was written.
        """
        state = self._state
        if buffer.startswith(b"PRI * HTTP/2"):  # RFC 9113 §3.4
            self._carries_calls = True
            state.dialled = None
        if self._carries_calls:
            state.reused = self._reading  # it has carried an earlier call, or answers this one
            state.sent = state.sent or not state.deadline.expired
            self._wire.write(buffer, state.deadline)
        elif not buffer or buffer[:1] in _SOCKS or buffer.startswith(b"CONNECT "):
            with self._to_proxy():
                self._wire.write(buffer, state.connect_deadline)
        else:
            self._given_away = True
            state.dialled = None
            raise Connected(self._inner, self._nested)

    @contextlib.contextmanager
    def _to_proxy(self) -> Iterator[None]:
        try:
            yield
        except (self._engine.ReadTimeout, self._engine.WriteTimeout):
            raise self._engine.ConnectTimeout from None

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
        deadline = self._state.connect_deadline
        if deadline.expired:
            raise self._engine.ConnectTimeout
        outer = wired(self._inner, self._engine) if self._is_tls() else None
        try:
            if isinstance(outer, Wire):
                with self._to_proxy():
                    nested = NestedTls(outer, ssl_context, server_hostname, deadline, self._engine)
                return DeadlineStream(self._engine, self._inner, self._state, nested)
            inner = self._inner.start_tls(ssl_context, server_hostname, deadline.remaining())
        except self._engine.ConnectError as error:
            words = insecure(server_hostname or "the server", error.__cause__)
            raise self._engine.ConnectError(words) from None
        self._state.dialled = inner
        return DeadlineStream(self._engine, inner, self._state)

    def _is_tls(self) -> bool:
        return isinstance(self._inner.get_extra_info("socket"), ssl.SSLSocket)

    def close(self) -> None:
        """Close the connection, unless it was given away."""
        if not self._given_away:
            self._inner.close()

    def get_extra_info(self, info: str) -> Any:
        """Pass on what the engine asks.

        Args:
            info: what it asks for.
        """
        if self._nested is not None and info in ("ssl_object", "is_readable"):
            return self._nested.tls if info == "ssl_object" else self._nested.is_readable()
        return self._inner.get_extra_info(info)
