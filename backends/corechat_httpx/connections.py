"""Connections: each call borrows one of the library's own transports, of one connection."""

import ssl
import sys
from types import ModuleType
from typing import Any

from corechat.errors import ConfigurationError
from corechat.transport import (
    Deadline,
    Exchange,
    HttpRequest,
    Pool,
    TransportOptions,
    shared_context,
)
from corechat.transport._tls import new_context
from corechat_httpx.messages import check_head, header_fields
from corechat_httpx.network import Network, ProxySocket

_URLS_KEPT = 16
_PHASES = ("connect", "read", "write", "pool")


class Connections:
    """Lend each call a connection of its own.

    Args:
        library: httpx or httpx2.
        options: what the core tells every transport.
        http2: whether to offer HTTP/2.
        cert: what `ssl.SSLContext.load_cert_chain` takes, or None.
        max_connections: how many connections there are at most.
        keepalive_expiry: seconds after which an idle connection is not used again.
    """

    def __init__(  # noqa: PLR0913 - the options of the backend
        self,
        library: ModuleType,
        options: TransportOptions,
        *,
        http2: bool,
        cert: tuple[Any, ...] | None,
        max_connections: int,
        keepalive_expiry: float,
    ) -> None:
        self._library = library
        self._options = options
        self._http2 = http2
        self._own_context = None if cert is None else _own_context(options, cert)
        self._max_connections = max_connections
        self._keepalive_expiry = keepalive_expiry
        self._urls: dict[str, Any] = {}
        self._pools: dict[str, Pool[_Connection]] = {}  # by scheme

    def carry(self, request: HttpRequest, exchange: Exchange, deadline: Deadline) -> None:
        """Send a request, and read the response into the exchange."""
        url = self._url(request.url)
        # setdefault: of two threads that come first, one pool is used
        pool = self._pools.get(url.scheme) or self._pools.setdefault(
            url.scheme, self._new_pool(url.scheme)
        )
        connection = pool.take(deadline)
        is_sound = False
        try:
            is_sound = connection.carry(request, url, exchange, deadline)
        finally:
            pool.give_back(connection, sound=is_sound)

    def close(self) -> None:
        """Close every connection."""
        for pool in list(self._pools.values()):
            pool.close()

    def _url(self, text: str) -> Any:
        known = self._urls.get(text)
        if known is None:
            if len(self._urls) >= _URLS_KEPT:
                self._urls.clear()
            known = self._urls[text] = self._library.URL(text)
        return known

    def _new_pool(self, scheme: str) -> "Pool[_Connection]":
        library, options = self._library, self._options
        settings = {
            "verify": self._context() if scheme == "https" else False,
            "trust_env": False,
            "http2": self._http2,
            "proxy": self._proxy(),
            "limits": library.Limits(max_connections=1, keepalive_expiry=self._keepalive_expiry),
        }
        return Pool(
            lambda: _Connection(library, options, library.HTTPTransport(**settings)),
            close=_Connection.close,
            limit=self._max_connections,
            expiry=self._keepalive_expiry,
            abandon=_Connection.close,  # in the child of a fork; its parent's stay open
        )

    def _context(self) -> ssl.SSLContext:
        alpn = ("http/1.1", "h2") if self._http2 else ("http/1.1",)
        options = self._options
        return self._own_context or shared_context(options.ca_file, options.ca_dir, alpn)

    def _proxy(self) -> Any:
        url = self._options.proxy
        if url is None:
            return None
        context = None
        if url.startswith("https:"):
            context = new_context(self._options.ca_file, self._options.ca_dir)
            context.sslsocket_class = ProxySocket
        return self._library.Proxy(url, ssl_context=context)


def _own_context(options: TransportOptions, cert: tuple[Any, ...]) -> ssl.SSLContext:
    context = new_context(options.ca_file, options.ca_dir)
    try:
        context.load_cert_chain(*cert)
    except (OSError, TypeError) as error:  # ssl.SSLError is an OSError
        reason = getattr(error, "strerror", None) or "it is a path, or a tuple of two or three"
        raise ConfigurationError(f"cert= cannot be used: {reason}.") from None
    return context


class _Connection:
    """Carry one request at a time by a transport of the library's."""

    def __init__(self, library: ModuleType, options: TransportOptions, transport: Any) -> None:
        self._library = library
        self._options = options
        self._transport = transport
        pool = transport._pool  # noqa: SLF001 - httpcore documents the parameter, httpx has none
        engine = sys.modules[type(pool).__module__.partition(".")[0]]
        self._network = Network(pool._network_backend, engine, options)  # noqa: SLF001
        pool._network_backend = self._network  # noqa: SLF001

    def carry(self, request: HttpRequest, url: Any, exchange: Exchange, deadline: Deadline) -> bool:
        """Send a request, and read the response; tell whether another may follow."""
        network = self._network
        network.begin(exchange, deadline)
        try:
            response = self._transport.handle_request(self._request(request, url, deadline))
            try:
                fields = response.headers.raw
                if not network.counts_heads:
                    check_head(fields, exchange, self._options)
                exchange.head(response.status_code, fields)
                size = 0
                for chunk in response.stream:
                    size += len(chunk)
                    if not exchange.feed(chunk):
                        return False
                    if deadline.expired:
                        raise network.late()
                return network.is_clean(size)
            finally:
                response.close()
        finally:
            network.end()

    def _request(self, request: HttpRequest, url: Any, deadline: Deadline) -> Any:
        asked = self._library.Request(
            request.method,
            url,
            headers=[
                (b"Host", url.netloc),
                *header_fields(request),
                (b"Content-Length", b"%d" % len(request.body)),
            ],
            stream=self._library.ByteStream(request.body),
            # the network keeps the deadline; this is for what stands in the library's place
            extensions={"timeout": dict.fromkeys(_PHASES, deadline.remaining())},
        )
        asked.read()  # so that it has its content, for whoever looks
        return asked

    def close(self) -> None:
        """Close the connection. May be called more than once."""
        self._transport.close()
        self._network.close()
