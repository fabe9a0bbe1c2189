"""What the library raises, as the failures of the contract."""

from corechat.errors import ConfigurationError, CorechatError
from corechat.transport import (
    ConnectionFailure,
    Exchange,
    TimeoutFailure,
    TransportFailure,
    TransportOptions,
    reasons,
)
from corechat_httpx.library import Library

_PROTOCOLS = frozenset({"h11", "h2", "hpack", "hyperframe", "socksio"})
"""Libraries below httpcore, which lets some of their exceptions pass."""

_TOO_LONG = 431  # what h11 suggests where its own buffer is full (RFC 6585 §5)


def failure_from(
    error: Exception, library: Library, exchange: Exchange, options: TransportOptions
) -> TransportFailure | CorechatError | None:
    """Turn an exception into a failure.

    Args:
        error: what was raised.
        library: httpx or httpx2.
        exchange: how far the call had come.
        options: where the bounds stand.

    Returns:
        The failure; None for an exception that does not speak of the network or the peer.
    """
    if isinstance(error, TransportFailure):
        error.__context__ = None  # it would lead to the request
        return error.with_traceback(None)
    if isinstance(error, CorechatError):
        return error
    if isinstance(error, library.client.TransportError):
        return _of_library(error, library, exchange, options)
    leaked = type(error).__module__.partition(".")[0] in _PROTOCOLS
    if leaked or (isinstance(error, ValueError) and exchange.received):  # a status not a number
        return exchange.failure(ConnectionFailure, reasons.CLOSED)
    if isinstance(error, library.client.InvalidURL):
        return ConfigurationError("The URL holds a character that HTTP does not allow.")
    return None


def _of_library(
    error: Exception, library: Library, exchange: Exchange, options: TransportOptions
) -> TransportFailure | CorechatError:
    client = library.client
    own = None if error.__cause__ is not None else f"{type(error).__name__}: {error}"
    if isinstance(error, client.PoolTimeout):
        return TimeoutFailure(own or "no connection became free", sent=False)
    if isinstance(error, client.ConnectTimeout):
        return TimeoutFailure(own or reasons.late_to_connect(options), sent=False)
    if isinstance(error, client.ConnectError | client.UnsupportedProtocol):
        return ConnectionFailure(own or f"cannot connect: {error}", sent=False)
    if isinstance(error, client.ProxyError):
        return ConnectionFailure(own or _refusing_proxy(str(error)), sent=False)
    if isinstance(error, client.LocalProtocolError) and not exchange.received:
        return ConfigurationError(
            "The method, or the name or value of a header, holds what HTTP does not allow."
        )
    if own is not None:
        exchange.sent = True  # a mock's, or of a transport that tells nothing of the network
    if isinstance(error, client.TimeoutException):
        return exchange.failure(TimeoutFailure, own or reasons.late_to_answer(exchange.status))
    root = error.__cause__.args[0] if error.__cause__ and error.__cause__.args else None
    is_head = exchange.status is None
    if is_head and _is_too_long(root):
        return exchange.too_large_head()
    return exchange.failure(ConnectionFailure, own or (_broken(root) if is_head else reasons.CUT))


def _is_too_long(root: object) -> bool:
    hint = getattr(root, "error_status_hint", None)
    return hint == _TOO_LONG or type(root).__name__ == "DenialOfServiceError"  # h11's, h2's


def _broken(root: object) -> str:
    """Say what happened; the library's own words repeat the server, and perhaps the key."""
    if isinstance(root, OSError):
        return reasons.lost(root)
    return reasons.NOT_HTTP if isinstance(root, Exception) else reasons.CLOSED


def _refusing_proxy(words: str) -> str:
    status = words[:3]
    if status.isascii() and status.isdigit():
        return reasons.refusing_proxy(int(status))
    return f"the proxy refuses to connect: {words.rstrip('.')}"
