"""Connections: each call gets a connection of its own, and gives it back.

The engine's own pool looks at every connection, idle ones by a system call, for every request, and
holds one lock meanwhile: with 64 threads four fifths of the time went there. Here the pool only
makes connections; the last one given back is lent first, in constant time. Calls over HTTP/2 share
connections, which only the engine's pool can do: they do not come here.
"""

import time
from collections import deque
from contextlib import suppress
from queue import Empty, SimpleQueue
from typing import Any

from corechat.errors import ConfigurationError
from corechat_httpx.engine import Connection, ConnectionPool, Engine, Response


class Connections:
    """Lend connections, as many at once as allowed.

    Args:
        engine: httpcore or httpcore2.
        pool: makes the connections, and knows their TLS, their proxy and their network.
        most: how many there are at most.
        keepalive_expiry: seconds after which an idle connection is not used again.
    """

    def __init__(
        self, engine: Engine, pool: ConnectionPool, most: int, keepalive_expiry: float
    ) -> None:
        self._engine = engine
        self._pool = pool
        self._keepalive_expiry = keepalive_expiry
        self._idle: deque[tuple[float, Connection]] = deque()
        self._closed = False
        self._permits: SimpleQueue[None] = SimpleQueue()
        for _ in range(most):
            self._permits.put(None)

    def handle_request(self, request: Any) -> "Lent":
        """Send a request on a connection that is free, or on a new one.

        Args:
            request: the engine's; its extension ``timeout`` says how long to wait for a connection.

        Returns:
            The response, of which the head has come; closing it gives the connection back.
        """
        permit = Permit(self._engine, self._permits, request.extensions["timeout"]["pool"])
        while True:
            if self._closed:
                raise ConfigurationError("This transport is closed.")
            connection, is_new = self._take(request.url.origin)
            try:
                return Lent(self, permit, connection, connection.handle_request(request))
            except self._engine.ConnectionNotAvailable:
                connection.close()
                if is_new:
                    raise self._engine.ConnectError("the new connection was closed") from None
            except BaseException:
                connection.close()
                raise

    def give_back(self, connection: Connection) -> None:
        """Take a connection back.

        Args:
            connection: what was lent; its response was closed.
        """
        if connection.is_idle() and not self._closed:
            now = time.monotonic()
            self._idle.append((now, connection))
            self._drop_expired(now)
            if self._closed:  # by another thread meanwhile, which may not have seen this one
                self.close()
        else:
            connection.close()

    def close(self) -> None:
        """Close every connection that is not lent; those that are, when they come back.

        A connection that another thread waits on is not closed under it: the system may give the
        descriptor's number to the next socket, on which that thread would then wait.
        """
        self._closed = True
        while True:
            try:
                _, connection = self._idle.pop()
            except IndexError:
                return
            connection.close()

    def _take(self, origin: Any) -> tuple[Connection, bool]:
        """Take a connection, and tell whether it is a new one."""
        fresh = time.monotonic() - self._keepalive_expiry
        while True:
            try:
                since, connection = self._idle.pop()
            except IndexError:
                break
            if since > fresh and connection.can_handle_request(origin):
                return connection, False
            connection.close()
        return self._pool.create_connection(origin), True

    def _drop_expired(self, now: float) -> None:
        with suppress(IndexError):  # another thread took the last one
            while now - self._idle[0][0] > self._keepalive_expiry:
                self._idle.popleft()[1].close()


class Permit:
    """The right to use a connection; it goes back when it is released, or forgotten.

    Args:
        engine: httpcore or httpcore2.
        permits: where it comes from.
        timeout: seconds to wait for one.
    """

    def __init__(self, engine: Engine, permits: "SimpleQueue[None]", timeout: float) -> None:
        self._permits: SimpleQueue[None] | None = None
        try:
            permits.get(timeout=max(0.0, timeout))
        except Empty:
            raise engine.PoolTimeout from None
        self._permits = permits

    def release(self) -> None:
        """Give it back. May be called more than once."""
        permits, self._permits = self._permits, None
        if permits is not None:
            permits.put(None)

    def __del__(self) -> None:
        self.release()  # an interrupt can come between any two steps of a call


class Lent:
    """A response on a connection that was lent.

    Args:
        lender: who gets it back.
        permit: the right to use it.
        connection: what was lent.
        response: what came on it.
    """

    def __init__(
        self, lender: Connections, permit: Permit, connection: Connection, response: Response
    ) -> None:
        self._lender = lender
        self._permit = permit
        self._connection = connection
        self._response = response
        self.status = response.status
        self.headers = response.headers
        self.extensions = response.extensions
        self.iter_stream = response.iter_stream

    def close(self) -> None:
        """Give the connection back, or close it if the body was not read to its end."""
        try:
            self._response.close()
            self._lender.give_back(self._connection)
        except BaseException:
            self._connection.close()
            raise
        finally:
            self._permit.release()
