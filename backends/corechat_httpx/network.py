"""The network seam of httpcore: each connect, read and write obeys the deadline of its call.

httpcore gives one constant timeout to all reads of a phase, so that a server that drips a byte now
and then can hold a call for ever. Here each operation gets what is left of the deadline, and the
call's `Exchange` learns what was sent and received (httpcore's documentation, "Network Backends").
"""

import contextlib
import selectors
import socket
import ssl
from types import ModuleType
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

_STEP = 64 * 1024  # bytes that are written before the deadline is looked at again
_HTTP2 = b"PRI * HTTP/2"  # RFC 9113 §3.4
_TO_PROXY = (b"CONNECT ", b"\x05", b"\x01")  # RFC 9110 §9.3.6; RFC 1928 §3, RFC 1929 §2
_END_OF_HEAD = b"\r\n\r\n"
_LAST_CHUNK = b"\r\n0\r\n\r\n"
_INTERIM = b"HTTP/1.1 1"  # RFC 9110 §15.2: more follows


class Network:
    """Connect for one transport, which carries one call at a time, by the library's own backend."""

    exchange: Exchange  # of the call that is under way

    def __init__(self, inner: Any, engine: ModuleType, options: TransportOptions) -> None:
        self._inner = inner
        self.engine = engine
        self.options = options
        self._stream: Stream | None = None

    def begin(self, exchange: Exchange, deadline: Deadline) -> None:
        """Begin a call."""
        self.exchange = exchange
        self._deadline = self._until = deadline
        self.connecting = False

    def begin_request(self) -> None:
        """Note that the server is reached, through a proxy too: the request follows."""
        self._until = self._deadline
        self.connecting = False

    def is_clean(self, body_size: int) -> bool:
        """Tell whether nothing came behind a response of so many bytes of body."""
        return self._stream is None or self._stream.is_clean(body_size)

    def end(self) -> None:
        """End the call; its exchange, which holds the response, is not kept."""
        del self.exchange

    def close(self) -> None:
        """Close the connection, also where the library has lost sight of it."""
        if self._stream is not None:
            self._stream.close()

    def time_left(self) -> float:
        """Give the seconds that are left, to connect or of the call."""
        seconds = self._until.remaining()
        if not seconds:
            raise self.late()
        return seconds

    def late(self) -> TimeoutFailure:
        """Make the failure of a call whose time is over."""
        if self.connecting:
            return TimeoutFailure(reasons.late_to_connect(self.options), sent=False)
        return self.exchange.failure(TimeoutFailure, reasons.late_to_answer(self.exchange.status))

    def connect_tcp(self, host: str, port: int, *, timeout: object, **more: Any) -> "Stream":  # noqa: ARG002 - the deadline takes its place
        """Connect to the first address that answers."""
        self._until = self._deadline.earlier(self.options.connect_timeout)
        self.connecting = True
        addresses = resolve(host, port, self._until)
        for left, address in zip(range(len(addresses), 0, -1), addresses, strict=True):
            try:
                inner = self._inner.connect_tcp(address, port, self.time_left() / left, **more)
            except self.engine.ConnectTimeout:
                continue
            except self.engine.ConnectError as error:
                if left == 1:
                    words = self._unreachable(host, port, error.__cause__)
                    raise ConnectionFailure(words, sent=False) from None
            else:
                return self.keep(inner)
        raise self.late()

    def _unreachable(self, host: str, port: int, error: BaseException | None) -> str:
        if self.options.proxy is not None:
            return reasons.unreachable_proxy(error)
        return reasons.unreachable(host, port, error)

    def keep(self, inner: Any) -> "Stream":
        """Give a stream of ours over one of the library's."""
        self._stream = Stream(inner, self)
        return self._stream


class Stream:
    """Read and write one of the library's streams within the deadline of the call it carries."""

    def __init__(self, inner: Any, network: Network) -> None:
        self._inner = inner
        self._network = network
        self._exchange: Exchange | None = None  # of the last call
        self._speaks_http2 = False
        self._head = b""  # of a request, until its body comes
        self._last = (b"", b"")  # the last two reads

    def read(self, max_bytes: int, timeout: object = None) -> bytes:  # noqa: ARG002 - as above
        """Read what has come."""
        network = self._network
        exchange = network.exchange
        in_head = exchange.status is None and not self._speaks_http2 and not network.connecting
        if in_head:
            max_bytes = min(max_bytes, network.options.max_header_bytes - self._received)
            if not max_bytes:
                raise exchange.too_large_head()
        try:
            data: bytes = self._inner.read(max_bytes, network.time_left())
        except network.engine.ReadTimeout:
            raise network.late() from None
        if data and not network.connecting:
            exchange.received = True
            self._received += len(data)
            self._last = (self._last[1], data)
            if in_head:
                self._start += data
        return data

    def write(self, buffer: bytes, timeout: object = None) -> None:  # noqa: ARG002 - as above
        """Write all bytes; a head of HTTP/1.1 waits for the body, or for the empty end of one."""
        network = self._network
        exchange = network.exchange
        to_proxy = network.connecting and (not buffer or buffer.startswith(_TO_PROXY))
        if self._exchange is not exchange and not to_proxy:
            self._begin(exchange, buffer)
            if not self._speaks_http2:
                self._head = buffer
                return
        buffer, self._head = self._head + buffer, b""
        for start in range(0, len(buffer), _STEP):
            if start:
                self._wait_for_room()
            seconds = network.time_left()
            exchange.sent = not to_proxy
            try:
                self._inner.write(buffer[start : start + _STEP], seconds)
            except network.engine.WriteTimeout:
                raise network.late() from None

    def _begin(self, exchange: Exchange, buffer: bytes) -> None:
        self._network.begin_request()
        self._speaks_http2 = self._speaks_http2 or buffer.startswith(_HTTP2)
        exchange.reused = self._exchange is not None
        self._exchange = exchange
        self._received = 0
        self._start = b""  # what came until the head of the response was whole
        self._last = (b"", b"")

    def _wait_for_room(self) -> None:
        """Wait until more can be written; raise if an answer comes before all was (a 413)."""
        sock = self._inner.get_extra_info("socket")
        if not isinstance(sock, socket.socket) or isinstance(sock, ssl.SSLSocket):
            return  # TLS has records of its own, which are not an answer
        with selectors.DefaultSelector() as selector:
            selector.register(sock, selectors.EVENT_READ | selectors.EVENT_WRITE)
            ready = selector.select(self._network.time_left())
        if ready and not ready[0][1] & selectors.EVENT_WRITE:
            start = b""
            with contextlib.suppress(OSError):  # a reset
                start = sock.recv(len(_INTERIM), socket.MSG_PEEK)
            if not start or not _INTERIM.startswith(start):
                raise self._network.engine.WriteError("an answer came before all was sent")

    def is_clean(self, body_size: int) -> bool:
        """Tell whether nothing came behind a response: by counting; if in doubt, no."""
        exchange = self._network.exchange
        if self._speaks_http2 or self._exchange is not exchange:
            return True  # frames say whose they are; or something else answered
        end = self._start.find(_END_OF_HEAD)
        if end >= 0 and self._received == end + len(_END_OF_HEAD) + body_size:
            return True
        tail = self._last[0][1 - len(_LAST_CHUNK) :] + self._last[1]
        is_last = 0 <= tail.find(_LAST_CHUNK) == len(tail) - len(_LAST_CHUNK)
        return is_last and "transfer-encoding" in exchange.headers

    def start_tls(self, ssl_context: Any, server_hostname: str, timeout: object) -> "Stream":  # noqa: ARG002 - as above
        """Begin TLS within the bound on connecting."""
        network = self._network
        try:
            inner = self._inner.start_tls(ssl_context, server_hostname, network.time_left())
        except network.engine.ConnectTimeout:
            raise network.late() from None
        except network.engine.ConnectError as error:
            words = reasons.insecure(server_hostname, error.__cause__)
            raise ConnectionFailure(words, sent=False) from None
        return network.keep(inner)

    def get_extra_info(self, info: str) -> Any:
        """Tell of the connection."""
        return self._is_readable() if info == "is_readable" else self._inner.get_extra_info(info)

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
