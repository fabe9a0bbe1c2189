"""Connection: what the author of a transport writes, how one request is carried."""

import select
from abc import ABC, abstractmethod
from typing import Any

from corechat.transport._exchange import Exchange

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
