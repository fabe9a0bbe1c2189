"""What the library raises, as the failures of the contract."""

from types import ModuleType

from corechat.errors import ConfigurationError, CorechatError
from corechat.transport import (
    ConnectionFailure,
    Exchange,
    TimeoutFailure,
    TransportFailure,
    TransportOptions,
    reasons,
)

_PROTOCOLS = frozenset({"h11", "h2", "hpack", "hyperframe", "socksio"})
"""Libraries below httpcore, which lets some of their exceptions pass."""

_TOO_LONG = 431  # what h11 suggests where its own buffer is full (RFC 6585 §5)


def failure_from(
    error: Exception, library: ModuleType, exchange: Exchange, options: TransportOptions
) -> TransportFailure | CorechatError | None:
    """Turn an exception into a failure; None if it does not speak of the network or the peer."""
    if isinstance(error, TransportFailure):  # by our network
        error.__context__ = None  # it would lead to the request
        return error.with_traceback(None)
    refused = isinstance(error, library.LocalProtocolError) and not exchange.received
    if refused or isinstance(error, library.InvalidURL):
        return ConfigurationError("The URL, method or a header holds what HTTP does not allow.")
    if isinstance(error, library.TransportError):
        return _of_library(error, library, exchange, options)
    leaked = type(error).__module__.partition(".")[0] in _PROTOCOLS
    if leaked or (isinstance(error, ValueError) and exchange.received):  # a status of letters
        return exchange.failure(ConnectionFailure, reasons.CLOSED)
    return None


def _of_library(
    error: Exception, library: ModuleType, exchange: Exchange, options: TransportOptions
) -> TransportFailure:
    to_connect = isinstance(error, library.ConnectTimeout | library.PoolTimeout)
    is_refused = isinstance(error, library.ProxyError)
    if to_connect or is_refused or isinstance(error, library.ConnectError):
        exchange.sent = False
    root = error.__cause__.args[0] if error.__cause__ and error.__cause__.args else None
    words = None
    if error.__cause__ is None:  # a mock's, or of a transport that is not the library's
        words = f"{type(error).__name__}: {error}".rstrip(".")
    elif to_connect:
        words = reasons.late_to_connect(options)
    if isinstance(error, library.TimeoutException):
        return exchange.failure(TimeoutFailure, words or reasons.late_to_answer(exchange.status))
    hint = getattr(root, "error_status_hint", None)  # h11's; h2 has a class for it
    is_too_long = hint == _TOO_LONG or type(root).__name__ == "DenialOfServiceError"
    if is_too_long and exchange.status is None:
        return exchange.too_large_head()
    if words is None:
        words = _refusing_proxy(str(root)) if is_refused else _broken(root, exchange)
    return exchange.failure(ConnectionFailure, words)


def _broken(root: object, exchange: Exchange) -> str:
    """Say what happened; the library's own words repeat the server, and perhaps the key."""
    if exchange.status is not None:
        return reasons.CUT
    if isinstance(root, Exception) and not isinstance(root, OSError):
        return reasons.NOT_HTTP
    return reasons.lost(root if isinstance(root, OSError) else None)


def _refusing_proxy(words: str) -> str:
    status = words[:3]
    if status.isascii() and status.isdigit():
        return reasons.refusing_proxy(int(status))
    return f"the proxy refuses to connect: {words.rstrip('.')}"
