"""Connections: each call gets a connection of its own, and gives it back.

The last one given back is lent first, in constant time, whatever their number; no lock is held
while anybody waits.
"""

import time
import weakref
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from queue import Empty, SimpleQueue

from corechat.errors import ConfigurationError
from corechat.transport import Deadline, HttpRequest, HttpResponse, TimeoutFailure
from corechat.transport._reasons import none_free
from corechat_httpx.connection import Connection
from corechat_httpx.endpoint import Endpoint


class Connections:
    """Lend connections, as many at once as allowed.

    Args:
        connect: makes a connection.
        most: how many there are at most.
        keepalive_expiry: seconds after which an idle connection is not used again.
    """

    def __init__(
        self, connect: Callable[[Endpoint], Connection], most: int, keepalive_expiry: float
    ) -> None:
        self._most = most
        self._connect = connect
        self._keepalive_expiry = keepalive_expiry
        self._idle: deque[tuple[float, Connection]] = deque()
        self._closed = False
        self._permits = Permits(most)

    def send(self, endpoint: Endpoint, request: HttpRequest, deadline: Deadline) -> HttpResponse:
        """Send a request on a connection that is free, or on a new one.

        Args:
            endpoint: where to.
            request: what.
            deadline: until when to wait for a connection.
        """
        head = endpoint.head(request)
        try:
            permit = self._permits.get(timeout=deadline.remaining())
        except Empty:
            raise TimeoutFailure(none_free(self._most), sent=False) from None
        try:
            if self._closed:
                raise ConfigurationError("This transport is closed.")
            connection = self._take(endpoint)
            try:
                response = connection.exchange(head, request.body)
            except BaseException:
                connection.close()
                raise
            self._give_back(connection)
            return response
        finally:
            permit.release()

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

    def _take(self, endpoint: Endpoint) -> Connection:
        fresh = time.monotonic() - self._keepalive_expiry
        while True:
            try:
                since, connection = self._idle.pop()
            except IndexError:
                return self._connect(endpoint)
            leads_there = since > fresh and connection.origin == endpoint.origin
            if leads_there and not connection.is_stale():
                return connection
            connection.close()

    def _give_back(self, connection: Connection) -> None:
        if not connection.reusable or self._closed:
            connection.close()
            return
        now = time.monotonic()
        self._idle.append((now, connection))
        with suppress(IndexError):  # another thread took the last one
            while now - self._idle[0][0] > self._keepalive_expiry:
                self._idle.popleft()[1].close()
        if self._closed:  # by another thread meanwhile, which may not have seen this one
            self.close()


class Permits(SimpleQueue["Permit"]):
    """The permits that nobody holds.

    Args:
        count: how many there are.
    """

    def __init__(self, count: int) -> None:
        super().__init__()
        for _ in range(count):
            self.put(Permit(weakref.ref(self)))


class Permit:
    """The right to use a connection; it goes home when it is released, or forgotten.

    Args:
        home: where to.
    """

    __slots__ = ("_home",)

    def __init__(self, home: "weakref.ref[Permits]") -> None:
        self._home: weakref.ref[Permits] | None = home

    def release(self) -> None:
        """Give it back. May be called more than once."""
        home, self._home = self._home, None
        permits = None if home is None else home()
        if home is not None and permits is not None:
            permits.put(Permit(home))

    def __del__(self) -> None:
        self.release()  # an interrupt can come between any two steps of a call
