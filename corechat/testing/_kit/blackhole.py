"""BlackHole: an address on loopback that neither accepts nor refuses a connection."""

import contextlib
import select
import socket
from typing import Self

from corechat.testing._kit.expectations import NotApplicable

_MOST = 16
_SETTLE = 0.15


class BlackHole:
    """A listener with a full backlog, so that attempts to connect stay without an answer."""

    def __init__(self) -> None:
        self._sockets: list[socket.socket] = []
        listener = self._add()
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        self.port: int = listener.getsockname()[1]
        for _ in range(_MOST):
            if not self._connects():
                return
        self.close()
        raise NotApplicable("this system accepts connections beyond the backlog")

    @property
    def url(self) -> str:
        """The URL of this address, without a path."""
        return f"http://127.0.0.1:{self.port}"

    def _connects(self) -> bool:
        sock = self._add()
        sock.settimeout(0.0)
        sock.connect_ex(("127.0.0.1", self.port))
        return bool(select.select([], [sock], [], _SETTLE)[1])

    def _add(self) -> socket.socket:
        sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        self._sockets.append(sock)
        return sock

    def close(self) -> None:
        """Close the listener and every connection that fills its backlog."""
        for sock in self._sockets:
            with contextlib.suppress(OSError):
                sock.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()
