"""The two factories. Each imports its library when it is called, not before."""

from typing import Any

from corechat.transport import Transport, TransportOptions, needs
from corechat_httpx.making import Certificate, make


def httpx(  # noqa: PLR0913 - the options of the backend
    options: TransportOptions,
    *,
    http_client: Any = None,
    http2: bool = False,
    cert: Certificate | None = None,
    max_connections: int | None = None,
    keepalive_expiry: float | None = None,
) -> Transport:
    """Make a transport over httpx.

    Args:
        options: what the core tells every transport.
        http_client: an `httpx.Client` of your own, which then sends the requests; it is not closed.
        http2: whether to offer HTTP/2 (https only).
        cert: the client's certificate: the path of a PEM file, or the paths of the certificate and
            of its key, or these two and the key's password.
        max_connections: how many connections there are at most; 100 by default.
        keepalive_expiry: seconds after which an idle connection is not used again; 30 by default.
    """
    return make(
        "httpx",
        options,
        http_client=http_client,
        http2=http2,
        cert=cert,
        max_connections=max_connections,
        keepalive_expiry=keepalive_expiry,
    )


@needs("httpx2", "corechat[httpx2]")
def httpx2(  # noqa: PLR0913 - as above
    options: TransportOptions,
    *,
    http_client: Any = None,
    http2: bool = False,
    cert: Certificate | None = None,
    max_connections: int | None = None,
    keepalive_expiry: float | None = None,
) -> Transport:
    """Make a transport over httpx2.

    Args:
        options: what the core tells every transport.
        http_client: an `httpx2.Client` of your own, which then sends the requests; it is not
            closed.
        http2: as of `httpx`, like all that follow.
        cert: as above.
        max_connections: as above.
        keepalive_expiry: as above.
    """
    return make(
        "httpx2",
        options,
        http_client=http_client,
        http2=http2,
        cert=cert,
        max_connections=max_connections,
        keepalive_expiry=keepalive_expiry,
    )
