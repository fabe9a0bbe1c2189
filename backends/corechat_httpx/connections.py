"""PooledTransport: each call borrows one of the library's own transports, of one connection."""

import sys
import weakref
from functools import lru_cache
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
from corechat_httpx.network import Network, ProxySocket
from corechat_httpx.transport import HttpxTransport, fields_of, read_body, read_head

_PHASES = ("connect", "read", "write", "pool")


class PooledTransport(HttpxTransport):
    """Send by connections of the library's.

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
        super().__init__(library, options)
        self._http2 = http2
        self._own_context = None if cert is None else _context_with(cert, options)
        self._max_connections = max_connections
        self._keepalive_expiry = keepalive_expiry
        self._url = lru_cache(16)(library.URL)
        self._pools: dict[str, Pool[_Connection]] = {}  # by scheme
        # closes what is open when nobody has, at collection or at exit
        weakref.finalize(self, _close, self._pools)

    def _carry(self, request: HttpRequest, exchange: Exchange, deadline: Deadline) -> None:
        url: Any = self._url(request.url)
        pool = self._pools.get(url.scheme)
        if pool is None:  # setdefault: of two threads that come first, one pool is used
            pool = self._pools.setdefault(url.scheme, self._new_pool(url.scheme))
        connection = pool.take(deadline)
        is_sound = False
        try:
            is_sound = connection.carry(request, url, exchange, deadline)
        finally:
            pool.give_back(connection, sound=is_sound)

    def close(self) -> None:
        """Close every connection. May be called more than once."""
        super().close()
        _close(self._pools)

    def _new_pool(self, scheme: str) -> "Pool[_Connection]":
        library, options = self._library, self._options
        context: Any = False  # plain HTTP needs none, and building one takes 29 ms
        if scheme == "https":
            alpn = ("http/1.1", "h2") if self._http2 else ("http/1.1",)
            context = self._own_context or shared_context(options.ca_file, options.ca_dir, alpn)
        settings = {
            "verify": context,
            "trust_env": False,
            "http2": self._http2,
            "proxy": _proxy(library, options),
            "limits": library.Limits(max_connections=1, keepalive_expiry=self._keepalive_expiry),
        }
        return Pool(
            lambda: _Connection(library, options, library.HTTPTransport(**settings)),
            close=_Connection.close,
            limit=self._max_connections,
            expiry=self._keepalive_expiry,
            abandon=_Connection.close,  # in the child of a fork; its parent's stay open
        )


def _close(pools: "dict[str, Pool[_Connection]]") -> None:
    for pool in list(pools.values()):
        pool.close()


def _context_with(cert: tuple[Any, ...], options: TransportOptions) -> Any:
    context = new_context(options.ca_file, options.ca_dir)
    try:
        context.load_cert_chain(*cert)
    except (OSError, TypeError) as error:  # ssl.SSLError is an OSError
        reason = getattr(error, "strerror", None) or "it is a path, or a tuple of two or three"
        raise ConfigurationError(f"cert= cannot be used: {reason}.") from None
    return context


def _proxy(library: ModuleType, options: TransportOptions) -> Any:
    if options.proxy is None or not options.proxy.startswith("https:"):
        return options.proxy
    context = new_context(options.ca_file, options.ca_dir)
    context.sslsocket_class = ProxySocket
    return library.Proxy(options.proxy, ssl_context=context)


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
        """Send a request and read the response; tell whether another request may follow."""
        self._network.begin(exchange, deadline)
        try:
            response = self._transport.handle_request(self._request(request, url, deadline))
            try:
                read_head(response, exchange, self._options)
                size = read_body(response.stream, exchange, deadline)
                return size is not None and self._network.is_clean(size)
            finally:
                response.close()
        finally:
            self._network.end()

    def _request(self, request: HttpRequest, url: Any, deadline: Deadline) -> Any:
        host, length = (b"Host", url.netloc), (b"Content-Length", b"%d" % len(request.body))
        asked = self._library.Request(
            request.method,
            url,
            headers=[host, *fields_of(request), length],
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
