"""HttpxTransport: requests sent by the library's own transports, or by a client of the caller's."""

import ssl
import sys
import weakref
from collections.abc import Iterable
from functools import lru_cache
from types import ModuleType
from typing import Any

from corechat.errors import ConfigurationError
from corechat.transport import (
    Deadline,
    Exchange,
    HttpRequest,
    HttpResponse,
    Pool,
    TimeoutFailure,
    TransportOptions,
    reasons,
    shared_context,
)
from corechat_httpx.failures import failure_from
from corechat_httpx.network import Network
from corechat_httpx.quiet import CARRIES_A_CALL
from corechat_httpx.tls import proxy_context

_FRAMING = frozenset({"content-length", "host", "transfer-encoding"})
_PHASES = ("connect", "read", "write", "pool")
_CODED = ("content-encoding", "content-length")


class HttpxTransport:
    """Carry requests over httpx or httpx2; what both ways of sending have in common."""

    def __init__(self, library: ModuleType, options: TransportOptions) -> None:
        self._library = library
        self._options = options
        self._closed = False

    def send(self, request: HttpRequest, deadline: Deadline) -> HttpResponse:
        """Send the request and read the whole response, as `Transport.send` says."""
        if self._closed:
            raise ConfigurationError("This transport is closed.")
        exchange = Exchange(self._options)
        before = CARRIES_A_CALL.set(True)
        try:
            self._carry(request, exchange, deadline)
            return exchange.response()
        except Exception as error:
            failure = failure_from(error, self._library, exchange, self._options)
            if failure is None:
                raise
        finally:
            CARRIES_A_CALL.reset(before)
        raise failure  # outside the handler: its context would hold the request

    def _carry(self, request: HttpRequest, exchange: Exchange, deadline: Deadline) -> None:
        """Send a request and read the response into the exchange."""
        raise NotImplementedError

    def close(self) -> None:
        """Close every connection. May be called more than once."""
        self._closed = True


class ClientTransport(HttpxTransport):
    """Send by the caller's client, with all that it brings; it is never closed here."""

    def __init__(self, library: ModuleType, options: TransportOptions, client: Any) -> None:
        super().__init__(library, options)
        self._client = client

    def _carry(self, request: HttpRequest, exchange: Exchange, deadline: Deadline) -> None:
        if self._client.is_closed:
            name = self._library.__name__
            raise ConfigurationError(f"The {name}.Client given as http_client= is closed.")
        left = deadline.remaining()
        if not left:
            raise exchange.failure(TimeoutFailure, reasons.late_to_answer(None))
        asked = self._client.build_request(
            request.method,
            request.url,
            headers=_fields(request),
            content=request.body,
            timeout=self._library.Timeout(left, connect=min(left, self._options.connect_timeout)),
        )
        exchange.sent = True  # as far as can be known
        try:
            response = self._client.send(asked, stream=True, follow_redirects=False)
        except self._library.HTTPStatusError as error:  # of a hook that raises for a status
            response = error.response
        try:
            if response.is_stream_consumed:  # by a hook, or a mock has no stream: it is decoded
                for name in _CODED:
                    response.headers.pop(name, None)
                chunks = [response.content]
            else:
                chunks = [] if response.is_closed else response.iter_raw()  # closed by that hook
            _read_head(response, exchange, self._options)
            _read_body(chunks, exchange, deadline)
        finally:
            response.close()


class PooledTransport(HttpxTransport):
    """Send by the library's own transports: each call borrows one, of one connection."""

    def __init__(  # noqa: PLR0913 - the options of the backend
        self,
        library: ModuleType,
        options: TransportOptions,
        *,
        context: ssl.SSLContext | None,
        http2: bool,
        max_connections: int,
        keepalive_expiry: float,
    ) -> None:
        super().__init__(library, options)
        self._context = context  # with the client's certificate
        self._http2 = http2
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
        expiry = self._keepalive_expiry
        proxy: Any = options.proxy
        if proxy is not None and proxy.startswith("https:"):
            proxy = library.Proxy(proxy, ssl_context=proxy_context(options))
        context: Any = self._context
        if context is None:  # plain HTTP needs none, and building one takes 29 ms
            alpn = ("http/1.1", "h2") if self._http2 else ("http/1.1",)
            is_secure = scheme == "https"
            context = is_secure and shared_context(options.ca_file, options.ca_dir, alpn)
        settings = {
            "verify": context,
            "trust_env": False,
            "http2": self._http2,
            "proxy": proxy,
            "limits": library.Limits(max_connections=1, keepalive_expiry=expiry),
        }
        return Pool(
            lambda: _Connection(library, options, library.HTTPTransport(**settings)),
            close=_Connection.close,
            limit=self._max_connections,
            expiry=expiry,
            abandon=_Connection.close,  # in the child of a fork; its parent's stay open
        )


def _close(pools: "dict[str, Pool[_Connection]]") -> None:
    for pool in list(pools.values()):
        pool.close()


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
                _read_head(response, exchange, self._options)
                size = _read_body(response.stream, exchange, deadline)
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
            headers=[host, *_fields(request), length],
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


def _fields(request: HttpRequest) -> list[tuple[bytes, bytes]]:
    pairs = request.headers.pairs
    if not _FRAMING.isdisjoint([name.lower() for name, _ in pairs]):
        raise ConfigurationError(f"The transport itself writes {', '.join(sorted(_FRAMING))}.")
    return [(name.encode(), value.encode()) for name, value in pairs]


def _read_head(response: Any, exchange: Exchange, options: TransportOptions) -> None:
    fields = response.headers.raw
    if sum(len(name) + len(value) for name, value in fields) > options.max_header_bytes:
        raise exchange.too_large_head()  # of HTTP/2, or by an own client
    exchange.head(response.status_code, fields)


def _read_body(chunks: Iterable[bytes], exchange: Exchange, deadline: Deadline) -> int | None:
    """Read a body into the exchange; return its size, or None if it was not read to its end."""
    size = 0
    for chunk in chunks:
        size += len(chunk)
        if not exchange.feed(chunk):
            return None
        if deadline.expired:
            raise exchange.failure(TimeoutFailure, reasons.late_to_answer(exchange.status))
    return size
