"""The two factories. Each imports its library when it is called, not before."""

import importlib
from typing import Any, cast

from corechat.errors import ConfigurationError, MissingDependencyError
from corechat.transport import TransportOptions, needs
from corechat_httpx.transport import HttpcoreTransport


def httpx(
    options: TransportOptions,
    *,
    http2: bool = False,
    max_connections: int = 100,
    keepalive_expiry: float = 30.0,
) -> HttpcoreTransport:
    """Make a transport on httpx's engine, httpcore.

    Args:
        options: what the core tells every transport.
        http2: whether to offer HTTP/2 (https only). Calls then share connections, and a call may
            wait for another one to connect or to read, longer than its own deadline.
        max_connections: how many connections there are at most.
        keepalive_expiry: seconds after which an idle connection is not used again.
    """
    return _make("httpcore", options, http2, max_connections, keepalive_expiry)


@needs("httpx2", "corechat[httpx2]")
def httpx2(
    options: TransportOptions,
    *,
    http2: bool = False,
    max_connections: int = 100,
    keepalive_expiry: float = 30.0,
) -> HttpcoreTransport:
    """Make a transport on httpx2's engine, httpcore2.

    Args:
        options: what the core tells every transport.
        http2: whether to offer HTTP/2 (https only). Calls then share connections, and a call may
            wait for another one to connect or to read, longer than its own deadline.
        max_connections: how many connections there are at most.
        keepalive_expiry: seconds after which an idle connection is not used again.
    """
    return _make("httpcore2", options, http2, max_connections, keepalive_expiry)


def _make(
    module: str,
    options: TransportOptions,
    http2: bool,  # noqa: FBT001 - passed on by position
    max_connections: int,
    keepalive_expiry: float,
) -> HttpcoreTransport:
    engine = cast("Any", importlib.import_module(module))
    if http2:
        _need("h2", "http2=True", "http2")
    if options.proxy is not None and options.proxy.startswith("socks"):
        _need("socksio", "a SOCKS proxy", "socks")
    if max_connections < 1:
        raise ConfigurationError(f"max_connections must be at least 1, not {max_connections}.")
    return HttpcoreTransport(
        engine,
        options,
        http2=http2,
        max_connections=max_connections,
        keepalive_expiry=keepalive_expiry,
    )


def _need(module: str, what: str, extra: str) -> None:
    try:
        importlib.import_module(module)
    except ImportError:
        raise MissingDependencyError(
            f"{what} needs the library {module}: pip install 'corechat[{extra}]'"
        ) from None
