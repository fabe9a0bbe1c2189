"""A proxy that itself speaks TLS, and opens tunnels: TLS then runs inside TLS."""

import contextlib
import socket
import ssl
import threading
from collections.abc import Iterator

from tests.httpx.pump import PATIENCE, pump


@contextlib.contextmanager
def tls_proxy(context: ssl.SSLContext, pause: float = 0) -> Iterator[str]:
    """Serve tunnels until the end.

    Args:
        context: the proxy's, with its certificate.
        pause: as in `pump`.

    Yields:
        Its URL.
    """
    with socket.create_server(("127.0.0.1", 0)) as listener:
        arguments = (listener, context, pause)
        thread = threading.Thread(target=_accept, args=arguments)
        thread.start()
        try:
            yield f"https://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            thread.join(PATIENCE)


def _accept(listener: socket.socket, context: ssl.SSLContext, pause: float) -> None:
    with contextlib.suppress(OSError):
        while True:
            client, _ = listener.accept()
            client.settimeout(PATIENCE)
            arguments = (client, context, pause)
            threading.Thread(target=_serve, args=arguments, daemon=True).start()


def _serve(client: socket.socket, context: ssl.SSLContext, pause: float) -> None:
    with contextlib.suppress(OSError), context.wrap_socket(client, server_side=True) as inside:
        head = b""
        while b"\r\n\r\n" not in head:
            head += inside.recv(65_536)
        host, _, port = head.split()[1].decode().rpartition(":")
        with socket.create_connection((host, int(port)), PATIENCE) as target:
            inside.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
            pump(inside, target, pause)
