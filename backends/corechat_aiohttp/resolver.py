"""Resolver: the common resolver, as aiohttp wants one."""

import asyncio
import contextlib
import socket

from aiohttp.abc import AbstractResolver, ResolveResult

from corechat.transport import look_up


class Resolver(AbstractResolver):
    """Resolve host names in daemon threads.

    The threads that a loop brings along are joined when the interpreter exits; a name server that
    does not answer would hold the exit up for as long as the system's resolver waits.
    """

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """Resolve a host name.

        Args:
            host: the name.
            port: the port, passed through.
            family: aiohttp's; it picks from the answer by itself.

        Returns:
            The addresses, in the system's order of preference.

        Raises:
            OSError: there are none.
        """
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[list[str] | OSError] = loop.create_future()

        def settle(found: list[str] | OSError) -> None:
            if not answer.done():
                answer.set_result(found)

        def deliver(found: list[str] | OSError) -> None:
            with contextlib.suppress(RuntimeError):  # the call gave up, and its loop was closed
                loop.call_soon_threadsafe(settle, found)

        look_up(host, port, deliver)
        found = await answer
        if isinstance(found, OSError):
            raise found
        return [_result(host, address, port) for address in found]

    async def close(self) -> None:
        """Do nothing: a thread that still waits dies with the process."""


def _result(host: str, address: str, port: int) -> ResolveResult:
    return ResolveResult(
        hostname=host,
        host=address,
        port=port,
        family=socket.AF_INET6 if ":" in address else socket.AF_INET,
        proto=socket.IPPROTO_TCP,
        flags=socket.AI_NUMERICHOST | socket.AI_NUMERICSERV,
    )
