"""The two factories: one code, which imports the library that it is asked for, not before."""

import os
import sys
from functools import lru_cache, partial
from importlib import import_module
from types import ModuleType
from typing import Any, cast

from corechat.errors import ConfigurationError, MissingDependencyError
from corechat.transport import PooledTransport, Transport, TransportOptions, needs
from corechat_httpx import quiet
from corechat_httpx.connection import HttpxConnection
from corechat_httpx.tls import context_with
from corechat_httpx.transport import ClientConnection, transport_maker


def make(  # noqa: PLR0913 - the options of the backend
    library: str,
    options: TransportOptions,
    *,
    http_client: Any = None,
    http2: bool = False,
    cert: str | os.PathLike[str] | tuple[str, ...] | None = None,
    max_connections: int | None = None,
    keepalive_expiry: float | None = None,
) -> Transport:
    """Make a transport over httpx or httpx2.

    Args:
        library: ``"httpx"`` or ``"httpx2"``.
        options: what the core tells every transport.
        http_client: the library's ``Client``, made by the caller, which then sends the requests
            with all that it brings, and is never closed here; a call may outlast its deadline by
            a read.
        http2: whether to offer HTTP/2, over https.
        cert: the client's certificate: the path of a PEM file; or the paths of certificate and key;
            or these two and the password of the key.
        max_connections: how many connections there are at most; 100 by default.
        keepalive_expiry: seconds after which an idle connection is not used again; 30 by default.

    Raises:
        ConfigurationError: an option is of the wrong kind, or cannot be kept beside another.
        MissingDependencyError: a library that an option needs is not installed.
    """
    client = import_module(library)
    quiet.install()
    if http_client is not None:
        own: dict[str, object] = {"http2": http2 or None, "cert": cert}
        own |= {"max_connections": max_connections, "keepalive_expiry": keepalive_expiry}
        _check(http_client, client, [name for name, value in own.items() if value is not None])
        own_client = partial(ClientConnection, client, http_client)  # it has its own limits
        return PooledTransport(options, own_client, max_connections=sys.maxsize)
    if http2:
        _need("h2", "http2=True", "http2")
    if options.proxy is not None and options.proxy.startswith("socks"):
        _need("socksio", "a SOCKS proxy", "socks")
    chain = (cert,) if isinstance(cert, str | os.PathLike) else cert
    expiry = 30.0 if keepalive_expiry is None else keepalive_expiry
    open_transport = transport_maker(
        client,
        options,
        context=None if chain is None else context_with(chain, options),
        http2=http2,
        keepalive_expiry=expiry,
    )
    connect = partial(HttpxConnection, client, options, lru_cache(16)(client.URL), open_transport)
    limit = 100 if max_connections is None else max_connections
    return PooledTransport(options, connect, max_connections=limit, keepalive_expiry=expiry)


httpx = partial(make, "httpx")
httpx2 = needs("httpx2", "corechat[httpx2]")(partial(make, "httpx2"))


def _check(http_client: Any, library: ModuleType, beside: list[str]) -> None:
    name = f"{library.__name__}.Client"
    if not isinstance(http_client, library.Client):
        kind = http_client if isinstance(http_client, type) else type(http_client)
        what = "the class" if kind is http_client else "an instance of"
        raise ConfigurationError(
            f"http_client= must be an instance of {name}, which sends synchronously, not {what} "
            f"{kind.__module__.partition('.')[0]}.{kind.__qualname__}."
        )
    if cast("Any", http_client).is_closed:
        raise ConfigurationError(f"http_client= is a {name} that is closed already.")
    if beside:
        raise ConfigurationError(
            f"{'=, '.join(beside)}= cannot be kept beside http_client=, which brings its own "
            f"connections: give that to the {name}, or leave http_client= out."
        )


def _need(module: str, what: str, extra: str) -> None:
    try:
        import_module(module)
    except ImportError:
        raise MissingDependencyError(
            f"{what} needs the library {module}: pip install 'corechat[{extra}]'"
        ) from None
