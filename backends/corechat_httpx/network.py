"""The network seam of httpcore: each connect, read and write obeys the deadline of its call.

httpcore gives one constant timeout to all reads of a phase, so that a server that drips a byte now
and then can hold a call for ever. Here each operation gets what is left of the call's deadline, and
the call's `Exchange` learns what was sent and received (httpcore's documentation, "Network
Backends").
"""

import selectors
import socket
import ssl
import time
from collections.abc import Iterable
from typing import Any

from corechat.transport import (
    ConnectionFailure,
    Deadline,
    Exchange,
    TimeoutFailure,
    TransportOptions,
    reasons,
    resolve,
)
from corechat_httpx.library import Library

_STEP = 64 * 1024  # how much is written before the deadline is looked at again
_HTTP2 = b"PRI * HTTP/2"  # RFC 9113 §3.4
_TO_PROXY = (b"CONNECT ", b"\x05", b"\x01")  # RFC 9110 §9.3.6; SOCKS: RFC 1928 §3, RFC 1929 §2
_LAST_CHUNK = b"\r\n0\r\n\r\n"
_INTERIM = b"HTTP/1.1 1"  # RFC 9110 §15.2: more follows


class Network:
    """Connect for one transport, which carries one call at a time.

    Args:
        inner: the library's own network backend.
        library: httpx or httpx2.
        options: where the bounds stand.

    Attributes:
        exchange: of the call that is under way.
        connecting: by when its connection is made.
    """

    exchange: Exchange
    connecting: Deadline
    _deadline: Deadline

    def __init__(self, inner: Any, library: Library, options: TransportOptions) -> None:
        self._inner = inner
        self._library = library
        self._options = options
        self._stream: Stream | None = None

    def begin(self, exchange: Exchange, deadline: Deadline) -> None:
        """Begin a call.

        Args:
            exchange: learns what happens.
            deadline: by when the call has ended.
        """
        self.exchange = exchange
        self._deadline = self.connecting = deadline

    def end(self, body_size: int) -> bool:
        """End a call whose response came whole.

        Args:
            body_size: bytes of the body.

        Returns:
            Whether nothing came behind the response, so that another call may follow.
        """
        stream = self._stream
        return stream is None or stream.is_clean(self.exchange, body_size)

    def forget(self) -> None:
        """Forget the call: its exchange holds the response."""
        del self.exchange

    def close(self) -> None:
        """Close the connection, also where the library has lost sight of it."""
        if self._stream is not None:
            self._stream.close()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ARG002 - the deadline takes its place
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> "Stream":
        """Connect to the first address that answers; called by the library."""
        self.connecting = self._deadline.earlier(self._options.connect_timeout)
        addresses = resolve(host, port, self.connecting)
        for left, address in zip(range(len(addresses), 0, -1), addresses, strict=True):
            seconds = self.time_to_connect() / left
            try:
                inner = self._inner.connect_tcp(
                    address, port, seconds, local_address, socket_options
                )
            except self._library.engine.ConnectTimeout:
                continue
            except self._library.engine.ConnectError as error:
                if left == 1:
                    raise ConnectionFailure(
                        self._unreachable(host, port, error.__cause__), sent=False
                    ) from None
            else:
                return self.keep(inner, handshaking=self._options.proxy is not None)
        raise self.late_to_connect()

    def keep(self, inner: Any, *, handshaking: bool) -> "Stream":
        """Wrap a stream of the library's, and remember it."""
        stream = Stream(inner, self, self._library, handshaking=handshaking)
        stream.head_limit = self._options.max_header_bytes
        self._stream = stream
        return stream

    def time_left(self) -> float:
        """Give the seconds that are left of the call."""
        seconds = self._deadline.remaining()
        if not seconds:
            raise self.late()
        return seconds

    def time_to_connect(self) -> float:
        """Give the seconds that are left for connecting."""
        seconds = self.connecting.remaining()
        if not seconds:
            raise self.late_to_connect()
        return seconds

    def late(self) -> TimeoutFailure:
        """Make the failure of a call whose deadline passed."""
        return self.exchange.failure(TimeoutFailure, reasons.late_to_answer(self.exchange.status))

    def late_to_connect(self) -> TimeoutFailure:
        """Make the failure of a connection that was not made in time."""
        return TimeoutFailure(reasons.late_to_connect(self._options), sent=False)

    def _unreachable(self, host: str, port: int, error: BaseException | None) -> str:
        if self._options.proxy is not None:
            return reasons.unreachable_proxy(error)
        return reasons.unreachable(host, port, error)


class Stream:
    """Read and write one connection within the deadline of the call that it carries.

    Args:
        inner: the library's own stream.
        network: knows the call.
        library: httpx or httpx2.
        handshaking: whether a proxy's handshake comes first.

    Attributes:
        head_limit: the bound on the bytes of a head.
    """

    head_limit: int

    def __init__(
        self, inner: Any, network: Network, library: Library, *, handshaking: bool
    ) -> None:
        self._inner = inner
        self._network = network
        self._engine = library.engine
        self._handshaking = handshaking
        self._exchange: Exchange | None = None
        self._speaks_http2 = False
        self._received = 0
        self._start = b""  # what came until the head was whole
        self._last = (b"", b"")  # the last two reads

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ARG002 - as above
        """Read what has come; called by the library."""
        network = self._network
        if self._handshaking:
            return self._to_proxy(lambda seconds: self._inner.read(max_bytes, seconds))
        exchange = network.exchange
        in_head = exchange.status is None and not self._speaks_http2
        if in_head:
            max_bytes = min(max_bytes, self.head_limit - self._received)
            if not max_bytes:
                raise exchange.too_large_head()
        try:
            data: bytes = self._inner.read(max_bytes, network.time_left())
        except self._engine.ReadTimeout:
            raise network.late() from None
        if data:
            exchange.received = True
            self._received += len(data)
            self._last = (self._last[1], data)
            if in_head:
                self._start += data
        return data

    def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ARG002 - as above
        """Write all bytes; called by the library."""
        if not buffer:
            return
        if self._handshaking and buffer.startswith(_TO_PROXY):
            self._to_proxy(lambda seconds: self._inner.write(buffer, seconds))
            return
        network = self._network
        exchange = network.exchange
        if self._exchange is not exchange:
            self._begin(exchange, buffer)
        for start in range(0, len(buffer), _STEP):
            if start:
                self._wait_for_room(network.time_left())
            seconds = network.time_left()
            exchange.sent = True
            try:
                self._inner.write(buffer[start : start + _STEP], seconds)
            except self._engine.WriteTimeout:
                raise network.late() from None

    def _begin(self, exchange: Exchange, buffer: bytes) -> None:
        """Begin a call's request."""
        self._handshaking = False
        self._speaks_http2 = self._speaks_http2 or buffer.startswith(_HTTP2)
        exchange.reused = self._exchange is not None
        self._exchange = exchange
        self._received = 0
        self._start = b""
        self._last = (b"", b"")

    def _to_proxy(self, operation: Any) -> Any:
        """Do a step of a proxy's handshake within the bound on connecting."""
        try:
            done = operation(self._network.time_to_connect())
        except (self._engine.ReadTimeout, self._engine.WriteTimeout):
            raise self._network.late_to_connect() from None
        except (self._engine.ReadError, self._engine.WriteError) as error:
            raise ConnectionFailure(reasons.lost(error.__cause__), sent=False) from None
        if done == b"":
            raise ConnectionFailure("the proxy refuses to connect: it was closed", sent=False)
        return done

    def _wait_for_room(self, seconds: float) -> None:
        """Wait until more can be written, or an answer comes before all was sent (a 413)."""
        sock = self._inner.get_extra_info("socket")
        if not isinstance(sock, socket.socket) or isinstance(sock, ssl.SSLSocket):
            return  # TLS has records of its own, which are not an answer
        with selectors.DefaultSelector() as selector:
            selector.register(sock, selectors.EVENT_READ | selectors.EVENT_WRITE)
            ready = selector.select(seconds)
        if not ready or ready[0][1] & selectors.EVENT_WRITE:
            return
        start = sock.recv(len(_INTERIM), socket.MSG_PEEK)
        if not start or not _INTERIM.startswith(start):
            raise self._engine.WriteError("an answer came before all was sent")

    def is_clean(self, exchange: Exchange, body_size: int) -> bool:
        """Tell whether an exchange read the response and not a byte more.

        This counts, and does not read heads again; where it cannot tell, it says no.

        Args:
            exchange: whose response came whole.
            body_size: bytes of its body, transfer coding undone.
        """
        if self._speaks_http2 or self._exchange is not exchange:
            return True  # frames say whose they are; or a mock answered
        end = self._start.find(b"\r\n\r\n")
        if end >= 0 and self._received == end + 4 + body_size:
            return True
        if "transfer-encoding" not in exchange.headers:
            return False
        before, last = self._last
        tail = before[-len(_LAST_CHUNK) + 1 :] + last
        return tail.find(_LAST_CHUNK) == len(tail) - len(_LAST_CHUNK)

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ARG002 - as above
    ) -> "Stream":
        """Begin TLS within the bound on connecting; called by the library."""
        network = self._network
        try:
            inner = self._inner.start_tls(ssl_context, server_hostname, network.time_to_connect())
        except self._engine.ConnectTimeout:
            raise network.late_to_connect() from None
        except self._engine.ConnectError as error:
            words = reasons.insecure(server_hostname or "the server", error.__cause__)
            raise ConnectionFailure(words, sent=False) from None
        return network.keep(inner, handshaking=self._handshaking)

    def get_extra_info(self, info: str) -> Any:
        """Tell of the connection; called by the library."""
        if info == "is_readable":
            return self._is_readable()
        return self._inner.get_extra_info(info)

    def _is_readable(self) -> bool:
        """Tell whether bytes or the end have come, also where TLS holds the bytes already."""
        if self._inner.get_extra_info("is_readable"):
            return True
        tls = self._inner.get_extra_info("ssl_object")
        if not isinstance(tls, ssl.SSLObject):
            return tls is not None and bool(tls.pending())
        try:  # TLS inside the TLS of a proxy, whose bytes are in memory
            tls.read(1)
        except ssl.SSLWantReadError:
            return bool(self._inner.get_extra_info("socket").pending())
        except ssl.SSLError:
            pass
        return True

    def close(self) -> None:
        """Close the connection. May be called more than once."""
        self._inner.close()


class ProxySocket(ssl.SSLSocket):
    """Apply a timeout to all operations that follow it, until the next one is set.

    The library runs TLS inside the TLS of a proxy by as many reads as it takes, each of which would
    otherwise have the whole timeout for itself.
    """

    _until: float | None = None

    def settimeout(self, value: float | None) -> None:
        """Set the seconds for what follows."""
        self._until = None if value is None else time.monotonic() + value
        super().settimeout(value)

    def recv(self, buflen: int = 1024, flags: int = 0) -> bytes:
        """Receive bytes."""
        self._shorten()
        return super().recv(buflen, flags)

    def send(self, data: Any, flags: int = 0) -> int:
        """Send bytes."""
        self._shorten()
        return super().send(data, flags)

    def _shorten(self) -> None:
        if self._until is not None:
            left = self._until - time.monotonic()
            if left <= 0:
                raise TimeoutError("the time for this operation is over")
            super().settimeout(left)
