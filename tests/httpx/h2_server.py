"""A server that speaks HTTP/2 over TLS, or says that it does not."""

import contextlib
import socket
import ssl
from collections.abc import Callable, Iterator
from functools import partial

import h2.config
import h2.connection
import h2.events

from tests.httpx.listening import listening

Answer = Callable[[h2.connection.H2Connection, int, bytes], None]
"""What to do when a request is whole: the connection, the stream's number and the body."""


@contextlib.contextmanager
def h2_server(context: ssl.SSLContext, answer: Answer) -> Iterator[tuple[str, list[str]]]:
    """Serve connections until the end.

    Args:
        context: the server's, with its certificate.
        answer: answers a request.

    Yields:
        Its URL, and for every connection the protocol that was chosen (RFC 7301).
    """
    context.set_alpn_protocols(["h2"])
    chosen: list[str] = []
    with listening(partial(_serve, context=context, answer=answer, chosen=chosen)) as authority:
        yield f"https://{authority}", chosen


def _serve(
    client: socket.socket, *, context: ssl.SSLContext, answer: Answer, chosen: list[str]
) -> None:
    with context.wrap_socket(client, server_side=True) as secure:
        chosen.append(secure.selected_alpn_protocol() or "")
        peer = h2.connection.H2Connection(h2.config.H2Configuration(client_side=False))
        peer.initiate_connection()
        bodies: dict[int, bytes] = {}
        while True:
            secure.sendall(peer.data_to_send())
            data = secure.recv(65_536)
            if not data:
                return
            for event in peer.receive_data(data):
                if isinstance(event, h2.events.DataReceived):
                    bodies[event.stream_id] = bodies.get(event.stream_id, b"") + event.data
                    size = event.flow_controlled_length
                    peer.acknowledge_received_data(size, event.stream_id)
                elif isinstance(event, h2.events.StreamEnded):
                    answer(peer, event.stream_id, bodies.pop(event.stream_id, b""))
