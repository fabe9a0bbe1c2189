"""What aiohttp raises, and which of the contract's failures it is."""

from collections.abc import Callable
from typing import Any

import aiohttp

from corechat.transport import (
    ConnectionFailure,
    Exchange,
    TransportFailure,
    reasons,
)

_TABLE: tuple[tuple[type[Exception], Callable[[Any], str]], ...] = (
    (
        aiohttp.ClientConnectorDNSError,
        lambda error: reasons.unknown_host(error.host, error.os_error),
    ),
    (
        aiohttp.ClientConnectorCertificateError,
        lambda error: reasons.insecure(error.host, error.certificate_error),
    ),
    (
        aiohttp.ClientConnectorSSLError,
        lambda error: reasons.insecure(error.host, error.os_error),
    ),
    (
        aiohttp.ClientProxyConnectionError,
        lambda error: reasons.unreachable_proxy(error.os_error),
    ),
    (aiohttp.ClientHttpProxyError, lambda error: reasons.refusing_proxy(error.status)),
    (
        aiohttp.ClientConnectorError,
        lambda error: reasons.unreachable(error.host, error.port, error.os_error),
    ),
    (
        aiohttp.InvalidURL,
        lambda error: f"the URL cannot be used: {error.description or 'it has no valid host'}",
    ),
    (ValueError, lambda _: "the URL cannot be used"),
    (aiohttp.ClientResponseError, lambda _: reasons.NOT_HTTP),
    (aiohttp.ClientPayloadError, lambda _: reasons.CUT),
    (aiohttp.ClientConnectionError, reasons.lost),
)
"""What to say of each. aiohttp's own words repeat the server's."""


def failure_from(error: Exception, exchange: Exchange) -> TransportFailure | None:
    """Translate an exception; the failure holds nothing of it but clean words.

    Args:
        error: what aiohttp raised. Its repr, and that of what it refers to, may show the request's
            headers.
        exchange: how far the request had come.

    Returns:
        The failure; None for an exception that is not a failure of the network.
    """
    for kind, describe in _TABLE:
        if isinstance(error, kind):
            return exchange.failure(ConnectionFailure, describe(error))
    return None
