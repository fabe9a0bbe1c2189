"""The network seam: every connect, read and write obeys the deadline of the call that waits for it.

httpcore passes one constant timeout to all reads of a phase, so that a server that drips a byte now
and then can hold a call for ever. Here each operation gets what is left of the call's deadline.
"""

import ssl
import threading
from collections.abc import Iterable
from typing import Any

from corechat.deadline import Deadline
from corechat_httpx.boundary import ResponseBoundary
from corechat_httpx.engine import Engine, NetworkBackend, NetworkStream, SocketOption
from corechat_httpx.resolve import resolve

_WRITE_STEP = 16 * 1024


class CallState(threading.local):
    """Hold what the network seam and the transport know of the call in this thread.

    Attributes:
        deadline: by when the call has ended.
        connect_deadline: by when its connection is made.
        bytes_received: whether any byte of an answer came.
        reused: whether its connection had carried an earlier request.
        sent: whether a byte of the request may have reached the server.
    """

    deadline: Deadline
    connect_deadline: Deadline
    bytes_received: bool = False
    reused: bool = False
    sent: bool = False

    def begin(self, deadline: Deadline, connect_timeout: float) -> None:
        """Start a call in this thread.

        Args:
            deadline: by when it has ended.
            connect_timeout: seconds for its connection.
        """
        self.deadline = deadline
        self.connect_deadline = deadline.earlier(connect_timeout)
        self.bytes_received = self.reused = self.sent = False


class DeadlineBackend:
    """Make connections that obey the deadline, name resolution included.

    Args:
        engine: httpcore or httpcore2.
        state: of the calling thread.
        connect_timeout: seconds for one connection.
        max_header_bytes: the bound on the heads of one exchange.
    """

    def __init__(
        self, engine: Engine, state: CallState, connect_timeout: float, max_header_bytes: int
    ) -> None:
        self._engine = engine
        self._inner: NetworkBackend = engine.SyncBackend()
        self._state = state
        self._connect_timeout = connect_timeout
        self._max_header_bytes = max_header_bytes

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ARG002 - the deadline takes its place
        local_address: str | None = None,
        socket_options: Iterable[SocketOption] | None = None,
    ) -> "DeadlineStream":
        """Connect to the first address that answers.

        Args:
            host: a name or an address.
            port: the port.
            timeout: not used.
            local_address: the address to connect from.
            socket_options: passed on.
        """
        state = self._state
        state.connect_deadline = state.deadline.earlier(self._connect_timeout)
        addresses = resolve(host, port, state.connect_deadline, self._engine)
        for left in range(len(addresses), 0, -1):
            remaining = state.connect_deadline.remaining() / left
            if remaining <= 0:
                break
            try:
                inner = self._inner.connect_tcp(
                    addresses[-left],
                    port,
                    timeout=remaining,
                    local_address=local_address,
                    socket_options=socket_options,
                )
            except (self._engine.ConnectError, self._engine.ConnectTimeout):
                if left == 1:
                    raise
            else:
                return DeadlineStream(self._engine, inner, state, self._max_header_bytes)
        raise self._engine.ConnectTimeout("connecting took too long")

    def connect_unix_socket(self, path: str, **_: Any) -> NetworkStream:
        """Refuse: an endpoint is a URL.

        Args:
            path: not used.
        """
        raise self._engine.UnsupportedProtocol(f"unix socket {path}")

    def sleep(self, seconds: float) -> None:
        """Refuse: the engine's own retries are off.

        Args:
            seconds: not used.
        """
        raise self._engine.UnsupportedProtocol(f"a sleep of {seconds} s")


class DeadlineStream:
    """Read and write one connection within the deadline, and follow where its responses end.

    Args:
        engine: httpcore or httpcore2.
        inner: the engine's own stream.
        state: of the calling thread.
        max_header_bytes: the bound on the heads of one exchange.
    """

    def __init__(
        self, engine: Engine, inner: NetworkStream, state: CallState, max_header_bytes: int
    ) -> None:
        self._engine = engine
        self._inner = inner
        self._state = state
        self._max_header_bytes = max_header_bytes
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

    def _receive(self, max_bytes: int) -> bytes:
        if self._tunnelling:
            return self._read_of_proxy(max_bytes)
        remaining = self._state.deadline.remaining()
        if remaining <= 0:
            raise self._engine.ReadTimeout("the deadline passed while reading")
        return self._inner.read(max_bytes, timeout=remaining)

    def _read_of_proxy(self, max_bytes: int) -> bytes:
        remaining = self._state.connect_deadline.remaining()
        try:
            if remaining > 0:
                return self._inner.read(max_bytes, timeout=remaining)
        except self._engine.ReadTimeout:
            pass
        raise self._engine.ConnectTimeout("the proxy opened no tunnel in time")

    def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ARG002 - as above
        """Write all bytes, in steps, each within what is left.

        Args:
            buffer: the bytes.
            timeout: not used; the call's deadline takes its place.
        """
        state = self._state
        if self._reading:  # the first write after a response begins an exchange
            if not self._exchanges:
                self._shared = buffer.startswith(b"PRI * HTTP/2")  # RFC 9113 §3.4
            elif not self._shared and self.get_extra_info("is_readable"):
                # the pool looked before the last response ended; what waits here is not the next
                raise self._engine.ConnectionNotAvailable  # and the pool takes another connection
            self._reading = False
            self._exchanges += 1
            self._tunnelling = buffer.startswith(b"CONNECT ")
            state.reused = self._exchanges > 1
            self.boundary = ResponseBoundary(self._max_header_bytes)
        for start in range(0, len(buffer), _WRITE_STEP):
            remaining = state.deadline.remaining()
            if remaining <= 0:
                raise self._engine.WriteTimeout("the deadline passed while sending")
            state.sent = True
            self._inner.write(buffer[start : start + _WRITE_STEP], timeout=remaining)

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
        return DeadlineStream(self._engine, inner, self._state, self._max_header_bytes)

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
