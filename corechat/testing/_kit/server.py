"""LoopbackServer: a raw-socket server that does to every connection what a script says.

It speaks no HTTP of its own accord, so it can break every rule of it. It listens on 127.0.0.1 only,
records what it received, and stops cleanly within a bound.
"""

import contextlib
import socket
import ssl
import threading
import time
from collections.abc import Callable
from typing import Self

from corechat.testing._kit.connection import Connection, ReceivedRequest, ScriptEnded

Script = Callable[[Connection], None]
"""What the server does with a connection; it is closed when the script returns."""

_CLOSING = 2.0


class LoopbackServer:
    """Serve on loopback: each connection by a script, in a thread of its own.

    Args:
        script: what to do with a connection.
        tls: the server's TLS context, or None for plain TCP.
        receive_buffer: the bytes that the kernel takes in ahead of the script, or None for the
            system's default.

    Attributes:
        received: every request whose head has been read, in that order.
        connections: every connection that was accepted, in that order.
        script_errors: what scripts raised; a mistake in a script, never the client's.
    """

    def __init__(
        self,
        script: Script,
        *,
        tls: ssl.SSLContext | None = None,
        receive_buffer: int | None = None,
    ) -> None:
        self.received: list[ReceivedRequest] = []
        self.connections: list[Connection] = []
        self.script_errors: list[Exception] = []
        self._script = script
        self._tls = tls
        self._stop = threading.Event()
        self._threads: list[threading.Thread] = []
        self._listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        if receive_buffer is not None:
            self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self._listener.bind(("127.0.0.1", 0))
        self._listener.listen(128)
        self.port: int = self._listener.getsockname()[1]
        self._acceptor = threading.Thread(target=self._accept, name="loopback-server", daemon=True)
        self._acceptor.start()

    @property
    def authority(self) -> str:
        """The server's host and port, as a Host field has them."""
        return f"127.0.0.1:{self.port}"

    @property
    def url(self) -> str:
        """The server's URL without a path."""
        return f"{'https' if self._tls else 'http'}://{self.authority}"

    def _accept(self) -> None:
        while True:
            try:
                sock, _ = self._listener.accept()
            except OSError:
                return
            if self._stop.is_set():
                sock.close()
                return
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            connection = Connection(sock, len(self.connections), self.received, self._stop)
            self.connections.append(connection)
            thread = threading.Thread(target=self._serve, args=(connection,), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _serve(self, connection: Connection) -> None:
        try:
            if self._tls is not None:
                connection.start_tls(self._tls)
            self._script(connection)
        except ScriptEnded:
            pass
        except Exception as error:  # noqa: BLE001 - kept for the one who wrote the script
            self.script_errors.append(error)
        finally:
            connection.close()

    def wait_for_requests(self, count: int, seconds: float = 2.0) -> bool:
        """Wait until so many requests have come, for so many seconds at most; tell if they have."""
        return self.wait_until(lambda: len(self.received) >= count, seconds)

    def wait_all_gone(self, seconds: float = 1.0) -> bool:
        """Wait until every client has gone, for so many seconds at most; tell if they have."""
        return self.wait_until(
            lambda: bool(self.connections) and all(one.gone_at for one in self.connections), seconds
        )

    @staticmethod
    def wait_until(condition: Callable[[], bool], seconds: float = 2.0) -> bool:
        """Wait until a condition holds, for so many seconds at most; tell if it does."""
        end = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > end:
                return False
            time.sleep(0.005)
        return True

    def abandon(self) -> None:
        """Close this process's handles only; for a forked child, which lacks the threads."""
        self._listener.close()
        for connection in self.connections:
            connection.abandon()

    def close(self) -> None:
        """Stop listening, end every script and close every connection. May be called twice."""
        if self._stop.is_set():
            return
        self._stop.set()
        with contextlib.suppress(OSError):  # wakes the thread that waits in accept
            socket.create_connection(("127.0.0.1", self.port), 1.0).close()
        self._acceptor.join(_CLOSING)
        self._listener.close()
        for connection in self.connections:
            connection.wake()
        end = time.monotonic() + _CLOSING
        for thread in self._threads:
            thread.join(max(0.0, end - time.monotonic()))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()
