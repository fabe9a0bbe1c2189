"""SocketConnection: a socket that is connected, by TLS or a proxy, and keeps the deadline."""

import base64
import contextlib
import io
import ipaddress
import queue
import socket
import threading
from typing import Any
from urllib.parse import SplitResult, unquote, urlsplit

from corechat._errors.before import ConfigurationError
from corechat.transport._contract import KIB
from corechat.transport._deadline import Deadline
from corechat.transport._exchange import Exchange, port_of
from corechat.transport._failures import ConnectionFailure, TimeoutFailure
from corechat.transport._pool import Connection
from corechat.transport._tls import shared_context
from corechat.transport.reasons import refusing_proxy, unknown_host

_AT_ONCE = 0.001  # 0 would make the socket one that does not block
_FREE_BYTES = 256 * KIB  # as much as a library may hold back
_FRAMING = 9  # bytes for one of the body, at most: chunks of one byte cost seven
_HTTPS = "https"


class ExchangeSocket:
    """Send and receive within a deadline, and tell the exchange what was sent and received.

    A timeout of a library's own would start anew with every byte. Here a head has its bound, too,
    and so has the framing of a body. What is not defined here is the socket's own.

    Args:
        sock: connected, TLS included.
        exchange: the first one.
    """

    def __init__(self, sock: socket.socket, exchange: Exchange) -> None:
        self._sock = sock
        self._used = False
        self.begin(exchange)

    def begin(self, exchange: Exchange) -> None:
        """Begin with an exchange; the connection may have carried others."""
        self._exchange = exchange
        self._received = 0
        exchange.reused = self._used

    def sendall(self, data: bytes) -> None:
        """Send data, whole, as `socket.socket.sendall` does.

        Where the connection breaks, nothing is raised: an early answer may wait to be read.
        """
        self._set_timeout()  # it holds for the data as a whole
        self._exchange.sent = self._used = True
        with contextlib.suppress(ConnectionError):
            self._sock.sendall(data)

    def recv(self, size: int) -> bytes:
        """Receive what there is, as `socket.socket.recv` does.

        Raises:
            OSError: the deadline passed (TimeoutError), or the connection broke.
            TransportFailure: the head is over its bound, or the body's framing has no end.
        """
        exchange = self._exchange
        if exchange.status is None:
            size = min(size, exchange.options.max_header_bytes - self._received)
            if size <= 0:
                raise exchange.too_large_head()
        elif self._received > _FREE_BYTES + _FRAMING * exchange.size:
            raise exchange.broken()
        self._set_timeout()
        data = self._sock.recv(size)
        self._received += len(data)
        exchange.received |= bool(data)
        exchange.ended = not data
        return data

    def makefile(self, *_: object, **__: object) -> io.BufferedReader:
        """Make a file to read from, as `socket.socket.makefile` does."""
        return io.BufferedReader(_Reader(self, self._sock.makefile("rb", buffering=0)))

    def settimeout(self, _: float | None) -> None:
        """Leave the time-out as it is: the deadline holds."""

    def _set_timeout(self) -> None:
        seconds = self._exchange.deadline.remaining()
        if not seconds:
            raise TimeoutError
        self._sock.settimeout(seconds)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._sock, name)


class _Reader(io.RawIOBase):
    """Read from the socket; it stays open as long as this does."""

    def __init__(self, owner: ExchangeSocket, raw: io.RawIOBase) -> None:
        self._owner = owner
        self._raw = raw

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        data = self._owner.recv(len(buffer))
        buffer[: len(data)] = data
        return len(data)

    def close(self) -> None:
        self._raw.close()
        super().close()


class SocketConnection(Connection):
    """Carry requests over a socket that is connected here; a subclass writes `carry`."""

    _origin = ("", "")

    def connect(self, exchange: Exchange) -> ExchangeSocket:
        """Connect to the server of a request, unless this is connected to it already.

        Resolving, the proxy and TLS are included, within the bound on connecting.

        Args:
            exchange: is told what is sent and received.

        Raises:
            TransportFailure: nobody could be connected to.
            OSError: the same; `Exchange.failed` names it.
            ConfigurationError: the proxy is of another kind than ``http:``.
        """
        origin = urlsplit(exchange.request.url)[:2]
        sock = self.socket
        if isinstance(sock, ExchangeSocket) and sock.fileno() >= 0 and origin == self._origin:
            sock.begin(exchange)
            return sock
        self.close()
        self._origin = origin
        self.socket = sock = ExchangeSocket(_open(exchange), exchange)
        return sock

    def head(self, exchange: Exchange) -> tuple[str, list[tuple[str, str]]]:
        """Give what stands in the head of a request.

        Args:
            exchange: that of the request.

        Returns:
            The target of the request line: the path, or for a proxy the whole URL (RFC 9112 §3.2);
            and the fields, with Host and Content-Length, and for a proxy its credentials.
        """
        request, proxy = exchange.request, exchange.options.proxy
        url = urlsplit(request.url)
        target = (url.path or "/") + (f"?{url.query}" if url.query else "")
        host, length = url.netloc.rpartition("@")[2], str(len(request.body))
        fields = [("Host", host), ("Content-Length", length)]
        if proxy is not None and url.scheme != _HTTPS:
            target = request.url
            fields += _credentials(urlsplit(proxy))
        return target, [*fields, *request.headers.pairs]

    def close(self) -> None:
        """Close the socket."""
        if isinstance(self.socket, ExchangeSocket):
            self.socket.close()

    abandon = close  # which says nothing to the server


def resolve(host: str, port: int, deadline: Deadline) -> list[str]:
    """Resolve a host name within a deadline: getaddrinfo itself knows none.

    Args:
        host: a name or an address.
        port: the port.
        deadline: by when.

    Returns:
        At least one address, in the system's order of preference (RFC 6724).

    Raises:
        ConnectionFailure: the name leads nowhere.
        TimeoutFailure: the answer did not come in time.
    """
    try:
        return [str(ipaddress.ip_address(host))]
    except ValueError:
        pass
    answer: queue.SimpleQueue[list[str] | OSError] = queue.SimpleQueue()

    def ask() -> None:
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except OSError as error:
            answer.put(error)
        except UnicodeError:  # a label that is empty, or too long for IDNA
            answer.put(socket.gaierror(socket.EAI_NONAME, "the name is not valid"))
        else:
            answer.put(list(dict.fromkeys(str(info[4][0]) for info in found)))

    # a daemon, since a resolver that hangs must not keep the process alive
    threading.Thread(target=ask, name="corechat-resolver", daemon=True).start()
    try:
        found = answer.get(timeout=deadline.remaining())
    except queue.Empty:
        raise TimeoutFailure(
            f"the host name {host!r} was not resolved in time", sent=False
        ) from None
    if isinstance(found, OSError):
        raise ConnectionFailure(unknown_host(host, found), sent=False)
    return found


def _open(exchange: Exchange) -> socket.socket:
    options, url = exchange.options, urlsplit(exchange.request.url)
    until = exchange.deadline.earlier(options.connect_timeout)
    peer = urlsplit(options.proxy) if options.proxy else url
    if peer is not url and peer.scheme != "http":
        raise ConfigurationError(
            "This backend goes through http: proxies only. Use the backend 'httpx' for another, or "
            "exempt the host in NO_PROXY."
        )
    with contextlib.ExitStack() as undo:
        sock = undo.enter_context(_connect(peer.hostname or "", port_of(peer), until))
        if url.scheme == _HTTPS:
            if peer is not url:
                _open_tunnel(sock, Exchange(exchange.request, until, options), url, peer)
            context = shared_context(options.ca_file, options.ca_dir)
            sock.settimeout(until.remaining() or _AT_ONCE)
            sock = undo.enter_context(context.wrap_socket(sock, server_hostname=url.hostname))
        undo.pop_all()
    return sock


def _connect(host: str, port: int, until: Deadline) -> socket.socket:
    problem = OSError()
    addresses = resolve(host, port, until)
    for left, address in zip(range(len(addresses), 0, -1), addresses, strict=True):
        try:
            seconds = until.remaining() / left or _AT_ONCE
            sock = socket.create_connection((address, port), seconds)
        except OSError as error:
            problem = error
        else:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            return sock
    raise problem


def _open_tunnel(
    sock: socket.socket, exchange: Exchange, url: SplitResult, proxy: SplitResult
) -> None:
    host = f"[{url.hostname}]" if ":" in (url.hostname or "") else url.hostname
    server = f"{host}:{port_of(url)}"
    own = [f"{name}: {value}\r\n" for name, value in [("Host", server), *_credentials(proxy)]]
    stream = ExchangeSocket(sock, exchange)
    stream.sendall(f"CONNECT {server} HTTP/1.1\r\n{''.join(own)}\r\n".encode())
    exchange.sent = False
    lines = stream.makefile()  # it may read all: the proxy says no more until TLS begins
    while exchange.status is None:
        exchange.head_line(lines.readline())
    if exchange.status >= 300:  # noqa: PLR2004 - RFC 9110 §9.3.6: any 2xx opens it
        raise ConnectionFailure(refusing_proxy(exchange.status), sent=False)


def _credentials(proxy: SplitResult) -> list[tuple[str, str]]:
    if proxy.username is None:
        return []
    both = f"{unquote(proxy.username)}:{unquote(proxy.password or '')}"
    return [("Proxy-Authorization", f"Basic {base64.b64encode(both.encode()).decode()}")]
