"""What aiohttp by itself would get wrong."""

import asyncio
import logging
import time

import pytest

from corechat.testing._kit.connection import Connection
from corechat.testing._kit.replies import CHUNKED_HEAD, chunked, head, reply
from corechat.testing._kit.scripts import always, echo, then_wait
from corechat.testing._kit.server import Script
from corechat.transport import ConnectionFailure, PooledTransport, TimeoutFailure, TransportFailure
from corechat.transport._deadline import Deadline
from tests.aiohttp.conftest import KEY, post
from tests.servers.fixtures import Serve


def in_two(first: bytes, second: bytes) -> Script:
    def script(connection: Connection) -> None:
        connection.read_request()
        connection.send(first)
        connection.sleep(0.05)
        connection.send(second)
        connection.wait_gone()

    return script


@pytest.mark.parametrize(
    "body", [b"xyz\r\n{}\r\n0\r\n\r\n", b"2\r\n{}abc\r\n0\r\n\r\n", b"-2\r\n{}\r\n0\r\n\r\n"]
)
def test_a_body_whose_framing_breaks_late_fails_at_once(
    transport: PooledTransport, serve: Serve, body: bytes
) -> None:
    server = serve(in_two(CHUNKED_HEAD, body))
    start = time.monotonic()
    with pytest.raises(ConnectionFailure) as caught:
        transport.send(post(server.url), Deadline.after(20))
    assert time.monotonic() - start < 5
    assert caught.value.status == 200


def test_a_get_on_a_connection_that_was_reset_is_not_sent_again(
    transport: PooledTransport, serve: Serve
) -> None:
    def script(connection: Connection) -> None:
        connection.read_request()
        connection.send(reply())
        connection.read_request()
        connection.reset()

    server = serve(script)
    request = post(server.url, b"", "GET")
    transport.send(request, Deadline.after(10))
    with pytest.raises(ConnectionFailure) as caught:
        transport.send(request, Deadline.after(10))
    assert (caught.value.reused, caught.value.bytes_received, caught.value.sent) == (
        True,
        False,
        True,
    )
    assert len(server.received) == 2


def test_a_body_of_several_megabytes_is_sent_without_a_warning(
    transport: PooledTransport, serve: Serve
) -> None:
    server = serve(echo())
    body = b"x" * (3 << 20)
    assert transport.send(post(server.url, body), Deadline.after(20)).body == body


@pytest.mark.parametrize(
    "answer",
    [
        reply(b"first"),
        reply(b""),
        chunked(b"fir", b"st"),
        head(204),
        b"HTTP/1.1 100 Continue\r\n\r\n" + reply(b"first"),
    ],
)
def test_a_connection_is_used_again_after_a_clean_answer(
    transport: PooledTransport, serve: Serve, answer: bytes
) -> None:
    server = serve(always(answer))
    for _ in range(3):
        transport.send(post(server.url), Deadline.after(10))
    assert len(server.connections) == 1


def test_a_chunked_answer_with_trailers_is_whole_and_its_connection_is_dropped(
    transport: PooledTransport, serve: Serve
) -> None:
    server = serve(always(chunked(b"first").removesuffix(b"\r\n") + b"X-Trailer: 1\r\n\r\n"))
    for _ in range(2):
        assert transport.send(post(server.url), Deadline.after(10)).body == b"first"
    assert len(server.connections) == 2


def test_no_failure_is_tied_to_an_exception_of_aiohttp(
    transport: PooledTransport, serve: Serve
) -> None:
    server = serve(always(b"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n"))
    with pytest.raises(TransportFailure) as caught:
        transport.send(post(server.url), Deadline.after(10))
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None
    assert KEY not in repr(vars(caught.value))


def test_a_failure_inside_an_exception_handler_has_that_handler_s_exception_as_its_only_context(
    transport: PooledTransport,
) -> None:
    mine = ValueError("mine")

    def handle() -> None:
        try:
            raise mine
        except ValueError:
            transport.send(post("http://127.0.0.1:1"), Deadline.after(10))

    with pytest.raises(ConnectionFailure) as caught:
        handle()
    assert caught.value.__context__ is mine


def test_nothing_of_a_lost_connection_is_logged(
    transport: PooledTransport, serve: Serve, caplog: pytest.LogCaptureFixture
) -> None:
    server = serve(in_two(reply(b"x" * 9)[:-1], b""))
    with pytest.raises(TransportFailure):  # asyncio tells of the new loop
        transport.send(post(server.url), Deadline.after(0.3))
    with caplog.at_level(logging.DEBUG):
        for _ in range(2):
            with pytest.raises(TransportFailure):
                transport.send(post(server.url), Deadline.after(0.3))
        transport.close()
    assert [record.getMessage() for record in caplog.records] == []


def test_the_header_fields_go_out_in_their_order_and_no_others(
    transport: PooledTransport, serve: Serve
) -> None:
    server = serve(echo())
    transport.send(post(server.url), Deadline.after(10))
    names = [name for name, _ in server.received[0].fields]
    assert names == ["Host", "Authorization", "Content-Type", "Content-Length"]


def test_no_task_is_left_in_a_loop_that_rests(transport: PooledTransport, serve: Serve) -> None:
    server = serve(echo())
    transport.send(post(server.url.replace("127.0.0.1", "localhost")), Deadline.after(10))
    pool = transport._pools.get()
    lane = pool.take(Deadline.after(1))
    pool.give_back(lane, sound=True)
    assert asyncio.all_tasks(lane._loop) == set()


class PassesLater(Deadline):
    """A deadline that has passed when it is looked at a second time."""

    looks = 0

    @property
    def expired(self) -> bool:
        """Whether this was looked at before."""
        self.looks += 1
        return self.looks > 1


def test_the_deadline_is_looked_at_between_the_parts_of_a_body_that_came_at_once(
    transport: PooledTransport, serve: Serve
) -> None:
    server = serve(always(reply(b"x" * 100_000)))
    with pytest.raises(TimeoutFailure) as caught:
        transport.send(post(server.url), PassesLater.after(20))
    assert caught.value.status == 200


def test_a_connection_that_the_server_ends_is_closed_with_the_call(
    serve: Serve, transport: PooledTransport
) -> None:
    server = serve(then_wait(reply(fields=[("Connection", "close")])))
    assert transport.send(post(server.url), Deadline.after(5)).status == 200
    assert server.wait_until(lambda: server.connections[0].gone_at is not None)
