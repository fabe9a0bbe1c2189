"""What the engine's pool is for: it connects, through a proxy too, and it speaks HTTP/2."""

from typing import Any

from corechat.transport import TransportOptions, shared_context
from corechat_httpx.call_state import CallState
from corechat_httpx.connection import Connection
from corechat_httpx.endpoint import Endpoint, proxy_credentials
from corechat_httpx.engine import ConnectionPool, Engine
from corechat_httpx.network import DeadlineBackend
from corechat_httpx.quiet import QUIET
from corechat_httpx.stream import Connected


def engine_pool(
    engine: Engine, options: TransportOptions, state: CallState, url: str, **limits: Any
) -> ConnectionPool:
    """Make a pool.

    Args:
        engine: httpcore or httpcore2.
        options: where the proxy and the authorities stand.
        state: of the calling thread.
        url: of the first request; a TLS context is made for https only.
        limits: further arguments of the pool.
    """
    alpn = ("http/1.1", "h2") if limits.get("http2") else ("http/1.1",)
    arguments: dict[str, Any] = limits | {
        "network_backend": DeadlineBackend(engine, state, options),
        "ssl_context": (
            shared_context(options.ca_file, options.ca_dir, alpn)
            if url.startswith("https:")
            else None
        ),
    }
    proxy = options.proxy
    pool: ConnectionPool
    if proxy is None:
        pool = engine.ConnectionPool(**arguments)
        return pool
    scheme, _, rest = proxy.partition("://")
    arguments["proxy_url"] = f"{scheme}://{rest.rpartition('@')[2]}"
    user_and_password = proxy_credentials(proxy)
    if user_and_password is not None:
        arguments["proxy_auth"] = tuple(text.encode() for text in user_and_password)
    if scheme.startswith("socks"):
        pool = engine.SOCKSProxy(**arguments)
        return pool
    if scheme == "https":
        arguments["proxy_ssl_context"] = shared_context(options.ca_file, options.ca_dir)
    pool = engine.HTTPProxy(**arguments)
    return pool


class Connector:
    """Let the engine connect: TCP, TLS, and a proxy's handshake.

    Args:
        engine: httpcore or httpcore2.
        pool: its pool, which offers HTTP/1.1 only.
        state: of the calling thread.
        options: where the bounds stand.
    """

    def __init__(
        self, engine: Engine, pool: ConnectionPool, state: CallState, options: TransportOptions
    ) -> None:
        self._engine = engine
        self._pool = pool
        self._state = state
        self._options = options

    def __call__(self, endpoint: Endpoint) -> Connection:
        """Connect.

        Args:
            endpoint: where to.
        """
        request = self._engine.Request("POST", endpoint.url, headers=[(b"Host", endpoint.host)])
        with QUIET:
            connection = self._pool.create_connection(endpoint.url.origin)
            try:
                connection.handle_request(request)
            except Connected as reached:
                origin = endpoint.origin
                return Connection(self._engine, reached, origin, self._state, self._options)
            except BaseException:
                connection.close()
                raise
        raise self._engine.ConnectError("the engine made no connection")
