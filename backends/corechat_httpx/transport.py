"""HttpxTransport: each call borrows one of the library's own transports, of one connection."""

import ssl
import weakref
from functools import partial
from typing import Any

from corechat.errors import ConfigurationError
from corechat.transport import (
    Deadline,
    Exchange,
    HttpRequest,
    HttpResponse,
    Pool,
    TransportOptions,
    shared_context,
)
from corechat.transport._tls import new_context
from corechat_httpx.connection import Connection
from corechat_httpx.failures import failure_from
from corechat_httpx.library import Library
from corechat_httpx.network import ProxySocket
from corechat_httpx.quiet import QUIET

_URLS_KEPT = 16


class HttpxTransport:
    """Carry requests over httpx or httpx2.

    Args:
        library: which of the two.
        options: what the core tells every transport.
        context: the TLS context that holds the client's certificate, or None.
        http2: whether to offer HTTP/2.
        max_connections: how many connections there are at most.
        keepalive_expiry: seconds after which an idle connection is not used again.
    """

    def __init__(  # noqa: PLR0913 - the options of the backend
        self,
        library: Library,
        options: TransportOptions,
        *,
        context: ssl.SSLContext | None,
        http2: bool,
        max_connections: int,
        keepalive_expiry: float,
    ) -> None:
        self._library = library
        self._options = options
        self._context = context
        self._http2 = http2
        self._max_connections = max_connections
        self._keepalive_expiry = keepalive_expiry
        self._urls: dict[str, Any] = {}
        self._pools: dict[bool, Pool[Connection]] = {}  # by whether over TLS
        self._closed = False
        # closes what is open when nobody has, at collection or at exit
        weakref.finalize(self, _close_pools, self._pools)

    def send(self, request: HttpRequest, deadline: Deadline) -> HttpResponse:
        """Send the request and read the whole response.

        Args:
            request: the request, complete but for Host and Content-Length.
            deadline: the moment by which this has returned or raised.

        Returns:
            The response, whatever its status.

        Raises:
            ConnectionFailure: no whole response came.
            TimeoutFailure: the deadline or the bound on connecting passed.
            TooLargeFailure: the response is over a bound.
            ConfigurationError: the transport is closed, or HTTP cannot carry the request.
        """
        if self._closed:
            raise ConfigurationError("This transport is closed.")
        exchange = Exchange(self._options)
        try:
            with QUIET:
                self._carry(request, exchange, deadline)
            return exchange.response()
        except Exception as error:
            failure = failure_from(error, self._library, exchange, self._options)
            if failure is None:
                raise
        raise failure  # outside the handler: its context would hold the request

    def close(self) -> None:
        """Close every connection. May be called more than once."""
        self._closed = True
        _close_pools(self._pools)

    def _carry(self, request: HttpRequest, exchange: Exchange, deadline: Deadline) -> None:
        url = self._url(request.url)
        pool = self._pool(secure=url.scheme == "https")
        connection = pool.take(deadline)
        sound = False
        try:
            sound = connection.carry(request, url, exchange, deadline)
        finally:
            pool.give_back(connection, sound=sound)

    def _url(self, text: str) -> Any:
        known = self._urls.get(text)
        if known is None:
            if len(self._urls) >= _URLS_KEPT:
                self._urls.clear()
            known = self._urls[text] = self._library.client.URL(text)
        return known

    def _pool(self, *, secure: bool) -> Pool[Connection]:
        pool = self._pools.get(secure)
        if pool is None:
            # setdefault: of two threads that come first, one pool is used
            pool = self._pools.setdefault(secure, self._new_pool(secure=secure))
        return pool

    def _new_pool(self, *, secure: bool) -> Pool[Connection]:
        options = self._options
        context = self._context
        if secure and context is None:
            alpn = ("http/1.1", "h2") if self._http2 else ("http/1.1",)
            context = shared_context(options.ca_file, options.ca_dir, alpn)
        make = partial(
            Connection,
            self._library,
            options,
            context,
            self._proxy(),
            http2=self._http2,
            keepalive_expiry=self._keepalive_expiry,
        )
        return Pool(
            make,
            close=Connection.close,
            limit=self._max_connections,
            expiry=self._keepalive_expiry,
            abandon=Connection.close,  # in the child of a fork: the parent's descriptors stay open
        )

    def _proxy(self) -> object:
        url = self._options.proxy
        if url is None:
            return None
        context = None
        if url.startswith("https:"):
            context = new_context(self._options.ca_file, self._options.ca_dir)
            context.sslsocket_class = ProxySocket
        return self._library.client.Proxy(url, ssl_context=context)


def _close_pools(pools: dict[bool, Pool[Connection]]) -> None:
    for pool in list(pools.values()):
        pool.close()
