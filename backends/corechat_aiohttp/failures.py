"""What aiohttp raises, and which of the contract's failures it is."""

from collections.abc import Callable
from typing import Any

import aiohttp

from corechat.transport import ConnectionFailure, Exchange, TransportFailure, reasons

_WORDS: tuple[tuple[type[Exception], Callable[[Any], str]], ...] = (
    (aiohttp.ClientConnectorDNSError, lambda it: reasons.unknown_host(it.host, it.os_error)),
    (
        aiohttp.ClientConnectorCertificateError,
        lambda it: reasons.insecure(it.host, it.certificate_error),
    ),
    (aiohttp.ClientConnectorSSLError, lambda it: reasons.insecure(it.host, it.os_error)),
    (aiohttp.ClientProxyConnectionError, lambda it: reasons.unreachable_proxy(it.os_error)),
    (aiohttp.ClientHttpProxyError, lambda it: reasons.refusing_proxy(it.status)),
    (
        aiohttp.ClientConnectorError,
        lambda it: reasons.unreachable(it.host, it.port, it.os_error),
    ),
    (
        aiohttp.InvalidURL,
        lambda it: f"the URL cannot be used: {it.description or 'it has no valid host'}",
    ),
    (aiohttp.ClientResponseError, lambda _: reasons.NOT_HTTP),
    (aiohttp.ClientPayloadError, lambda _: reasons.CUT),
    (aiohttp.ClientConnectionError, reasons.lost),
)
"""aiohttp's own words are not used: they repeat the server's, and the request's headers."""


def failure_from(error: Exception, exchange: Exchange) -> TransportFailure | None:
    """Return the failure for what aiohttp raised; None if the network is not what failed."""
    for kind, describe in _WORDS:
        if isinstance(error, kind):
            return exchange.failure(ConnectionFailure, describe(error))
    return None
