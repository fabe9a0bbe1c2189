"""PooledTransport: connections, of which a subclass says how one works, lent to one call each."""

import os
import select
import threading
import time
import weakref
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable
from functools import partial
from typing import Any

from corechat._errors.before import ConfigurationError
from corechat._http.messages import HttpRequest, HttpResponse
from corechat.transport._contract import TransportOptions
from corechat.transport._deadline import Deadline
from corechat.transport._exchange import Exchange
from corechat.transport._factory import check_pool
from corechat.transport._failures import ConnectionFailure, TimeoutFailure, TransportFailure
from corechat.transport._process import PerProcess
from corechat.transport.reasons import late_to_answer, none_free

_INHERITED: list[object] = []
_NO_SOCKET = -1
_LOOK_AGAIN = 1.0  # seconds; nobody tells of an item that an interrupt lost


class Connection(ABC):
    """Carry one request at a time: a connection, or a session or handle of somebody's library.

    Attributes:
        errors: what the library raises where the network or the peer is to blame.
        socket: the socket or its descriptor, if known. Where bytes, or the end, have come while it
            was idle, it is not used again: they would be taken for the next response.
    """

    errors: tuple[type[Exception], ...] = (OSError,)
    socket: Any = _NO_SOCKET

    @abstractmethod
    def carry(self, exchange: Exchange) -> bool:
        """Send the request of an exchange, and read the response into it.

        Args:
            exchange: the request, its deadline, and what takes the response.

        Returns:
            Whether another request may follow.

        Raises:
            TransportFailure: the exchange failed.
            Exception: one of `errors`, which `failure` then turns into a failure.
        """

    @abstractmethod
    def close(self) -> None:
        """Close what is open. Called by any thread, after the last call."""

    def failure(self, error: Exception, exchange: Exchange) -> Exception:
        """Turn what `carry` raised, one of `errors`, into the failure to raise."""
        return exchange.failed(error)

    def is_usable(self) -> bool:
        """Say whether another request may be sent; by default whether `socket` is quiet."""
        number = self.socket if isinstance(self.socket, int) else self.socket.fileno()
        if number < 0:
            return True
        if getattr(self.socket, "pending", int)():  # in the memory of TLS
            return False
        if hasattr(select, "poll"):
            poll = select.poll()  # any number, where select() takes those under 1024
            poll.register(number, select.POLLIN)
            return not poll.poll(0)
        return not select.select([number], [], [], 0)[0]

    def abandon(self) -> None:
        """Let go of a parent's connection in a fork's child; it stays open for the parent."""
        _INHERITED.append(self)


class PooledTransport:
    """Send each request by a connection that is this call's alone.

    It is the one that was used last, or a new one. Each process has its own. A connection is closed
    after a failure or an interrupt, and when nobody refers to the transport any more.

    Args:
        options: what the core tells every transport.
        make: makes a connection, in no time; it must not refer to the transport.
        max_connections: how many there are at once; a further call waits within its deadline.
        keepalive_expiry: seconds after which an idle one is closed.

    Raises:
        ConfigurationError: one of the two is of the wrong kind, or out of range.
    """

    def __init__(
        self,
        options: TransportOptions,
        make: Callable[[], Connection],
        *,
        max_connections: int = 100,
        keepalive_expiry: float = 30.0,
    ) -> None:
        check_pool(max_connections, keepalive_expiry)
        self._options = options
        self._closed = False
        new_pool = partial(Pool, make, max_connections, keepalive_expiry)
        self._pools = PerProcess(new_pool, close=Pool.close, abandon=Pool.abandon)
        weakref.finalize(self, self._pools.close)  # at exit, too

    def send(self, request: HttpRequest, deadline: Deadline) -> HttpResponse:
        """Send the request and read the whole response, as `Transport.send` says."""
        if self._closed:
            raise ConfigurationError("This transport is closed.")
        exchange = Exchange(request, deadline, self._options)
        pool = self._pools.get()
        connection = pool.take(deadline)
        sound = False
        try:
            sound = connection.carry(exchange)
            response = exchange.response()
            sound = sound and not response.truncated
        except Exception as error:
            if not isinstance(error, (TransportFailure, *connection.errors)):
                raise
            failure = connection.failure(error, exchange)
        else:
            return response
        finally:
            pool.give_back(connection, sound=sound)
        raise failure  # outside the handler: its context would hold the request

    def close(self) -> None:
        """Close every connection: those of calls under way, when they end."""
        self._closed = True
        self._pools.close()


class Pool:
    """Lend each call the connection that was used last, or a new one.

    One that an interrupt loses does not count any more once it is collected.
    """

    def __init__(self, make: Callable[[], Connection], limit: int, expiry: float) -> None:
        self._make = make
        self._limit = limit
        self._expiry = expiry
        self._all: weakref.WeakSet[Connection] = weakref.WeakSet()
        self._idle: deque[tuple[Connection, float]] = deque()  # the longest idle one first
        self._waiting = 0
        self._freed = threading.Condition()
        self._closed = False

    def take(self, deadline: Deadline) -> Connection:
        """Take a connection, or wait for one until the deadline."""
        if deadline.expired:
            raise TimeoutFailure(late_to_answer(None), sent=False)
        while True:
            item = self._pop()  # without a lock: a deque's ends are safe from many threads
            if item is None:
                item = self._wait(deadline)
            if item.is_usable():
                return item
            self._drop(item)

    def give_back(self, item: Connection, *, sound: bool) -> None:
        """Give a connection back; one that is not sound is closed."""
        if not sound:
            self._drop(item)
            return
        now = time.monotonic()
        self._idle.append((item, now))
        if self._waiting:
            with self._freed:
                self._freed.notify()
        if self._closed or self._is_overdue(now - self._expiry):
            self._drain(now - self._expiry)

    def close(self) -> None:
        """Close all connections: those that are lent, when they come back."""
        self._closed = True
        self._drain()

    def abandon(self) -> None:
        """Let go of a parent's connections, in the child of a fork."""
        while (item := self._pop()) is not None:
            item.abandon()

    def _pop(self) -> Connection | None:
        try:
            return self._idle.pop()[0]
        except IndexError:
            return None

    def _wait(self, deadline: Deadline) -> Connection:
        with self._freed:
            self._waiting += 1  # first of all: who gives back appends first, then looks at this
            try:
                while (item := self._pop()) is None:
                    if len(self._all) < self._limit:
                        return self._new()
                    if deadline.expired:
                        raise TimeoutFailure(none_free(self._limit), sent=False)
                    self._freed.wait(min(deadline.remaining(), _LOOK_AGAIN))
                return item
            finally:
                self._waiting -= 1

    def _new(self) -> Connection:
        try:
            item = self._make()
        except OSError as error:
            reason = os.strerror(error.errno or 0)
        else:
            self._all.add(item)
            return item
        raise ConnectionFailure(f"no connection can be opened: {reason}", sent=False)

    def _is_overdue(self, before: float) -> bool:
        try:
            return self._idle[0][1] < before
        except IndexError:  # another thread took the last one
            return False

    def _drop(self, item: Connection) -> None:
        self._all.discard(item)
        item.close()
        with self._freed:
            self._freed.notify()

    def _drain(self, before: float = 0.0) -> None:
        """Close the connections that are idle since before a moment; all, if this is closed."""
        while True:
            try:
                item, since = self._idle.popleft()
            except IndexError:
                return
            if not self._closed and since >= before:
                self._idle.appendleft((item, since))
                return
            self._drop(item)
