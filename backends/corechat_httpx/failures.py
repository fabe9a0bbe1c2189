"""What the library raises, as the failures of the contract."""

from types import ModuleType

from corechat.errors import ConfigurationError
from corechat.transport import (
    ConnectionFailure,
    Exchange,
    TimeoutFailure,
    TransportFailure,
    reasons,
)

# libraries below httpcore, which lets some of their exceptions pass
_PROTOCOLS = frozenset({"h11", "h2", "hpack", "hyperframe", "socksio"})


def failure_from(error: Exception, library: ModuleType, exchange: Exchange) -> Exception:
    """Turn an exception into a failure, if it speaks of the network or the peer."""
    if isinstance(error, TransportFailure):  # by our network
        return exchange.failed(error)
    refused = isinstance(error, library.LocalProtocolError) and not exchange.received
    if refused or isinstance(error, library.InvalidURL):
        return ConfigurationError("The URL, method or a header holds what HTTP does not allow.")
    if isinstance(error, library.TransportError):
        return _of_library(error, library, exchange)
    leaked = type(error).__module__.partition(".")[0] in _PROTOCOLS
    if leaked or (isinstance(error, ValueError) and exchange.received):  # a status of letters
        return exchange.failure(ConnectionFailure, reasons.CLOSED)
    return error


def _of_library(error: Exception, library: ModuleType, exchange: Exchange) -> TransportFailure:
    to_connect = isinstance(error, library.ConnectTimeout | library.PoolTimeout)
    is_refused = isinstance(error, library.ProxyError)
    is_unreached = to_connect or is_refused
    if is_unreached or isinstance(error, library.ConnectError | library.UnsupportedProtocol):
        exchange.sent = False
    elif error.__cause__ is None:
        exchange.sent = True  # as far as can be known
    root = error.__cause__.args[0] if error.__cause__ and error.__cause__.args else None
    words = None
    if error.__cause__ is None:  # a mock's, or of a transport that is not the library's
        words = f"{type(error).__name__}: {error}".rstrip(".")
    elif to_connect:
        words = reasons.late_to_connect(exchange.options)
    if isinstance(error, library.TimeoutException):
        return exchange.failure(TimeoutFailure, words or reasons.late_to_answer(exchange.status))
    hint = getattr(root, "error_status_hint", None)  # h11's; h2 has a class for it
    is_too_long = hint == 431 or type(root).__name__ == "DenialOfServiceError"  # noqa: PLR2004 - RFC 6585 §5
    if is_too_long and exchange.status is None:
        return exchange.too_large_head()
    return exchange.failure(ConnectionFailure, words or _broken(root, exchange, refused=is_refused))


def _broken(root: object, exchange: Exchange, *, refused: bool) -> str:
    """Say what happened; the library's own words repeat the server, and perhaps the key."""
    if refused:
        if (status := str(root)[:3]).isdecimal() and status.isascii():
            return reasons.refusing_proxy(int(status))
        return f"the proxy refuses to connect: {root}".rstrip(".")  # the library's, for SOCKS
    if exchange.status is not None:
        return reasons.CUT
    if isinstance(root, Exception) and not isinstance(root, OSError):
        return reasons.NOT_HTTP
    return reasons.lost(root if isinstance(root, OSError) else None)
