"""Resolver: host names to addresses, without holding anything up."""

import asyncio
import contextlib
import socket
import threading

from aiohttp.abc import AbstractResolver, ResolveResult


class Resolver(AbstractResolver):
    """Resolve in a daemon thread of its own.

    The thread pool that a loop brings along is joined when the interpreter exits; a name server
    that does not answer would hold the exit up for as long as the system's resolver waits.
    """

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """Resolve a host name.

        Args:
            host: the name.
            port: the port, passed through.
            family: the address family that is wanted.

        Returns:
            The addresses, in the system's order of preference.

        Raises:
            OSError: there are none.
        """
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[list[ResolveResult]] = loop.create_future()

        def settle(result: list[ResolveResult] | OSError) -> None:
            if answer.done():
                return
            if isinstance(result, OSError):
                answer.set_exception(result)
            else:
                answer.set_result(result)

        def look_up() -> None:
            result = _look_up(host, port, family)
            with contextlib.suppress(RuntimeError):  # the call gave up, and its loop was closed
                loop.call_soon_threadsafe(settle, result)

        threading.Thread(target=look_up, name="corechat-resolver", daemon=True).start()
        return await answer

    async def close(self) -> None:
        """Do nothing: a thread that still waits dies with the process."""


def _look_up(host: str, port: int, family: socket.AddressFamily) -> list[ResolveResult] | OSError:
    try:
        found = socket.getaddrinfo(host, port, family, socket.SOCK_STREAM)
    except OSError as error:
        return error
    except UnicodeError:  # a label that is empty or too long for IDNA
        return socket.gaierror(socket.EAI_NONAME, "the name is not valid")
    return [
        ResolveResult(
            hostname=host,
            host=str(address[0]),
            port=port,
            family=kind,
            proto=protocol,
            flags=socket.AI_NUMERICHOST | socket.AI_NUMERICSERV,
        )
        for kind, _, protocol, _, address in found
        if kind in {socket.AF_INET, socket.AF_INET6}
    ]
