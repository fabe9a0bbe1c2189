"""Carry bytes both ways between two connections, as a proxy does."""

import contextlib
import select
import socket
import ssl
import time

from tests.httpx.listening import PATIENCE


def pump(client: socket.socket, target: socket.socket, pause: float = 0) -> None:
    """Carry bytes until one side ends.

    Args:
        client: the one that asked; TLS or not.
        target: the other one.
        pause: seconds to wait before bytes are read, so that they come together.
    """
    sides = ((client, target), (target, client))
    with contextlib.suppress(OSError):
        while True:
            holds = isinstance(client, ssl.SSLSocket) and client.pending()
            ready = [client] if holds else select.select([client, target], [], [], PATIENCE)[0]
            if not ready:
                return
            time.sleep(pause)
            for source, sink in sides:
                if source in ready:
                    data = source.recv(65_536)
                    if not data:
                        return
                    sink.sendall(data)
