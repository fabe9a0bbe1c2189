"""Make a transport from the options of the backend, or say which of them cannot be kept."""

import importlib
import inspect
import os
import ssl
from typing import Any

from corechat.errors import ConfigurationError, MissingDependencyError
from corechat.transport import Transport, TransportOptions
from corechat.transport._tls import new_context
from corechat_httpx.client_transport import ClientTransport
from corechat_httpx.library import Library
from corechat_httpx.quiet import QUIET
from corechat_httpx.transport import HttpxTransport

Certificate = str | tuple[str, str] | tuple[str, str, str]
"""A client's certificate: one PEM file, or certificate and key, or these and the key's password."""

_MAX_CONNECTIONS = 100
_KEEPALIVE_EXPIRY = 30.0


def make(
    name: str,
    options: TransportOptions,
    *,
    http_client: Any,
    http2: bool,
    cert: Certificate | None,
    max_connections: int | None,
    keepalive_expiry: float | None,
) -> Transport:
    """Make a transport.

    Args:
        name: ``"httpx"`` or ``"httpx2"``.
        options: what the core tells every transport.
        http_client: the caller's own client, or None.
        http2: whether to offer HTTP/2.
        cert: the client's certificate, or None.
        max_connections: how many connections there are at most, or None for the default.
        keepalive_expiry: seconds after which an idle connection is not used, or None likewise.

    Raises:
        ConfigurationError: an option is of the wrong kind, or cannot stand beside another.
        MissingDependencyError: a library that an option needs is not installed.
    """
    library = Library.load(name)
    QUIET.install()
    if http_client is not None:
        settings = {
            "http2": http2 or None,
            "cert": cert,
            "max_connections": max_connections,
            "keepalive_expiry": keepalive_expiry,
        }
        _check_client(http_client, library, [key for key in settings if settings[key] is not None])
        return ClientTransport(library, options, http_client)
    if http2:
        _need("h2", "http2=True", "http2")
    if options.proxy is not None and options.proxy.startswith("socks"):
        _need("socksio", "a SOCKS proxy", "socks")
    if max_connections is not None and max_connections < 1:
        raise ConfigurationError(f"max_connections must be at least 1, not {max_connections}.")
    return HttpxTransport(
        library,
        options,
        context=None if cert is None else _own_context(cert, options),
        http2=http2,
        max_connections=max_connections or _MAX_CONNECTIONS,
        keepalive_expiry=_KEEPALIVE_EXPIRY if keepalive_expiry is None else keepalive_expiry,
    )


def _check_client(client: object, library: Library, beside: list[str]) -> None:
    name = library.name
    if not isinstance(client, library.client.Client):
        kind = client if inspect.isclass(client) else type(client)
        what = f"the class {kind.__name__}" if inspect.isclass(client) else f"a {kind.__name__}"
        origin = kind.__module__.partition(".")[0]
        raise ConfigurationError(
            f"http_client= of the backend {name!r} must be an {name}.Client, which sends "
            f"synchronously, not {what} of {origin}."
        )
    if client.is_closed:
        raise ConfigurationError(f"http_client= is an {name}.Client that is closed already.")
    if beside:
        raise ConfigurationError(
            f"http_client= brings its own connections, so that {'=, '.join(beside)}= cannot be "
            f"kept beside it: give that to the {name}.Client, or leave http_client= out."
        )


def _own_context(cert: Certificate, options: TransportOptions) -> ssl.SSLContext:
    """Make a TLS context that shows a certificate of the client's."""
    parts = (cert,) if isinstance(cert, str | os.PathLike) else tuple(cert)
    context = new_context(options.ca_file, options.ca_dir)
    try:
        context.load_cert_chain(*parts)
    except (OSError, TypeError) as error:  # ssl.SSLError is an OSError
        reason = getattr(error, "strerror", None) or "it must be a path, or a tuple of two or three"
        raise ConfigurationError(
            f"The client's certificate cert= cannot be used: {reason}."
        ) from None
    return context


def _need(module: str, what: str, extra: str) -> None:
    try:
        importlib.import_module(module)
    except ImportError:
        raise MissingDependencyError(
            f"{what} needs the library {module}: pip install 'corechat[{extra}]'"
        ) from None
