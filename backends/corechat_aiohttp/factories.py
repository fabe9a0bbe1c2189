"""The factory of the backend ``aiohttp``."""

import sys
from functools import partial
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from corechat.errors import ConfigurationError
from corechat.transport import PooledTransport, Transport, TransportOptions, needs

if TYPE_CHECKING:
    from corechat_aiohttp.client_session import MakeSession


@needs("aiohttp", "corechat[aiohttp]")
def aiohttp(
    options: TransportOptions,
    *,
    max_connections: int = 100,
    keepalive_expiry: float = 30.0,
    session: "MakeSession | None" = None,
) -> Transport:
    """Make a transport on aiohttp.

    Args:
        options: what the core tells every transport.
        max_connections: how many calls may be on the wire at once, each on a connection of its
            own; a further one waits for its turn within its deadline.
        keepalive_expiry: seconds after which an idle connection is closed.
        session: makes a new `aiohttp.ClientSession`. It is called inside each event loop that the
            transport uses; the session is closed together with that loop.

    Raises:
        ConfigurationError: an option is wrong, the proxy is neither http nor https, or gevent or
            eventlet has patched the process.
    """
    green = _green_library()
    if green:
        raise ConfigurationError(
            f"The backend 'aiohttp' does not work in a process that {green} has patched: its green "
            "threads would run several event loops in one thread. Use the backend 'httpx'."
        )
    if session is not None and not callable(session):
        raise ConfigurationError(
            "session must be a callable that makes an aiohttp.ClientSession, since each event loop "
            f"needs one of its own, not a {type(session).__name__}: "
            "session=lambda: aiohttp.ClientSession(...)."
        )
    scheme = urlsplit(options.proxy).scheme if options.proxy else "http"
    if scheme not in {"http", "https"}:
        raise ConfigurationError(
            f"The backend 'aiohttp' goes through http and https proxies, not {scheme!r} ones. "
            "Use the backend 'httpx' for that proxy, or exempt the host in NO_PROXY."
        )
    from corechat_aiohttp.session import LoopSession  # noqa: PLC0415 - optional library

    make = partial(LoopSession, options, keepalive_expiry, session)
    return PooledTransport(
        options, make, max_connections=max_connections, keepalive_expiry=keepalive_expiry
    )


_PATCHED = (("gevent", "monkey", "is_module_patched"), ("eventlet", "patcher", "is_monkey_patched"))


def _green_library() -> str | None:
    """Name the library that has replaced what event loops wait with."""
    for name, module, asks in _PATCHED:
        loaded = sys.modules.get(f"{name}.{module}")
        if loaded is not None and getattr(loaded, asks)("select"):
            return name
    return None
