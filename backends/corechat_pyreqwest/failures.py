"""What pyreqwest raises, as the failures of the contract."""

import re
import socket
import ssl

from pyreqwest.exceptions import PoolTimeoutError, RequestError, RequestTimeoutError

from corechat.transport import (
    ConnectionFailure,
    Exchange,
    TimeoutFailure,
    TooLargeFailure,
    TransportFailure,
    reasons,
)

_OS_ERROR = re.compile(r"\(os error ([0-9]+)\)")
_NO_ADDRESS = "failed to lookup address information: "
_CERTIFICATE = "invalid peer certificate: "
_CONNECTING = "client error (Connect)"
_TOO_LARGE = "message head is too large"
_TOO_MANY = "the response head has over 100 fields, or more bytes than pyreqwest takes"
_UNPARSED = " parsed"  # "invalid HTTP version parsed", and its like


def failure_from(error: RequestError, exchange: Exchange, max_connections: int) -> TransportFailure:
    """Turn an exception into a failure.

    Where pyreqwest does not tell how far the exchange had come, the failure says that the request
    was sent and that a byte of the response had come, so that nothing is paid twice.

    Args:
        error: what pyreqwest raised.
        exchange: how far the exchange had come.
        max_connections: how many requests may be under way at once.
    """
    causes = [cause["message"] for cause in error.details["causes"] or []]
    unsent = _CONNECTING in causes or isinstance(error, PoolTimeoutError)
    if not unsent:
        exchange.sent = exchange.received = True
    if isinstance(error, PoolTimeoutError):
        return exchange.failure(TimeoutFailure, reasons.none_free(max_connections))
    if isinstance(error, RequestTimeoutError):
        return exchange.late()
    if _TOO_LARGE in causes:
        return TooLargeFailure(_TOO_MANY, limit=exchange.options.max_header_bytes)
    if unsent:
        return _unconnected(causes, exchange)
    return exchange.failure(ConnectionFailure, _broken(causes, exchange))


def _broken(causes: list[str], exchange: Exchange) -> str:
    """Say how a connection broke."""
    if exchange.status is not None:
        return reasons.CUT
    if causes and causes[-1].endswith(_UNPARSED):
        return reasons.NOT_HTTP
    return reasons.lost(_system_error(causes))


def _unconnected(causes: list[str], exchange: Exchange) -> TransportFailure:
    """Say why there is no connection."""
    error: OSError | None = _system_error(causes)
    last, proxied = causes[-1], exchange.options.proxy is not None
    if last.startswith(_CERTIFICATE):
        error = ssl.SSLCertVerificationError()
        # what follows a semicolon are the names in the certificate
        error.verify_message = last.removeprefix(_CERTIFICATE).partition(";")[0]
    elif error is None and proxied:
        return exchange.failure(ConnectionFailure, reasons.refusing_proxy())
    elif last.startswith(_NO_ADDRESS):
        error = socket.gaierror(socket.EAI_NONAME, last.removeprefix(_NO_ADDRESS))
    elif error is None and exchange.request.url.startswith("https:"):
        error = ssl.SSLError()
    return exchange.failed(error or ConnectionError())


def _system_error(causes: list[str]) -> OSError | None:
    found = _OS_ERROR.search(causes[-1]) if causes else None
    return OSError(int(found[1]), "") if found else None
