"""A SOCKS5 proxy (RFC 1928), with or without a password (RFC 1929)."""

import contextlib
import socket
import threading
from collections.abc import Iterator

from tests.httpx.pump import PATIENCE, pump

_GRANTED = b"\x05\x00\x00\x01\x00\x00\x00\x00\x00\x00"
_REFUSED = b"\x05\x02\x00\x01\x00\x00\x00\x00\x00\x00"


@contextlib.contextmanager
def socks_proxy(password: str = "", *, refuses: bool = False) -> Iterator[str]:
    """Serve tunnels until the end.

    Args:
        password: what to ask for; nothing for none.
        refuses: whether to open no tunnel.

    Yields:
        Host and port.
    """
    with socket.create_server(("127.0.0.1", 0)) as listener:
        arguments = (listener, password, refuses)
        thread = threading.Thread(target=_accept, args=arguments)
        thread.start()
        try:
            yield f"127.0.0.1:{listener.getsockname()[1]}"
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            thread.join(PATIENCE)


def _accept(listener: socket.socket, password: str, refuses: bool) -> None:  # noqa: FBT001 - by position
    with contextlib.suppress(OSError):
        while True:
            client, _ = listener.accept()
            client.settimeout(PATIENCE)
            arguments = (client, password, refuses)
            threading.Thread(target=_serve, args=arguments, daemon=True).start()


def _serve(client: socket.socket, password: str, refuses: bool) -> None:  # noqa: FBT001 - by position
    with client, contextlib.suppress(OSError, IndexError):  # the client may go at any time
        client.recv(client.recv(2)[1])  # the methods that it offers
        client.sendall(b"\x05\x02" if password else b"\x05\x00")
        if password:
            user = client.recv(client.recv(2)[1])
            said = client.recv(client.recv(1)[0])
            right = (user, said) == (b"user", password.encode())
            client.sendall(b"\x01\x00" if right else b"\x01\x01")
            if not right:
                return
        kind = client.recv(4)[3]
        host = client.recv(4 if kind == 1 else client.recv(1)[0])
        name = socket.inet_ntoa(host) if kind == 1 else host.decode()
        port = int.from_bytes(client.recv(2))
        if refuses:
            client.sendall(_REFUSED)
            return
        with socket.create_connection((name, port), PATIENCE) as target:
            client.sendall(_GRANTED)
            pump(client, target)
