"""What pyreqwest raises, as the failures of the contract."""

import re
import socket
import ssl
from urllib.parse import urlsplit

from pyreqwest.exceptions import PoolTimeoutError, RequestError, RequestTimeoutError

from corechat.transport import (
    ConnectionFailure,
    Exchange,
    TimeoutFailure,
    TooLargeFailure,
    TransportFailure,
    TransportOptions,
    reasons,
)

_OS_ERROR = re.compile(r"\(os error ([0-9]+)\)")
_NO_ADDRESS = "failed to lookup address information: "
_CERTIFICATE = "invalid peer certificate: "
_CONNECTING = "client error (Connect)"
_TOO_LARGE = "message head is too large"
_TOO_MANY = "the response head has over 100 fields, or more bytes than pyreqwest takes"
_UNPARSED = " parsed"  # "invalid HTTP version parsed", and its like


def failure_from(
    error: RequestError,
    exchange: Exchange,
    url: str,
    options: TransportOptions,
    max_connections: int,
) -> TransportFailure:
    """Turn an exception into a failure.

    Where pyreqwest does not tell how far the exchange had come, the failure says that the request
    was sent and that a byte of the response had come, so that nothing is paid twice.

    Args:
        error: what pyreqwest raised.
        exchange: how far the exchange had come.
        url: that of the request.
        options: where the bounds stand.
        max_connections: how many requests may be under way at once.
    """
    causes = [cause["message"] for cause in error.details["causes"] or []]
    unsent = _CONNECTING in causes or isinstance(error, PoolTimeoutError)
    if not unsent:
        exchange.sent = exchange.received = True
    if isinstance(error, PoolTimeoutError):
        return exchange.failure(TimeoutFailure, reasons.none_free(max_connections))
    if isinstance(error, RequestTimeoutError):
        late = reasons.late_to_answer(exchange.status)
        words = reasons.late_to_connect(options) if unsent else late
        return exchange.failure(TimeoutFailure, words)
    if _TOO_LARGE in causes:
        return TooLargeFailure(_TOO_MANY, limit=options.max_header_bytes)
    words = _unconnected(causes, url, options) if unsent else _broken(causes, exchange)
    return exchange.failure(ConnectionFailure, words)


def _broken(causes: list[str], exchange: Exchange) -> str:
    """Say how a connection broke."""
    if exchange.status is not None:
        return reasons.CUT
    if causes and causes[-1].endswith(_UNPARSED):
        return reasons.NOT_HTTP
    return reasons.lost(_system_error(causes))


def _unconnected(causes: list[str], url: str, options: TransportOptions) -> str:
    """Say why there is no connection."""
    parts, last = urlsplit(url), causes[-1]
    host = parts.hostname or ""
    system = _system_error(causes)
    if last.startswith(_CERTIFICATE):
        distrust = ssl.SSLCertVerificationError()
        # what follows a semicolon are the names in the certificate
        distrust.verify_message = last.removeprefix(_CERTIFICATE).partition(";")[0]
        return reasons.insecure(host, distrust)
    if options.proxy is not None:
        return reasons.unreachable_proxy(system) if system else reasons.refusing_proxy()
    if last.startswith(_NO_ADDRESS):
        reason = last.removeprefix(_NO_ADDRESS)
        return reasons.unknown_host(host, socket.gaierror(socket.EAI_NONAME, reason))
    if system is None and parts.scheme == "https":
        broken = ssl.SSLError()
        broken.reason = ""
        return reasons.insecure(host, broken)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    return reasons.unreachable(host, port, system)


def _system_error(causes: list[str]) -> OSError | None:
    found = _OS_ERROR.search(causes[-1]) if causes else None
    return OSError(int(found[1]), "") if found else None
