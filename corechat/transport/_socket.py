"""ExchangeSocket: a socket that keeps the deadline of the call that it carries."""

import io
import socket
from typing import TYPE_CHECKING, Any

from corechat.transport._deadline import Deadline

if TYPE_CHECKING:
    from corechat.transport._exchange import Exchange


class ExchangeSocket:
    """Send and receive within a deadline, and tell the exchange what was sent and received.

    For a library that is given a socket: a timeout of the library's own would start anew with every
    byte. All that is not defined here is the socket's own.

    Args:
        sock: connected, TLS included.
        exchange: of the first call.
        deadline: of the first call.

    Attributes:
        ended: whether the peer has closed its side.
    """

    def __init__(self, sock: socket.socket, exchange: "Exchange", deadline: Deadline) -> None:
        self._sock = sock
        self._used = self.ended = False
        self.begin(exchange, deadline)

    def begin(self, exchange: "Exchange", deadline: Deadline) -> None:
        """Begin with a call; the connection may have carried others.

        Args:
            exchange: is told what was sent and received.
            deadline: by when all is sent and received.
        """
        self._exchange = exchange
        self._deadline = deadline
        exchange.reused = self._used

    def sendall(self, data: bytes) -> None:
        """Send data, whole.

        Args:
            data: what to send.

        Raises:
            TimeoutError: the deadline passed.
            OSError: the connection broke.
        """
        self._set_timeout()  # it holds for the data as a whole
        self._exchange.sent = self._used = True
        self._sock.sendall(data)

    def recv(self, size: int) -> bytes:
        """Receive what there is.

        Args:
            size: how many bytes at most.

        Returns:
            At least one byte; nothing at the end.

        Raises:
            TimeoutError: the deadline passed.
            OSError: the connection broke.
        """
        self._set_timeout()
        return self._came(self._sock.recv(size))

    def makefile(self, *_: object, **__: object) -> io.BufferedReader:
        """Make a file to read from, as `socket.socket.makefile` does."""
        return io.BufferedReader(_Reader(self, self._sock.makefile("rb", buffering=0)))

    def _set_timeout(self) -> None:
        if self._deadline.expired:
            raise TimeoutError
        self._sock.settimeout(self._deadline.remaining())

    def _came(self, data: bytes) -> bytes:
        if data:
            self._exchange.received = True
        else:
            self.ended = True
        return data

    def __getattr__(self, name: str) -> Any:
        return getattr(self._sock, name)


class _Reader(io.RawIOBase):
    """Read from the socket; it stays open as long as this does."""

    def __init__(self, owner: ExchangeSocket, raw: io.RawIOBase) -> None:
        self._owner = owner
        self._raw = raw

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        data = self._owner.recv(len(buffer))
        buffer[: len(data)] = data
        return len(data)

    def close(self) -> None:
        self._raw.close()
        super().close()
