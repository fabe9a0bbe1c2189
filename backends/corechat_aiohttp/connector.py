"""Connector: aiohttp's, with a Tap in every connection."""

from typing import TYPE_CHECKING
from weakref import WeakSet

import aiohttp
from aiohttp.connector import Connection
from aiohttp.tracing import Trace

from corechat_aiohttp.resolver import Resolver
from corechat_aiohttp.tap import Tap

if TYPE_CHECKING:
    from aiohttp import ClientTimeout
    from aiohttp.client_reqrep import ClientRequest


class Connector(aiohttp.TCPConnector):
    """Open connections, and hand out idle ones only while they are sound.

    Args:
        keepalive_expiry: seconds after which an idle connection is closed.
        max_header_bytes: the bound on a response head.

    Attributes:
        tap: the current request's connection, from the moment it has one.
    """

    def __init__(self, keepalive_expiry: float, max_header_bytes: int) -> None:
        super().__init__(  # pyright: ignore[reportUnknownMemberType] - aiohttp leaves a tuple open
            resolver=Resolver(),
            use_dns_cache=False,  # a cache would look up in a task that outlives the call
            keepalive_timeout=keepalive_expiry,
            limit=0,
        )
        self._max_header_bytes = max_header_bytes
        self._taps: WeakSet[Tap] = WeakSet()
        self.tap: Tap | None = None

    async def connect(
        self,
        req: "ClientRequest",
        traces: list[Trace],
        timeout: "ClientTimeout",  # noqa: ASYNC109 - aiohttp's signature
    ) -> Connection:
        """Give the connection for a request, an idle or a new one.

        Args:
            req: the request.
            traces: none.
            timeout: none; the caller keeps the time.

        Raises:
            ServerDisconnectedError: aiohttp wants to send the request a second time.
        """
        if self.tap is not None:
            raise aiohttp.ServerDisconnectedError
        while True:
            connection = await super().connect(req, traces, timeout)
            tap = self._tap(connection)
            if tap.reused and tap.is_stale():
                connection.close()
                continue
            tap.begin()
            self.tap = tap
            return connection

    def _tap(self, connection: Connection) -> Tap:
        transport = connection.transport
        if transport is None:  # lost between handshake and here
            connection.close()
            raise aiohttp.ServerDisconnectedError
        protocol = transport.get_protocol()
        if isinstance(protocol, Tap):
            return protocol
        inner = connection.protocol
        assert inner is not None  # noqa: S101 - it holds the transport
        tap = Tap(transport, inner, self._max_header_bytes)
        transport.set_protocol(tap)
        self._taps.add(tap)
        return tap

    def abort(self) -> None:
        """Drop every connection at once, without a TLS good-bye."""
        for tap in list(self._taps):
            tap.abort()
