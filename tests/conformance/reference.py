"""A strict transport on plain sockets. It proves that every promise of the kit can be kept."""

import base64
import contextlib
import re
import socket
import ssl
import weakref
from collections import deque
from collections.abc import Iterator
from urllib.parse import SplitResult, unquote, urlsplit

from corechat.transport import (
    ConnectionFailure,
    Deadline,
    Exchange,
    Headers,
    HttpRequest,
    HttpResponse,
    TimeoutFailure,
    TooLargeFailure,
    TransportFailure,
    TransportOptions,
)
from corechat.transport._tls import shared_context
from tests.conformance.wire import Wire

_STATUS_LINE = re.compile(rb"HTTP/1\.([01]) ([1-5][0-9]{2})(?: .*)?")
_FIELD = re.compile(rb"([!#$%&'*+\-.^_`|~0-9A-Za-z]+):[ \t]*(.*?)[ \t]*", re.DOTALL)
_PORTS = {"http": 80, "https": 443}

Pool = dict[tuple[str, str], deque[Wire]]


class ReferenceTransport:
    """Keep every promise, by the plainest means."""

    def __init__(self, options: TransportOptions) -> None:
        self.options = options
        self.pool: Pool = {}
        self._finalizer = weakref.finalize(self, close_all, self.pool)

    def send(self, request: HttpRequest, deadline: Deadline) -> HttpResponse:
        url = urlsplit(request.url)
        wire = self.idle(url) or self.connect(url, deadline)
        try:
            wire.begin()
            wire.write(self.encode(request, url), deadline)
            version, status, headers = self.read_head(wire, deadline)
            response, whole = self.read_body(wire, deadline, request.method, status, headers)
            if whole and version == 1 and headers.get("connection", "").lower() != "close":
                self.keep(url, wire)
            else:
                wire.close()
        except BaseException:
            self.drop(wire)
            raise
        return response

    def close(self) -> None:
        close_all(self.pool)

    # Connections

    def idle(self, url: SplitResult) -> Wire | None:
        wires = self.pool.get((url.scheme, url.netloc))
        while wires:
            with contextlib.suppress(IndexError):
                wire = wires.pop()
                if self.may_reuse(wire):
                    return wire
                wire.close()
        return None

    def may_reuse(self, wire: Wire) -> bool:
        return wire.is_clean()

    def drop(self, wire: Wire) -> None:
        wire.close()

    def keep(self, url: SplitResult, wire: Wire) -> None:
        wire.reused = True
        self.pool.setdefault((url.scheme, url.netloc), deque()).append(wire)

    def connect(self, url: SplitResult, deadline: Deadline) -> Wire:
        deadline = deadline.earlier(self.options.connect_timeout)
        peer = urlsplit(self.options.proxy) if self.options.proxy else url
        sock = self.open(peer, deadline)
        failed: type[TransportFailure] | None = None
        words = "the deadline passed while connecting"
        try:
            if url.scheme == "https":
                if self.options.proxy:
                    self.tunnel(sock, url, peer, deadline)
                sock.settimeout(max(deadline.remaining(), 0.001))
                sock = self.tls_context().wrap_socket(sock, server_hostname=url.hostname)
        except TimeoutError:
            failed = TimeoutFailure
        except OSError as error:
            failed, words = ConnectionFailure, f"TLS failed: {type(error).__name__}"
        except BaseException:
            sock.close()
            raise
        if failed:
            sock.close()
            raise failed(words, sent=False)
        return self.wire(sock)

    def tls_context(self) -> ssl.SSLContext:
        return shared_context(self.options.ca_file, self.options.ca_dir)

    def wire(self, sock: socket.socket) -> Wire:
        return Wire(sock)

    def open(self, peer: SplitResult, deadline: Deadline) -> socket.socket:
        failed: type[TransportFailure] = ConnectionFailure
        words = "the host has no address"
        for family, kind, protocol, address in self.resolve(peer):
            if deadline.expired:
                failed, words = TimeoutFailure, "the deadline passed"
                break
            sock = socket.socket(family, kind, protocol)
            try:
                sock.settimeout(deadline.remaining())
                sock.connect(address)
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            except TimeoutError:
                failed, words = TimeoutFailure, "connecting took too long"
            except OSError as error:
                failed, words = ConnectionFailure, error.strerror or "connecting failed"
            except BaseException:
                sock.close()
                raise
            else:
                return sock
            sock.close()
        raise failed(words, sent=False)

    def resolve(self, peer: SplitResult) -> list[tuple[int, int, int, tuple[object, ...]]]:
        try:
            port = peer.port or _PORTS[peer.scheme]
            found = socket.getaddrinfo(peer.hostname, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError):
            return []
        return [(family, kind, protocol, address) for family, kind, protocol, _, address in found]

    def tunnel(
        self, sock: socket.socket, url: SplitResult, peer: SplitResult, deadline: Deadline
    ) -> None:
        origin = f"{url.hostname}:{url.port or 443}"
        lines = [f"CONNECT {origin} HTTP/1.1", f"Host: {origin}", *proxy_fields(peer), "", ""]
        wire = Wire(sock)
        wire.write("\r\n".join(lines).encode(), deadline)
        failure: TransportFailure | None = None
        try:
            _, status, _ = self.read_head(wire, deadline)
        except TransportFailure as caught:
            failure = caught
        if failure:
            raise type(failure)(f"proxy: {failure.message}", sent=False)
        if status != 200:
            raise ConnectionFailure(f"the proxy answers {status}", sent=False)

    # Messages

    def encode(self, request: HttpRequest, url: SplitResult) -> bytes:
        target = url._replace(scheme="", netloc="", fragment="").geturl() or "/"
        lines = []
        if self.options.proxy and url.scheme == "http":
            target = request.url
            lines += proxy_fields(urlsplit(self.options.proxy))
        authority = url.netloc.rpartition("@")[2]
        lines = [f"{request.method} {target} HTTP/1.1", f"Host: {authority}", *lines]
        lines += [f"{name}: {value}" for name, value in self.fields(request).pairs]
        if request.body or request.method not in {"GET", "HEAD"}:
            lines.append(f"Content-Length: {len(request.body)}")
        return "\r\n".join([*lines, "", ""]).encode("latin-1") + request.body

    def fields(self, request: HttpRequest) -> Headers:
        return request.headers

    def read_head(self, wire: Wire, deadline: Deadline) -> tuple[int, int, Headers]:
        allowed = self.options.max_header_bytes
        while True:
            head = wire.read_until(b"\r\n\r\n", deadline, allowed)
            if head is None:
                limit = self.options.max_header_bytes
                raise TooLargeFailure(f"the response head is over {limit} bytes", limit=limit)
            lines = head.split(b"\r\n")
            line = _STATUS_LINE.fullmatch(lines[0])
            fields = [_FIELD.fullmatch(field) for field in lines[1:]]
            if line is None or int(line[2]) == 101 or not all(fields):
                raise wire.failure(ConnectionFailure, "the response head is no HTTP")
            allowed -= len(head)
            if int(line[2]) >= 200:
                wire.status = int(line[2])
                pairs = [(f[1].decode("latin-1"), f[2].decode("latin-1")) for f in fields if f]
                return int(line[1]), wire.status, Headers(pairs)
            self.on_interim(wire, int(line[2]))

    def on_interim(self, wire: Wire, status: int) -> None:
        """Do nothing: an interim response is no head of an answer."""

    def read_body(
        self, wire: Wire, deadline: Deadline, method: str, status: int, headers: Headers
    ) -> tuple[HttpResponse, bool]:
        exchange = Exchange(HttpRequest(method, "", Headers(), b""), deadline, self.options)
        exchange.sent = True
        exchange.head(status, headers.pairs)
        whole = True
        for data in self.body_parts(wire, deadline, method, status, headers):
            if not exchange.feed(data):
                whole = False
                break
        framed = "content-length" in headers or "transfer-encoding" in headers
        framed = framed or status in {204, 304} or method == "HEAD"
        return exchange.response(), whole and framed

    def body_parts(
        self, wire: Wire, deadline: Deadline, method: str, status: int, headers: Headers
    ) -> Iterator[bytes]:
        if status in {204, 304} or method == "HEAD":
            return iter(())
        if headers.get("transfer-encoding", "").lower() == "chunked":
            return wire.read_chunks(deadline)
        lengths = set(headers.get_list("content-length"))
        if not lengths:
            return wire.read_to_end(deadline)
        length = lengths.pop()
        if lengths or not re.fullmatch(r"[0-9]{1,19}", length):
            raise wire.failure(ConnectionFailure, "the response has no valid Content-Length")
        return wire.read_exactly(int(length), deadline)


def proxy_fields(proxy: SplitResult) -> list[str]:
    if proxy.username is None:
        return []
    pair = f"{unquote(proxy.username)}:{unquote(proxy.password or '')}"
    return [f"Proxy-Authorization: Basic {base64.b64encode(pair.encode()).decode()}"]


def close_all(pool: Pool) -> None:
    for wires in list(pool.values()):
        while wires:
            with contextlib.suppress(IndexError):
                wires.pop().close()


def reference(options: TransportOptions) -> ReferenceTransport:
    return ReferenceTransport(options)
