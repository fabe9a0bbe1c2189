"""Connection: one of the library's own transports, and the network below it, with a deadline.

httpcore gives one timeout to each read, so that a server that drips can hold a call for ever. Here
each gets what is left of the call (httpcore's documentation, "Network Backends").
"""

import contextlib
import selectors
import socket
import ssl
import sys
from collections.abc import Callable, Iterable
from types import ModuleType
from typing import Any

from corechat.errors import ConfigurationError
from corechat.transport import (
    Connection,
    ConnectionFailure,
    Exchange,
    HttpRequest,
    TimeoutFailure,
    TransportOptions,
    reasons,
    resolve,
)
from corechat_httpx.failures import failure_from
from corechat_httpx.quiet import CARRIES_A_CALL

_FRAMING = {"content-length", "host", "transfer-encoding"}
_TIMEOUTS = ("connect", "read", "write", "pool")
_STEP = 64 * 1024  # bytes that are written before the deadline is looked at again
_HTTP2 = b"PRI * HTTP/2"  # RFC 9113 §3.4
_TO_PROXY = (b"CONNECT ", b"\x05", b"\x01")  # RFC 9110 §9.3.6; RFC 1928 §3, RFC 1929 §2
_LAST_CHUNK = b"\r\n0\r\n\r\n"
_INTERIM = b"HTTP/1.1 1"  # RFC 9110 §15.2: more follows


def fields_of(request: HttpRequest) -> list[tuple[bytes, bytes]]:
    """Give the fields of a request, but for those that the library writes."""
    pairs = request.headers.pairs
    if not _FRAMING.isdisjoint([name.lower() for name, _ in pairs]):
        raise ConfigurationError(f"The transport itself writes {', '.join(sorted(_FRAMING))}.")
    return [(name.encode(), value.encode()) for name, value in pairs]


def read_head(response: Any, exchange: Exchange) -> None:
    """Read the head of a response into the exchange."""
    fields, limit = response.headers.raw, exchange.options.max_header_bytes
    if sum([len(name) + len(value) for name, value in fields]) > limit:
        raise exchange.too_large_head()  # of HTTP/2, or by an own client
    exchange.head(response.status_code, fields)


def read_body(chunks: Iterable[bytes], exchange: Exchange) -> None:
    """Read a body into the exchange."""
    for chunk in chunks:
        if not exchange.feed(chunk):
            return
        if exchange.deadline.expired:
            raise exchange.late()


class HttpxConnection(Connection):
    """Carry one request at a time by a transport of the library's, whose network backend it is.

    Args:
        library: httpx or httpx2.
        options: what the core tells every transport.
        parse: makes one of the library's URLs.
        make: makes one of the library's transports, for a scheme.
    """

    errors = (Exception,)
    exchange: Exchange  # of the call that is under way
    call = 0  # its number

    def __init__(
        self,
        library: ModuleType,
        options: TransportOptions,
        parse: Callable[[str], Any],
        make: Callable[[str], Any],
    ) -> None:
        self._library = library
        self.options = options
        self._parse = parse
        self._make = make
        self._transports: dict[str, Any] = {}  # by scheme
        self.stream: Stream | None = None

    def carry(self, exchange: Exchange) -> bool:
        """Send the request and read the response."""
        before = CARRIES_A_CALL.set(True)
        self.call += 1
        self.exchange = exchange
        self.deadline = self.until = exchange.deadline
        self.connecting = False
        try:
            url = self._parse(exchange.request.url)
            transport = self._transports.get(url.scheme) or self._open(url.scheme)
            response = transport.handle_request(self._request(exchange.request, url))
            try:
                read_head(response, exchange)
                read_body(response.stream, exchange)
                return self.stream is None or self.stream.is_clean(exchange.size)
            finally:
                response.close()
        finally:
            del self.exchange  # it holds the response
            CARRIES_A_CALL.reset(before)

    def failure(self, error: Exception, exchange: Exchange) -> Exception:
        """Turn an exception of the library into a failure."""
        return failure_from(error, self._library, exchange)

    def _open(self, scheme: str) -> Any:
        self._transports[scheme] = transport = self._make(scheme)
        pool = transport._pool  # noqa: SLF001 - httpcore documents the parameter, httpx has none
        self.engine = sys.modules[type(pool).__module__.partition(".")[0]]
        self._inner = pool._network_backend  # noqa: SLF001
        pool._network_backend = self  # noqa: SLF001
        return transport

    def _request(self, request: HttpRequest, url: Any) -> Any:
        host, length = (b"Host", url.netloc), (b"Content-Length", b"%d" % len(request.body))
        asked = self._library.Request(
            request.method,
            url,
            headers=[host, *fields_of(request), length],
            stream=self._library.ByteStream(request.body),
            # not for this network, but for what stands in the place of the library's transport
            extensions={"timeout": dict.fromkeys(_TIMEOUTS, self.deadline.remaining())},
        )
        asked.read()  # so that it has its content, for whoever looks
        return asked

    def close(self) -> None:
        """Close the connection, also where the library has lost sight of it."""
        before = CARRIES_A_CALL.set(True)
        for transport in self._transports.values():
            transport.close()
        if self.stream is not None:
            self.stream.close()
        CARRIES_A_CALL.reset(before)

    abandon = close  # which says nothing to the server

    def time_left(self) -> float:
        """Give the seconds that are left, to connect or of the call."""
        seconds = self.until.remaining()
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
        self.until = self.deadline.earlier(self.options.connect_timeout)
        self.connecting = True  # until the server is reached, through a proxy or not
        addresses = resolve(host, port, self.until)
        for left, address in zip(range(len(addresses), 0, -1), addresses, strict=True):
            try:
                inner = self._inner.connect_tcp(address, port, self.time_left() / left, **more)
            except self.engine.ConnectTimeout:
                continue
            except self.engine.ConnectError as error:
                if left == 1:
                    words = reasons.unconnected(host, port, error.__cause__, self.options)
                    raise ConnectionFailure(words, sent=False) from None
            else:
                self.stream = Stream(inner, self)
                return self.stream
        raise self.late()


class Stream:
    """Read and write one of the library's streams within the deadline of the call it carries."""

    def __init__(self, inner: Any, connection: HttpxConnection) -> None:
        self._inner = inner
        self._connection = connection
        self._call = 0  # the number of the last one
        self._speaks_http2 = False
        self._head = b""  # of a request, until its body comes
        self._last = (b"", b"")  # the last two reads

    def read(self, max_bytes: int, timeout: object = None) -> bytes:  # noqa: ARG002 - as above
        """Read what has come."""
        connection = self._connection
        exchange = connection.exchange
        in_head = exchange.status is None and not self._speaks_http2 and not connection.connecting
        if in_head:
            max_bytes = min(max_bytes, connection.options.max_header_bytes - self._received)
            if not max_bytes:
                raise exchange.too_large_head()
        try:
            data: bytes = self._inner.read(max_bytes, connection.time_left())
        except connection.engine.ReadTimeout:
            raise connection.late() from None
        if data and not connection.connecting:
            exchange.received = True
            self._received += len(data)
            self._last = (self._last[1], data)
            if in_head:
                self._start += data
        return data

    def write(self, buffer: bytes, timeout: object = None) -> None:  # noqa: ARG002 - as above
        """Write all bytes; a head of HTTP/1.1 waits for the body, or for the empty end of one."""
        connection = self._connection
        exchange = connection.exchange
        to_proxy = connection.connecting and (not buffer or buffer.startswith(_TO_PROXY))
        if self._call != connection.call and not to_proxy:
            self._begin(exchange, buffer)
            if not self._speaks_http2:
                self._head = buffer
                return
        buffer, self._head = self._head + buffer, b""
        for start in range(0, len(buffer), _STEP):
            if start:
                self._wait_for_room()
            seconds = connection.time_left()
            exchange.sent = not to_proxy
            try:
                self._inner.write(buffer[start : start + _STEP], seconds)
            except connection.engine.WriteTimeout:
                raise connection.late() from None

    def _begin(self, exchange: Exchange, buffer: bytes) -> None:
        self._connection.until = self._connection.deadline
        self._connection.connecting = False
        self._speaks_http2 = self._speaks_http2 or buffer.startswith(_HTTP2)
        exchange.reused = self._call > 0
        self._call = self._connection.call
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
            ready = selector.select(self._connection.time_left())
        if ready and not ready[0][1] & selectors.EVENT_WRITE:
            start = b""
            with contextlib.suppress(OSError):  # a reset
                start = sock.recv(len(_INTERIM), socket.MSG_PEEK)
            if not start or not _INTERIM.startswith(start):
                raise self._connection.engine.WriteError("an answer came before all was sent")

    def is_clean(self, body_size: int) -> bool:
        """Tell whether nothing came behind a response: by counting; if in doubt, no."""
        if self._speaks_http2 or self._call != self._connection.call:
            return True  # frames say whose they are; or something else answered
        end = self._start.find(b"\r\n\r\n")
        if end >= 0 and self._received == end + 4 + body_size:
            return True
        tail = self._last[0][1 - len(_LAST_CHUNK) :] + self._last[1]
        is_last = 0 <= tail.find(_LAST_CHUNK) == len(tail) - len(_LAST_CHUNK)
        return is_last and "transfer-encoding" in self._connection.exchange.headers

    def start_tls(self, ssl_context: Any, server_hostname: str, timeout: object) -> "Stream":  # noqa: ARG002 - as above
        """Begin TLS within the bound on connecting."""
        connection = self._connection
        try:
            inner = self._inner.start_tls(ssl_context, server_hostname, connection.time_left())
        except connection.engine.ConnectTimeout:
            raise connection.late() from None
        except connection.engine.ConnectError as error:
            words = reasons.insecure(server_hostname, error.__cause__)
            raise ConnectionFailure(words, sent=False) from None
        connection.stream = Stream(inner, connection)
        return connection.stream

    def get_extra_info(self, info: str) -> Any:
        """Tell of the connection; whether bytes have come only before a call, not at its end."""
        if info != "is_readable":
            return self._inner.get_extra_info(info)
        return self._call != self._connection.call and self._is_readable()

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
