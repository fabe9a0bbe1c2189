"""HttpxTransport: requests sent by the library's own transports, or by a client of the caller's."""

import ssl
import weakref
from abc import ABC, abstractmethod
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
from corechat.transport._tls import new_context
from corechat_httpx.connection import Connection, fields_of, read_body, read_head
from corechat_httpx.failures import failure_from
from corechat_httpx.quiet import CARRIES_A_CALL
from corechat_httpx.tls import ProxySocket


class HttpxTransport(ABC):
    """Carry requests over httpx or httpx2; what both ways of sending have in common."""

    def __init__(self, library: ModuleType, options: TransportOptions) -> None:
        self._library = library
        self._options = options
        self._pools: dict[str, Pool[Connection]] = {}  # by scheme
        self._closed = False
        # closes what is open when nobody has, at collection or at exit
        weakref.finalize(self, _close, self._pools)

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

    @abstractmethod
    def _carry(self, request: HttpRequest, exchange: Exchange, deadline: Deadline) -> None:
        """Send a request and read the response into the exchange."""

    def close(self) -> None:
        """Close every connection of ours. May be called more than once."""
        self._closed = True
        _close(self._pools)


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
            headers=fields_of(request),
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
                for name in ("content-encoding", "content-length"):
                    response.headers.pop(name, None)
                chunks = [response.content]
            else:
                chunks = [] if response.is_closed else response.iter_raw()  # closed by that hook
            read_head(response, exchange, self._options)
            read_body(chunks, exchange, deadline)
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

    def _new_pool(self, scheme: str) -> Pool[Connection]:
        library, options = self._library, self._options
        proxy: Any = options.proxy
        if proxy is not None and proxy.startswith("https:"):
            to_proxy = new_context(options.ca_file, options.ca_dir)
            to_proxy.sslsocket_class = ProxySocket
            proxy = library.Proxy(proxy, ssl_context=to_proxy)
        context: Any = self._context
        if context is None:  # plain HTTP needs none, and building one takes 29 ms
            alpn = ("http/1.1", "h2") if self._http2 else ("http/1.1",)
            context = scheme == "https" and shared_context(options.ca_file, options.ca_dir, alpn)
        settings = {
            "verify": context,
            "trust_env": False,
            "http2": self._http2,
            "proxy": proxy,
            "limits": library.Limits(max_connections=1, keepalive_expiry=self._keepalive_expiry),
        }
        return Pool(
            lambda: Connection(library, options, library.HTTPTransport(**settings)),
            close=Connection.close,
            limit=self._max_connections,
            expiry=self._keepalive_expiry,
            abandon=Connection.close,  # in the child of a fork; its parent's stay open
        )


def _close(pools: dict[str, Pool[Connection]]) -> None:
    for pool in list(pools.values()):
        pool.close()
