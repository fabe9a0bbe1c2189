"""What failures of the network are called, so that every transport says the same.

None of these words repeats what a server sent.
"""

import os
import socket
import ssl

from corechat.transport._contract import TransportOptions

NOT_HTTP = "the answer is not HTTP/1.1"
CLOSED = "the server closed the connection without a whole answer"
CUT = "the response body ended before it was whole, or its framing is broken"


def unknown_host(host: str, error: BaseException | None) -> str:
    """Say that a name leads nowhere.

    Args:
        host: the name.
        error: the system's.
    """
    return f"cannot resolve the host name {host!r}: {_reason(error)}"


def unreachable(host: str, port: int | None, error: BaseException | None) -> str:
    """Say that nobody could be connected to.

    Args:
        host: a name or an address.
        port: the port.
        error: the system's.
    """
    return f"cannot connect to {host}:{port}: {_reason(error)}"


def unreachable_proxy(error: BaseException | None) -> str:
    """Say that the proxy could not be connected to.

    Args:
        error: the system's.
    """
    return f"cannot connect to the proxy: {_reason(error)}"


def refusing_proxy(status: int | None = None) -> str:
    """Say that the proxy opens no tunnel.

    Args:
        status: that of its answer, if the library tells it.
    """
    return "the proxy refuses to connect" + (f", with status {status}" if status else "")


def insecure(host: str, error: BaseException | None) -> str:
    """Say that no TLS connection came about.

    Args:
        host: a name or an address.
        error: that of the TLS library.
    """
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"the certificate of {host} is not trusted: {_reason(error)}"
    return f"the TLS handshake with {host} failed: {_reason(error)}"


def lost(error: BaseException | None) -> str:
    """Say that a connection ended before the response's head had come.

    Args:
        error: the system's; None where the server closed it in an orderly way.
    """
    if isinstance(error, OSError) and error.errno:
        return f"the connection was lost: {_reason(error)}"
    return CLOSED


def late_to_connect(options: TransportOptions) -> str:
    """Say that connecting took too long.

    Args:
        options: where the bound on it stands.
    """
    seconds = options.connect_timeout
    return (
        f"no connection by the deadline, or within the {seconds:g} seconds allowed for connecting"
    )


def none_free(limit: int) -> str:
    """Say that a call waited for a connection until its deadline.

    Args:
        limit: how many there are at most.
    """
    return f"all {limit} connections (max_connections) were in use until the deadline"


def late_to_answer(status: int | None) -> str:
    """Say what the deadline cut off.

    Args:
        status: the response's, if its head had come.
    """
    awaited = "the response head" if status is None else "the whole response body"
    return f"the deadline passed before {awaited} had come"


def _reason(error: BaseException | None) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return error.verify_message.rstrip(".")
    if isinstance(error, ssl.SSLError):
        return error.reason or "protocol error"
    if isinstance(error, socket.gaierror) and error.strerror:
        return error.strerror
    if isinstance(error, OSError) and error.errno:
        return os.strerror(error.errno)  # some put the address into their own words
    return "it was closed" if error is None else type(error).__name__
