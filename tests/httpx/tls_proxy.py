"""A proxy that itself speaks TLS, and opens tunnels: TLS then runs inside TLS."""

import contextlib
import socket
import ssl
import threading
from collections.abc import Iterator

from tests.httpx.pump import PATIENCE, pump


@contextlib.contextmanager
def tls_proxy(context: ssl.SSLContext) -> Iterator[str]:
    """Serve one tunnel.

    Args:
        context: the proxy's, with its certificate.

    Yields:
        Its URL.
    """
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(PATIENCE)
        thread = threading.Thread(target=_serve, args=(listener, context), daemon=True)
        thread.start()
        yield f"https://127.0.0.1:{listener.getsockname()[1]}"
    thread.join(PATIENCE)


def _serve(listener: socket.socket, context: ssl.SSLContext) -> None:
    client, _ = listener.accept()
    client.settimeout(PATIENCE)
    with context.wrap_socket(client, server_side=True) as inside:
        head = b""
        while b"\r\n\r\n" not in head:
            head += inside.recv(65_536)
        host, _, port = head.split()[1].decode().rpartition(":")
        with socket.create_connection((host, int(port)), PATIENCE) as target:
            inside.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
            pump(inside, target)
