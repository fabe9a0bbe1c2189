"""The two ways to send by httpx: by its own transports, or by a client of the caller's."""

import ssl
from collections.abc import Callable
from types import ModuleType
from typing import Any

from corechat.errors import ConfigurationError
from corechat.transport import Connection, Exchange, TransportOptions, shared_context
from corechat.transport._tls import new_context
from corechat_httpx.connection import fields_of, read_body, read_head
from corechat_httpx.failures import failure_from
from corechat_httpx.quiet import CARRIES_A_CALL
from corechat_httpx.tls import ProxySocket


class ClientConnection(Connection):
    """Send by the caller's client, with all that it brings; it is never closed here."""

    errors = (Exception,)

    def __init__(self, library: ModuleType, client: Any) -> None:
        self._library = library
        self._client = client

    def carry(self, exchange: Exchange) -> bool:
        """Send the request and read the response."""
        before = CARRIES_A_CALL.set(True)
        try:
            self._carry(exchange)
        finally:
            CARRIES_A_CALL.reset(before)
        return True

    def _carry(self, exchange: Exchange) -> None:
        if self._client.is_closed:
            name = self._library.__name__
            raise ConfigurationError(f"The {name}.Client given as http_client= is closed.")
        request, left = exchange.request, exchange.deadline.remaining()
        if not left:
            raise exchange.late()
        connect = min(left, exchange.options.connect_timeout)
        asked = self._client.build_request(
            request.method,
            request.url,
            headers=fields_of(request),
            content=request.body,
            timeout=self._library.Timeout(left, connect=connect),
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
            read_head(response, exchange)
            read_body(chunks, exchange)
        finally:
            response.close()

    def failure(self, error: Exception, exchange: Exchange) -> Exception:
        """Turn an exception of the library into a failure."""
        return failure_from(error, self._library, exchange)

    def close(self) -> None:
        """Do nothing: the client is the caller's to close."""


def transport_maker(
    library: ModuleType,
    options: TransportOptions,
    *,
    context: ssl.SSLContext | None,
    http2: bool,
    keepalive_expiry: float,
) -> Callable[[str], Any]:
    """Give a function that makes one of the library's transports, of one connection, for a scheme.

    Args:
        library: httpx or httpx2.
        options: what the core tells every transport.
        context: TLS with the client's certificate, or None.
        http2: whether to offer HTTP/2.
        keepalive_expiry: seconds after which an idle connection is not used again.
    """
    proxy: Any = options.proxy
    if proxy is not None and proxy.startswith("https:"):
        to_proxy = new_context(options.ca_file, options.ca_dir)
        to_proxy.sslsocket_class = ProxySocket
        proxy = library.Proxy(proxy, ssl_context=to_proxy)
    limits = library.Limits(max_connections=1, keepalive_expiry=keepalive_expiry)

    def make(scheme: str) -> Any:
        verify: Any = context
        if verify is None:  # plain HTTP needs none, and building one takes 29 ms
            alpn = ("http/1.1", "h2") if http2 else ("http/1.1",)
            verify = scheme == "https" and shared_context(options.ca_file, options.ca_dir, alpn)
        return library.HTTPTransport(
            verify=verify, trust_env=False, http2=http2, proxy=proxy, limits=limits
        )

    return make
