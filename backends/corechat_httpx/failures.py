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
    root = error.__cause__.args[0] if error.__cause__ and error.__cause__.args else None
    to_connect = isinstance(error, library.ConnectTimeout | library.PoolTimeout)
    is_late = isinstance(error, library.TimeoutException)
    if to_connect or isinstance(
        error, library.ConnectError | library.ProxyError | library.UnsupportedProtocol
    ):
        exchange.sent = False
    if error.__cause__ is None:  # a mock's, or of a transport that is not the library's
        words = f"{type(error).__name__}: {error}".rstrip(".")
    elif is_late:
        words = (
            reasons.late_to_connect(options)
            if to_connect
            else reasons.late_to_answer(exchange.status)
        )
    elif isinstance(error, library.ProxyError):
        words = _refusing_proxy(str(root))
    elif exchange.status is not None:
        words = reasons.CUT
    elif _is_too_long(root):
        return exchange.too_large_head()
    else:  # not the library's words, which repeat the server, and perhaps the key
        is_broken = isinstance(root, Exception) and not isinstance(root, OSError)
        words = reasons.NOT_HTTP if is_broken else reasons.lost(root)
    if is_late:
        return exchange.failure(TimeoutFailure, words)
    return exchange.failure(ConnectionFailure, words)


def _is_too_long(root: object) -> bool:
    hint = getattr(root, "error_status_hint", None)
    return hint == _TOO_LONG or type(root).__name__ == "DenialOfServiceError"  # h11's; h2's


def _refusing_proxy(words: str) -> str:
    status = words[:3]
    if status.isascii() and status.isdigit():
        return reasons.refusing_proxy(int(status))
    return f"the proxy refuses to connect: {words.rstrip('.')}"
