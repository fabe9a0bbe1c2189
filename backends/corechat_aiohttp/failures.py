"""What aiohttp raises, and which of the contract's failures it is."""

from collections.abc import Callable
from typing import Any, TypedDict

import aiohttp

from corechat.transport import (
    ConnectionFailure,
    TimeoutFailure,
    TooLargeFailure,
    TransportFailure,
    TransportOptions,
    reasons,
)
from corechat_aiohttp.tap import Tap

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
    (aiohttp.ClientResponseError, lambda _: reasons.NOT_HTTP),
    (aiohttp.ClientPayloadError, lambda _: reasons.CUT),
    (aiohttp.ClientConnectionError, reasons.lost),
)
"""What to say of each. aiohttp's own words repeat the server's."""


def failure_from(
    error: Exception, tap: Tap | None, status: int | None, options: TransportOptions
) -> TransportFailure | None:
    """Translate an exception; the failure holds nothing of it but clean words.

    Args:
        error: what aiohttp raised. Its repr, and that of what it refers to, may show the request's
            headers.
        tap: the request's connection, or None if it had none yet.
        status: the response's status if its head had come.
        options: where the bounds stand.

    Returns:
        The failure; None for an exception that is no failure of the network.
    """
    if tap is not None and tap.head_too_large:
        limit = options.max_header_bytes
        return TooLargeFailure(f"the response head is over {limit} bytes", limit=limit)
    for kind, describe in _TABLE:
        if isinstance(error, kind):
            return ConnectionFailure(describe(error), **_flags(tap, status))
    return None


def timeout_failure(
    tap: Tap | None, status: int | None, options: TransportOptions
) -> TimeoutFailure:
    """Describe what the deadline cut off.

    Args:
        tap: the request's connection, or None if it had none yet.
        status: the response's status if its head had come.
        options: where the bound on connecting stands.
    """
    message = reasons.late_to_connect(options) if tap is None else reasons.late_to_answer(status)
    return TimeoutFailure(message, **_flags(tap, status))


class _Flags(TypedDict):
    status: int | None
    bytes_received: bool
    reused: bool
    sent: bool


def _flags(tap: Tap | None, status: int | None) -> _Flags:
    return {
        "status": status,
        "bytes_received": tap is not None and tap.received > 0,
        "reused": tap is not None and tap.reused,
        "sent": tap is not None,
    }
