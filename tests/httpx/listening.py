"""Serve every connection in a thread of its own, until the end."""

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator

PATIENCE = 10.0
"""Seconds after which a server of the tests gives up."""

Serve = Callable[[socket.socket], None]


@contextlib.contextmanager
def listening(serve: Serve) -> Iterator[str]:
    """Listen on loopback.

    Args:
        serve: serves a connection; its errors of the network end it.

    Yields:
        Host and port.
    """
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=_accept, args=(listener, serve))
        thread.start()
        try:
            yield f"127.0.0.1:{listener.getsockname()[1]}"
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            thread.join(PATIENCE)


def _accept(listener: socket.socket, serve: Serve) -> None:
    with contextlib.suppress(OSError):
        while True:
            client, _ = listener.accept()
            client.settimeout(PATIENCE)
            threading.Thread(target=_served, args=(client, serve), daemon=True).start()


def _served(client: socket.socket, serve: Serve) -> None:
    with client, contextlib.suppress(OSError):
        serve(client)
