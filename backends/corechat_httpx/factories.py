"""The two factories: one code, which imports the library that it is asked for, not before."""

import os
from functools import partial
from importlib import import_module
from types import ModuleType
from typing import Any, cast

from corechat.errors import ConfigurationError, MissingDependencyError
from corechat.transport import Transport, TransportOptions, needs
from corechat_httpx import quiet
from corechat_httpx.tls import context_with
from corechat_httpx.transport import ClientTransport, PooledTransport

Certificate = str | os.PathLike[str] | tuple[str, str] | tuple[str, str, str]


def make(  # noqa: PLR0913 - the options of the backend
    library: str,
    options: TransportOptions,
    *,
    http_client: Any = None,
    http2: bool = False,
    cert: Certificate | None = None,
    max_connections: int | None = None,
    keepalive_expiry: float | None = None,
) -> Transport:
    """Make a transport over httpx or httpx2.

    Args:
        library: ``"httpx"`` or ``"httpx2"``.
        options: what the core tells every transport.
        http_client: the library's `Client`, made by the caller, which then sends the requests: with
            its authentication, event hooks, mounts, default headers and transport. It is never
            closed here. A call may outlast its deadline by one read, and a proxy of the environment
            is the client's own affair.
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
        given = {
            "http2": http2,
            "cert": cert is not None,
            "max_connections": max_connections is not None,
            "keepalive_expiry": keepalive_expiry is not None,
        }
        _check(http_client, client, [name for name, is_given in given.items() if is_given])
        return ClientTransport(client, options, http_client)
    if http2:
        _need("h2", "http2=True", "http2")
    if options.proxy is not None and options.proxy.startswith("socks"):
        _need("socksio", "a SOCKS proxy", "socks")
    if max_connections is not None and max_connections < 1:
        raise ConfigurationError(f"max_connections must be at least 1, not {max_connections}.")
    chain = (cert,) if isinstance(cert, str | os.PathLike) else cert
    return PooledTransport(
        client,
        options,
        context=None if chain is None else context_with(chain, options),
        http2=http2,
        max_connections=100 if max_connections is None else max_connections,
        keepalive_expiry=30.0 if keepalive_expiry is None else keepalive_expiry,
    )


httpx = partial(make, "httpx")
httpx2 = needs("httpx2", "corechat[httpx2]")(partial(make, "httpx2"))


def _check(http_client: object, library: ModuleType, beside: list[str]) -> None:
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
