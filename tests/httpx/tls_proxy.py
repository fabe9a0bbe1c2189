"""A proxy that itself speaks TLS, and opens tunnels: TLS then runs inside TLS."""

import contextlib
import select
import socket
import ssl
import threading
from collections.abc import Iterator

_PATIENCE = 10.0


@contextlib.contextmanager
def tls_proxy(context: ssl.SSLContext) -> Iterator[str]:
    """Serve one tunnel.

    Args:
        context: the proxy's, with its certificate.

    Yields:
        Its URL.
    """
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(_PATIENCE)
        thread = threading.Thread(target=_serve, args=(listener, context), daemon=True)
        thread.start()
        yield f"https://127.0.0.1:{listener.getsockname()[1]}"
    thread.join(_PATIENCE)


def _serve(listener: socket.socket, context: ssl.SSLContext) -> None:
    client, _ = listener.accept()
    client.settimeout(_PATIENCE)
    with context.wrap_socket(client, server_side=True) as inside:
        head = b""
        while b"\r\n\r\n" not in head:
            head += inside.recv(65_536)
        host, _, port = head.split()[1].decode().rpartition(":")
        with socket.create_connection((host, int(port)), _PATIENCE) as target:
            inside.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
            with contextlib.suppress(OSError):
                _pump(inside, target)


def _pump(inside: ssl.SSLSocket, target: socket.socket) -> None:
    """Carry bytes both ways until one side ends."""
    while True:
        ready = [inside] if inside.pending() else select.select([inside, target], [], [], 10)[0]
        for source, sink in ((inside, target), (target, inside)):
            if source in ready:
                data = source.recv(65_536)
                if not data:
                    return
                sink.sendall(data)
