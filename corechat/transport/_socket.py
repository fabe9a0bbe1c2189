"""ExchangeSocket: a socket that keeps the deadline of the exchange that it carries."""

import contextlib
import io
import socket
from typing import Any

from corechat.transport._contract import KIB
from corechat.transport._exchange import Exchange

_FREE_BYTES = 256 * KIB  # as much as a library may hold back
_FRAMING = 9  # bytes for one of the body, at most: chunks of one byte cost seven


class ExchangeSocket:
    """Send and receive within a deadline, and tell the exchange what was sent and received.

    A timeout of a library's own would start anew with every byte. Here a head has its bound, too,
    and so has the framing of a body. What is not defined here is the socket's own.

    Args:
        sock: connected, TLS included.
        exchange: the first one.
    """

    def __init__(self, sock: socket.socket, exchange: Exchange) -> None:
        self._sock = sock
        self._used = False
        self.begin(exchange)

    def begin(self, exchange: Exchange) -> None:
        """Begin with an exchange; the connection may have carried others."""
        self._exchange = exchange
        self._received = 0
        exchange.reused = self._used

    def sendall(self, data: bytes) -> None:
        """Send data, whole, as `socket.socket.sendall` does.

        Where the connection breaks, nothing is raised: an early answer may wait to be read.
        """
        self._set_timeout()  # it holds for the data as a whole
        self._exchange.sent = self._used = True
        with contextlib.suppress(ConnectionError):
            self._sock.sendall(data)

    def recv(self, size: int) -> bytes:
        """Receive what there is, as `socket.socket.recv` does.

        Raises:
            OSError: the deadline passed (TimeoutError), or the connection broke.
            TransportFailure: the head is over its bound, or the body's framing has no end.
        """
        exchange = self._exchange
        if exchange.status is None:
            size = min(size, exchange.options.max_header_bytes - self._received)
            if size <= 0:
                raise exchange.too_large_head()
        elif self._received > _FREE_BYTES + _FRAMING * exchange.size:
            raise exchange.broken()
        self._set_timeout()
        data = self._sock.recv(size)
        self._received += len(data)
        exchange.received |= bool(data)
        exchange.ended = not data
        return data

    def makefile(self, *_: object, **__: object) -> io.BufferedReader:
        """Make a file to read from, as `socket.socket.makefile` does."""
        return io.BufferedReader(_Reader(self, self._sock.makefile("rb", buffering=0)))

    def settimeout(self, _: float | None) -> None:
        """Do nothing: the deadline holds."""

    def _set_timeout(self) -> None:
        if self._exchange.deadline.expired:
            raise TimeoutError
        self._sock.settimeout(self._exchange.deadline.remaining())

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
