"""HttpcoreTransport: one request over a pool of connections."""

import os
import weakref

from corechat.errors import ConfigurationError
from corechat.transport import Deadline, HttpRequest, HttpResponse, TransportOptions
from corechat_httpx.call_state import CallState
from corechat_httpx.connections import Connections
from corechat_httpx.endpoint import Endpoint, endpoint
from corechat_httpx.engine import Engine
from corechat_httpx.engine_pool import Connector, engine_pool
from corechat_httpx.failures import failure_from
from corechat_httpx.http2 import Http2
from corechat_httpx.quiet import QUIET

_ENDPOINTS_KEPT = 16

_Pool = Connections | Http2


class HttpcoreTransport:
    """Carry requests over httpcore or httpcore2.

    Args:
        engine: the library.
        options: what the core tells every transport.
        http2: whether to offer HTTP/2.
        max_connections: how many connections there are at most.
        keepalive_expiry: seconds after which an idle connection is not used again.
    """

    def __init__(
        self,
        engine: Engine,
        options: TransportOptions,
        *,
        http2: bool,
        max_connections: int,
        keepalive_expiry: float,
    ) -> None:
        self._engine = engine
        self._options = options
        self._http2 = http2
        self._max_connections = max_connections
        self._keepalive_expiry = keepalive_expiry
        self._state = CallState()
        self._endpoints: dict[str, Endpoint] = {}
        # by process, since a fork must not share sockets; and whether over TLS
        self._pools: dict[tuple[int, bool], _Pool] = {}
        self._closed = False
        # closes what is open when nobody has, at collection or at exit
        self._finalizer = weakref.finalize(self, _close_pools, self._pools)
        QUIET.install()

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
            ConfigurationError: the transport is closed.
        """
        if self._closed:
            raise ConfigurationError("This transport is closed.")
        self._state.begin(deadline, self._options.connect_timeout)
        try:
            endpoint = self._endpoint(request.url)
            return self._live_pool(request.url).send(endpoint, request, deadline)
        except Exception as error:
            failure = failure_from(error, self._engine, self._state, self._options)
            if failure is None:
                raise
        finally:
            self._state.end()
        raise failure  # outside the handler: its context would hold the request

    def close(self) -> None:
        """Close every connection. May be called more than once."""
        self._closed = True
        _close_pools(self._pools)

    def _endpoint(self, url: str) -> Endpoint:
        known = self._endpoints.get(url)
        if known is None:
            if len(self._endpoints) >= _ENDPOINTS_KEPT:
                self._endpoints.clear()
            known = endpoint(self._engine, url, self._options.proxy)
            self._endpoints[url] = known
        return known

    def _live_pool(self, url: str) -> _Pool:
        key = (os.getpid(), url.startswith("https:"))
        pool = self._pools.get(key)
        if pool is None:
            # setdefault: of two threads that come first, one pool is used
            pool = self._pools.setdefault(key, self._new_pool(url))
            if self._closed:  # by another thread meanwhile, which may not have seen this one
                pool.close()
        return pool

    def _new_pool(self, url: str) -> _Pool:
        engine, options, state = self._engine, self._options, self._state
        connector = Connector(engine, engine_pool(engine, options, state, url), state, options)
        http1 = Connections(connector, self._max_connections, self._keepalive_expiry)
        if not self._http2:
            return http1
        pool = engine_pool(
            engine,
            options,
            state,
            url,
            http2=True,
            max_connections=self._max_connections,
            max_keepalive_connections=self._max_connections,
            keepalive_expiry=self._keepalive_expiry,
        )
        return Http2(engine, pool, state, options, http1)


def _close_pools(pools: dict[tuple[int, bool], _Pool]) -> None:
    for secure in (False, True):
        pool = pools.pop((os.getpid(), secure), None)  # a parent's are the parent's to close
        if pool is not None:
            pool.close()
