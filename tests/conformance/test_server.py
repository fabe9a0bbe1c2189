"""The loopback server does what its scripts say, records what came, and stops within a bound."""

import socket
import time

import pytest

from corechat.testing import Connection, LoopbackServer
from corechat.testing._kit.blackhole import BlackHole
from corechat.testing._kit.expectations import NotApplicable
from corechat.testing._kit.replies import reply
from corechat.testing._kit.scripts import always, echo, then_close, then_reset

REQUEST = b"POST /a?b=c HTTP/1.1\r\nHost: h\r\nX-Tag: 1\r\nx-tag: 2\r\nContent-Length: 3\r\n\r\nabc"


def connect(server: LoopbackServer) -> socket.socket:
    return socket.create_connection(("127.0.0.1", server.port), 5)


def read_all(sock: socket.socket) -> bytes:
    data = b""
    while part := sock.recv(65536):
        data += part
    return data


def test_it_records_requests_byte_for_byte() -> None:
    with LoopbackServer(then_close(reply(b"hi"))) as server, connect(server) as sock:
        sock.sendall(REQUEST)
        assert read_all(sock).endswith(b"\r\n\r\nhi")
        (received,) = server.received
    assert (received.method, received.target, received.body) == ("POST", "/a?b=c", b"abc")
    assert received.values("X-TAG") == ["1", "2"]
    assert received.head == REQUEST.partition(b"\r\n\r\n")[0]


def test_it_reads_chunked_requests() -> None:
    chunked = (
        b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n2;x=y\r\nab\r\n1\r\nc\r\n0\r\n\r\n"
    )
    with LoopbackServer(echo()) as server, connect(server) as sock:
        sock.sendall(chunked + REQUEST)
        assert server.wait_for_requests(2)
    assert [request.body for request in server.received] == [b"abc", b"abc"]


def test_it_counts_connections() -> None:
    with LoopbackServer(always(reply())) as server:
        for _ in range(3):
            with connect(server) as sock:
                sock.sendall(REQUEST)
                sock.recv(1)
        assert [request.connection for request in server.received] == [0, 1, 2]
        assert len(server.connections) == 3


def test_a_reset_reaches_the_client_as_one() -> None:
    with LoopbackServer(then_reset(b"")) as server, connect(server) as sock:
        sock.sendall(REQUEST)
        with pytest.raises(ConnectionResetError):
            sock.recv(1)


def test_it_notes_when_a_client_goes() -> None:
    with LoopbackServer(lambda connection: connection.wait_gone()) as server:
        with connect(server):
            assert server.wait_until(lambda: len(server.connections) == 1)
            assert server.connections[0].gone_at is None
        assert server.wait_until(lambda: server.connections[0].gone_at is not None)


def check_stops(server: LoopbackServer) -> None:
    with connect(server):
        assert server.wait_until(lambda: len(server.connections) == 1)
        start = time.monotonic()
        server.close()
        server.close()
        assert time.monotonic() - start < 3
    with pytest.raises(ConnectionError):
        connect(server)


def test_it_stops_at_once_whatever_its_scripts_wait_for() -> None:
    def sleep(connection: Connection) -> None:
        connection.sleep(60)

    def read(connection: Connection) -> None:
        connection.read_request()

    def pour(connection: Connection) -> None:
        connection.pour(b"x", 10**12)

    for script in (sleep, read, pour):
        check_stops(LoopbackServer(script))


def test_a_mistake_in_a_script_is_kept_for_its_author() -> None:
    def script(connection: Connection) -> None:
        raise ValueError(connection.number)

    with LoopbackServer(script) as server, connect(server) as sock:
        assert sock.recv(1) == b""
        assert server.wait_until(lambda: bool(server.script_errors))
    assert repr(server.script_errors) == "[ValueError(0)]"


def test_a_black_hole_answers_no_attempt_to_connect() -> None:
    try:
        hole = BlackHole()
    except NotApplicable as reason:
        pytest.skip(str(reason))
    with hole, pytest.raises(TimeoutError):
        socket.create_connection(("127.0.0.1", hole.port), 0.3)
