"""A SOCKS5 proxy (RFC 1928), with or without a password (RFC 1929)."""

import contextlib
import socket
from collections.abc import Iterator
from functools import partial

from tests.httpx.listening import PATIENCE, listening
from tests.httpx.pump import pump

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
    with listening(partial(_serve, password=password, refuses=refuses)) as authority:
        yield authority


def _serve(client: socket.socket, *, password: str, refuses: bool) -> None:
    with contextlib.suppress(IndexError):  # the client may go at any time
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
