"""The wire: large bodies, TLS, TLS inside TLS, and the deadline on each of them."""

import time
from collections.abc import Iterator

import pytest

from corechat.testing._kit.certificates import Certificates, certificates
from corechat.testing._kit.connection import Connection
from corechat.testing._kit.replies import CHUNKED_HEAD, chunked, reply
from corechat.testing._kit.scripts import each
from corechat.testing._kit.server import LoopbackServer, Script
from corechat.transport import TimeoutFailure, TransportOptions
from corechat.transport._deadline import Deadline
from tests.httpx.conftest import Make, post
from tests.httpx.tls_proxy import tls_proxy
from tests.servers.fixtures import Serve

pytestmark = pytest.mark.slow

_LARGE = bytes(range(256)) * 16_384  # 4 MiB

echo = each(lambda request: reply(request.body))


def never_ends(connection: Connection) -> None:
    connection.read_request()
    connection.send(CHUNKED_HEAD)
    connection.drip(b"1\r\n \r\n" * 100, 0.05)


def floods(connection: Connection) -> None:
    connection.read_request()
    connection.send(CHUNKED_HEAD)
    connection.pour(b"1\r\n \r\n", 200 * 1024 * 1024)


def answers_early(connection: Connection) -> None:
    connection.read_head()
    connection.send(reply(b"too large", 413))
    connection.sleep(5)


def reads_nothing(connection: Connection) -> None:
    connection.read_head()
    connection.sleep(5)


@pytest.fixture(scope="module")
def tls() -> Iterator[Certificates]:
    with certificates("127.0.0.1") as made:
        yield made


def over_tls(script: Script, tls: Certificates) -> LoopbackServer:
    return LoopbackServer(script, tls=tls.server, receive_buffer=65_536)


@pytest.mark.parametrize("body", [b"", b"x", b"x" * 70_000, _LARGE])
def test_a_body_of_any_size_arrives_and_comes_back(make: Make, serve: Serve, body: bytes) -> None:
    server, transport = serve(echo), make()
    for _ in range(2):
        assert transport.send(post(server.url, body), Deadline.after(20)).body == body
    assert len(server.connections) == 1


@pytest.mark.parametrize("body", [b"x", _LARGE])
def test_a_body_of_any_size_goes_both_ways_over_tls(
    make: Make, tls: Certificates, body: bytes
) -> None:
    transport = make(TransportOptions(ca_file=tls.ca_file))
    with over_tls(echo, tls) as server:
        url = server.url.replace("http://", "https://")
        for _ in range(2):
            assert transport.send(post(url, body), Deadline.after(20)).body == body
        assert len(server.connections) == 1


@pytest.mark.parametrize("script", [never_ends, floods, reads_nothing])
def test_the_deadline_holds_over_tls(make: Make, tls: Certificates, script: Script) -> None:
    transport = make(TransportOptions(ca_file=tls.ca_file))
    with over_tls(script, tls) as server:
        request = post(server.url.replace("http://", "https://"), _LARGE)
        start = time.monotonic()
        with pytest.raises(TimeoutFailure):
            transport.send(request, Deadline.after(0.8))
        assert time.monotonic() - start < 3
        transport.close()


def test_an_answer_that_comes_before_the_body_was_sent_is_read(make: Make) -> None:
    with LoopbackServer(answers_early, receive_buffer=65_536) as server:
        transport = make()
        start = time.monotonic()
        response = transport.send(post(server.url, _LARGE * 4), Deadline.after(20))
        assert time.monotonic() - start < 4  # while the server still holds the connection
        assert (response.status, response.body) == (413, b"too large")
        transport.close()


@pytest.mark.parametrize("body", [b"x", _LARGE])
def test_tls_runs_inside_the_tls_of_a_proxy(make: Make, tls: Certificates, body: bytes) -> None:
    with over_tls(echo, tls) as server, tls_proxy(tls.server) as proxy:
        transport = make(TransportOptions(ca_file=tls.ca_file, proxy=proxy))
        url = server.url.replace("http://", "https://")
        for _ in range(2):
            assert transport.send(post(url, body), Deadline.after(20)).body == body
        transport.close()


def test_the_deadline_holds_inside_the_tls_of_a_proxy(make: Make, tls: Certificates) -> None:
    with over_tls(never_ends, tls) as server, tls_proxy(tls.server) as proxy:
        transport = make(TransportOptions(ca_file=tls.ca_file, proxy=proxy))
        request = post(server.url.replace("http://", "https://"))
        start = time.monotonic()
        with pytest.raises(TimeoutFailure):
            transport.send(request, Deadline.after(0.8))
        assert time.monotonic() - start < 3
        transport.close()


def test_bytes_left_over_inside_the_tls_of_a_proxy_answer_no_call(
    make: Make, tls: Certificates
) -> None:
    def says_more(connection: Connection) -> None:
        while True:
            connection.read_request()
            connection.send(reply(b"own"))
            connection.send(reply(b"left over"))  # a record of its own

    with over_tls(says_more, tls) as server, tls_proxy(tls.server, pause=0.2) as proxy:
        transport = make(TransportOptions(ca_file=tls.ca_file, proxy=proxy))
        for _ in range(2):
            assert transport.send(post(server.url), Deadline.after(20)).body == b"own"
        assert len(server.connections) == 2
        transport.close()


def test_a_handshake_in_drips_inside_the_tls_of_a_proxy_ends_in_time(
    make: Make, serve: Serve, tls: Certificates
) -> None:
    def drips(connection: Connection) -> None:
        connection.drip(b"\x16\x03\x03\x40\x00" + b"\x02" * 100, 0.05)

    url = serve(drips).url.replace("http://", "https://")
    with tls_proxy(tls.server) as proxy:
        transport = make(TransportOptions(ca_file=tls.ca_file, proxy=proxy, connect_timeout=0.5))
        start = time.monotonic()
        with pytest.raises(TimeoutFailure):
            transport.send(post(url), Deadline.after(20))
        assert time.monotonic() - start < 3
        transport.close()


def test_an_interim_response_that_comes_in_pieces_is_no_early_answer(make: Make) -> None:
    def hesitates(connection: Connection) -> None:
        request = connection.read_head()
        connection.send(b"HTTP/1.")
        connection.sleep(0.3)
        connection.send(b"1 100 Continue\r\n\r\n")
        connection.read_body(request)
        connection.send(reply(b"done"))

    with LoopbackServer(hesitates, receive_buffer=65_536) as server:
        transport = make()
        response = transport.send(post(server.url, _LARGE * 4), Deadline.after(20))
        assert (response.status, response.body) == (200, b"done")
        transport.close()


@pytest.mark.parametrize("pause", [0.0, 0.05])
def test_a_connection_that_carried_chunks_carries_the_next_call(
    make: Make, serve: Serve, pause: float
) -> None:
    def script(connection: Connection) -> None:
        while True:
            connection.read_request()
            connection.send(CHUNKED_HEAD + b"3\r\nown\r\n0")
            connection.sleep(pause)
            connection.send(b"\r\n\r\n")

    server, transport = serve(script), make()
    for _ in range(3):
        assert transport.send(post(server.url), Deadline.after(10)).body == b"own"
    assert len(server.connections) == 1


def test_chunks_left_over_behind_chunks_answer_no_call(make: Make, serve: Serve) -> None:
    def script(connection: Connection) -> None:
        while True:
            connection.read_request()
            connection.send(chunked(b"own") + chunked(b"left over"))

    server, transport = serve(script), make()
    for _ in range(3):
        assert transport.send(post(server.url), Deadline.after(10)).body == b"own"
    assert len(server.connections) == 3
