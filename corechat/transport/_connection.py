"""PooledTransport: a transport made of connections, of which an author writes how one works."""

import select
import weakref
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any

from corechat._http.messages import HttpRequest, HttpResponse
from corechat.errors import ConfigurationError
from corechat.transport._contract import TransportOptions
from corechat.transport._deadline import Deadline
from corechat.transport._exchange import Exchange
from corechat.transport._failures import TransportFailure
from corechat.transport._pool import Pool
from corechat.transport._process import PerProcess

_INHERITED: list[object] = []
_NO_SOCKET = -1


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
        """Turn one of `errors` into the failure to raise; by default `Exchange.failed`.

        Args:
            error: what `carry` raised.
            exchange: how far it had come.
        """
        return exchange.failed(error)

    def is_usable(self) -> bool:
        """Say whether another request may be sent; by default whether `socket` is quiet."""
        number = self.socket if isinstance(self.socket, int) else self.socket.fileno()
        if number < 0:
            return True
        if hasattr(select, "poll"):
            poll = select.poll()  # any number, where select() takes those under 1024
            poll.register(number, select.POLLIN)
            return not poll.poll(0)
        return not select.select([number], [], [], 0)[0]

    def abandon(self) -> None:
        """Let go of a parent's connection, in the child of a fork; by default it stays open.

        To close it might say good-bye to the server, and the parent uses it still.
        """
        _INHERITED.append(self)


class PooledTransport:
    """Send each request by a connection that no other call uses.

    It is the one that was used last, or a new one. Each process has its own. A connection is closed
    after a failure or an interrupt, and when nobody refers to the transport any more.

    Args:
        options: what the core tells every transport.
        make: makes a connection, in no time; it must not refer to the transport.
        limit: how many connections there are at most; a further call waits within its deadline.
        expiry: seconds after which an idle one is closed.
    """

    def __init__(
        self,
        options: TransportOptions,
        make: Callable[[], Connection],
        *,
        limit: int = 100,
        expiry: float = 30.0,
    ) -> None:
        self._options = options
        self._closed = False
        self._pools = PerProcess(
            lambda: Pool(make, limit, expiry), close=Pool.close, abandon=Pool.abandon
        )
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
