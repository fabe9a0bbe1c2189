"""BlackHole: an address on loopback that neither accepts nor refuses a connection."""

import contextlib
import select
import socket

from corechat.testing._kit.expectations import NotApplicable

_MOST = 16
_SETTLE = 0.15


class BlackHole(contextlib.ExitStack):
    """A listener with a full backlog, so that attempts to connect stay without an answer.

    Attributes:
        port: where it listens.
        url: the URL of this address, without a path.
    """

    def __init__(self) -> None:
        super().__init__()
        listener = self.enter_context(socket.socket(socket.AF_INET, socket.SOCK_STREAM))
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        self.port: int = listener.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        for _ in range(_MOST):
            sock = self.enter_context(socket.socket(socket.AF_INET, socket.SOCK_STREAM))
            sock.settimeout(0.0)
            sock.connect_ex(("127.0.0.1", self.port))
            if not select.select([], [sock], [], _SETTLE)[1]:
                return
        self.close()
        raise NotApplicable("this system accepts connections beyond the backlog")
