"""What failures of the network are called, so that every transport says the same.

A function takes the error of the system or of the TLS library; None stands for an orderly close.
None of these words repeats what a server sent.
"""

import os
import socket
import ssl

from corechat.transport._contract import TransportOptions

NOT_HTTP = "the answer is not HTTP/1.1"
CLOSED = "the server closed the connection without a whole answer"
CUT = "the response body ended before it was whole, or its framing is broken"


def unconnected(
    host: str, port: int | None, error: BaseException | None, options: TransportOptions
) -> str:
    """Say why there is no connection to a host, through a proxy or not."""
    if isinstance(error, ssl.SSLError):
        return insecure(host, error)
    if options.proxy is not None:
        return f"cannot connect to the proxy: {_reason(error)}"
    if isinstance(error, socket.gaierror):
        return unknown_host(host, error)
    return f"cannot connect to {host}:{port}: {_reason(error)}"


def unknown_host(host: str, error: BaseException | None) -> str:
    """Say that a name leads nowhere."""
    return f"cannot resolve the host name {host!r}: {_reason(error)}"


def refusing_proxy(status: int | None = None) -> str:
    """Say that the proxy opens no tunnel, and with which status if that is known."""
    return "the proxy refuses to connect" + (f", with status {status}" if status else "")


def insecure(host: str, error: BaseException | None) -> str:
    """Say that no TLS connection came about."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"the certificate of {host} is not trusted: {_reason(error)}"
    return f"the TLS handshake with {host} failed: {_reason(error)}"


def lost(error: BaseException | None) -> str:
    """Say that a connection ended before the response's head had come."""
    if isinstance(error, OSError) and error.errno:
        return f"the connection was lost: {_reason(error)}"
    return CLOSED


def late_to_connect(options: TransportOptions) -> str:
    """Say that connecting took too long."""
    within = f"within the {options.connect_timeout:g} seconds allowed for connecting"
    return f"no connection by the deadline, or {within}"


def none_free(limit: int) -> str:
    """Say that a call waited for one of so many connections until its deadline."""
    return f"all {limit} connections (max_connections) were in use until the deadline"


def late_to_answer(status: int | None) -> str:
    """Say what the deadline cut off, by the status if the response's head had come."""
    awaited = "the response head" if status is None else "the whole response body"
    return f"the deadline passed before {awaited} had come"


def _reason(error: BaseException | None) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return error.verify_message.rstrip(".")
    if isinstance(error, ssl.SSLError):
        return getattr(error, "reason", None) or "protocol error"
    if isinstance(error, socket.gaierror) and error.strerror:
        return error.strerror
    if isinstance(error, OSError) and error.errno:
        return os.strerror(error.errno)  # some put the address into their own words
    if error is None:
        return "it was closed"
    number = f" {error.args[0]}" if error.args and isinstance(error.args[0], int) else ""
    return type(error).__name__ + number  # its words may be the server's
