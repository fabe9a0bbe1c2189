"""What aiohttp raises, and which of the contract's failures it is."""

import os
import socket
import ssl
from collections.abc import Callable
from typing import Any, TypedDict

import aiohttp

from corechat.transport import (
    ConnectionFailure,
    TimeoutFailure,
    TooLargeFailure,
    TransportFailure,
    TransportOptions,
)
from corechat_aiohttp.tap import Tap

_Describe = Callable[[Any], str]


def _unreachable(error: aiohttp.ClientConnectorError) -> str:
    return f"cannot connect to {error.host}:{error.port}: {_reason(error.os_error)}"


def _unknown_host(error: aiohttp.ClientConnectorDNSError) -> str:
    return f"cannot resolve the host name {error.host!r}: {_reason(error.os_error)}"


def _unreachable_proxy(error: aiohttp.ClientProxyConnectionError) -> str:
    return f"cannot connect to the proxy: {_reason(error.os_error)}"


def _refusing_proxy(error: aiohttp.ClientHttpProxyError) -> str:
    return f"the proxy refuses to connect, with status {error.status}"


def _bad_certificate(error: aiohttp.ClientConnectorCertificateError) -> str:
    return f"the certificate of {error.host} is not trusted: {_reason(error.certificate_error)}"


def _bad_handshake(error: aiohttp.ClientConnectorError) -> str:
    return f"the TLS handshake with {error.host} failed: {_reason(error.os_error)}"


def _not_http(_: aiohttp.ClientResponseError) -> str:
    return "the answer is not HTTP/1.1"  # aiohttp's words repeat the server's line


def _cut(_: aiohttp.ClientPayloadError) -> str:
    return "the response body ended before it was whole, or its framing is broken"


def _bad_url(error: aiohttp.InvalidURL) -> str:
    return f"the URL cannot be used: {error.description or 'it has no valid host'}"


def _lost(error: aiohttp.ClientConnectionError) -> str:
    if isinstance(error, OSError) and error.errno:
        return f"the connection was lost: {os.strerror(error.errno)}"
    return "the server closed the connection without a whole answer"


_TABLE: tuple[tuple[type[Exception], _Describe], ...] = (
    (aiohttp.ClientConnectorDNSError, _unknown_host),
    (aiohttp.ClientConnectorCertificateError, _bad_certificate),
    (aiohttp.ClientConnectorSSLError, _bad_handshake),
    (aiohttp.ClientProxyConnectionError, _unreachable_proxy),
    (aiohttp.ClientHttpProxyError, _refusing_proxy),
    (aiohttp.ClientConnectorError, _unreachable),
    (aiohttp.InvalidURL, _bad_url),
    (aiohttp.ClientResponseError, _not_http),
    (aiohttp.ClientPayloadError, _cut),
    (aiohttp.ClientConnectionError, _lost),
)


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
    if tap is None:
        message = (
            "no connection by the deadline, or within the "
            f"{options.connect_timeout:g} seconds allowed for connecting"
        )
    elif status is None:
        message = "the deadline passed before the response head had come"
    else:
        message = "the deadline passed before the whole response body had come"
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


def _reason(error: Exception) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return error.verify_message
    if isinstance(error, ssl.SSLError):
        return error.reason or "protocol error"
    if isinstance(error, socket.gaierror) and error.strerror:
        return error.strerror
    if isinstance(error, OSError) and error.errno:
        return os.strerror(error.errno)  # asyncio writes the address into its own
    return type(error).__name__
