"""A proxy that itself speaks TLS, and opens tunnels: TLS then runs inside TLS."""

import contextlib
import socket
import ssl
from collections.abc import Iterator
from functools import partial

from tests.httpx.listening import PATIENCE, listening
from tests.httpx.pump import pump


@contextlib.contextmanager
def tls_proxy(context: ssl.SSLContext, pause: float = 0) -> Iterator[str]:
    """Serve tunnels until the end.

    Args:
        context: the proxy's, with its certificate.
        pause: as in `pump`.

    Yields:
        Its URL.
    """
    with listening(partial(_serve, context=context, pause=pause)) as authority:
        yield f"https://{authority}"


def _serve(client: socket.socket, *, context: ssl.SSLContext, pause: float) -> None:
    with context.wrap_socket(client, server_side=True) as inside:
        head = b""
        while b"\r\n\r\n" not in head:
            head += inside.recv(65_536)
        host, _, port = head.split()[1].decode().rpartition(":")
        with socket.create_connection((host, int(port)), PATIENCE) as target:
            inside.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
            pump(inside, target, pause)
