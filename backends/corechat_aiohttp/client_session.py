"""The ClientSession of a loop: ours, or the one that the caller's own callable makes."""

import inspect
import socket
from collections.abc import Callable
from typing import TypeAlias

from aiohttp import ClientSession, DummyCookieJar, TCPConnector
from aiohttp.abc import AbstractResolver, ResolveResult

from corechat.errors import ConfigurationError
from corechat.transport import resolve
from corechat_aiohttp.loop import PrivateLoop

MakeSession: TypeAlias = Callable[[], ClientSession]


def open_session(loop: PrivateLoop, make: MakeSession | None, expiry: float) -> ClientSession:
    """Open a session in the loop, which runs: the caller's own if there is a way to make one."""
    if make is not None:
        return _own_session(loop, make)
    connector = TCPConnector(  # pyright: ignore[reportUnknownMemberType] - aiohttp leaves a tuple open
        resolver=_Resolver(loop),
        use_dns_cache=False,  # a cache would look up in a task that outlives the call
        keepalive_timeout=expiry,
    )
    return ClientSession(connector=connector, cookie_jar=DummyCookieJar())


def _own_session(loop: PrivateLoop, make: MakeSession) -> ClientSession:
    try:
        made: object = make()
    except Exception as error:
        raise _refusal(f"raised {type(error).__name__}") from error
    if inspect.iscoroutine(made):
        made.close()  # else Python warns of it
    if not isinstance(made, ClientSession):
        raise _refusal(f"gave a {type(made).__name__}")
    if made.closed or made._loop is not loop:  # noqa: SLF001 - `loop` warns
        raise _refusal("gave a session that is closed, or that belongs to another event loop")
    return made


def _refusal(what: str) -> ConfigurationError:
    return ConfigurationError(
        f"The callable given as session= {what}. Give one that makes a new aiohttp.ClientSession "
        "at each call: session=lambda: aiohttp.ClientSession(...)."
    )


class _Resolver(AbstractResolver):
    """Resolve within the bound on connecting, while the loop, which has one call, stands still."""

    def __init__(self, loop: PrivateLoop) -> None:
        self._loop = loop

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        known = {"hostname": host, "port": port, "family": family, "proto": 0, "flags": 0}
        found = resolve(host, port, self._loop.connect_by)
        return [ResolveResult(host=address, **known) for address in found]  # type: ignore[typeddict-item]

    async def close(self) -> None:
        """Do nothing: there is nothing to close."""
