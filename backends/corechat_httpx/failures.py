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
    if isinstance(error, library.InvalidURL):
        return ConfigurationError("The URL holds a character that HTTP does not allow.")
    if isinstance(error, library.LocalProtocolError) and not exchange.received:
        return ConfigurationError(
            "The method, or the name or value of a header, holds what HTTP does not allow."
        )
    if isinstance(error, library.TransportError):
        if error.__cause__ is None:  # a mock's, or of a transport that is not the library's
            return _in_its_words(error, library, exchange)
        return _of_network(error, library, exchange, options)
    leaked = type(error).__module__.partition(".")[0] in _PROTOCOLS
    if leaked or (isinstance(error, ValueError) and exchange.received):  # a status of letters
        return exchange.failure(ConnectionFailure, reasons.CLOSED)
    return None


def _in_its_words(error: Exception, library: ModuleType, exchange: Exchange) -> TransportFailure:
    before = (
        library.ConnectError | library.ConnectTimeout | library.PoolTimeout | library.ProxyError
    )
    exchange.sent = not isinstance(error, before | library.UnsupportedProtocol)
    is_late = isinstance(error, library.TimeoutException)
    words = f"{type(error).__name__}: {error}".rstrip(".")
    return exchange.failure(TimeoutFailure if is_late else ConnectionFailure, words)


def _of_network(
    error: Exception, library: ModuleType, exchange: Exchange, options: TransportOptions
) -> TransportFailure:
    if isinstance(error, library.ConnectTimeout | library.PoolTimeout):
        return TimeoutFailure(reasons.late_to_connect(options), sent=False)
    if isinstance(error, library.TimeoutException):
        return exchange.failure(TimeoutFailure, reasons.late_to_answer(exchange.status))
    root = error.__cause__.args[0] if error.__cause__ and error.__cause__.args else None
    if isinstance(error, library.ProxyError):
        return ConnectionFailure(_refusing_proxy(str(root)), sent=False)
    if isinstance(error, library.ConnectError | library.UnsupportedProtocol):
        return ConnectionFailure(f"cannot connect: {reasons.lost(root)}", sent=False)
    if exchange.status is not None:
        return exchange.failure(ConnectionFailure, reasons.CUT)
    hint = getattr(root, "error_status_hint", None)  # h11's; the other is h2's
    if hint == _TOO_LONG or type(root).__name__ == "DenialOfServiceError":
        return exchange.too_large_head()
    if isinstance(root, Exception) and not isinstance(root, OSError):
        return exchange.failure(ConnectionFailure, reasons.NOT_HTTP)
    # not in the library's words, which repeat the server, and perhaps the key
    return exchange.failure(ConnectionFailure, reasons.lost(root))


def _refusing_proxy(words: str) -> str:
    status = words[:3]
    if status.isascii() and status.isdigit():
        return reasons.refusing_proxy(int(status))
    return f"the proxy refuses to connect: {words.rstrip('.')}"
