"""Connections are lent, waited for, given back, and closed: by every transport that has a pool."""

import itertools
import threading
import time

import pytest

from corechat.errors import ConfigurationError
from corechat.testing._kit.connection import Connection
from corechat.testing._kit.replies import reply
from corechat.testing._kit.scripts import always
from corechat.testing._kit.server import LoopbackServer, Script
from corechat.transport import ConnectionFailure, TimeoutFailure, Transport
from corechat.transport._deadline import Deadline
from tests.httpx.conftest import post
from tests.pools.conftest import Make
from tests.servers.fixtures import Serve

PATIENCE = 20.0
ANSWERS = always(reply())


def together(count: int) -> Script:
    """Answer the first requests when so many have come, and later ones at once."""
    meeting, numbers = threading.Barrier(count), itertools.count()

    def script(connection: Connection) -> None:
        while True:
            connection.read_request()
            if next(numbers) < count:
                meeting.wait(PATIENCE)
            connection.send(reply())

    return script


def when(released: threading.Event) -> Script:
    """Answer once a test says so."""

    def script(connection: Connection) -> None:
        while True:
            connection.read_request()
            released.wait(PATIENCE)
            connection.send(reply())

    return script


def in_threads(count: int, transport: Transport, server: LoopbackServer) -> list[int]:
    statuses: list[int] = []

    def work() -> None:
        statuses.append(transport.send(post(server.url), Deadline.after(PATIENCE)).status)

    threads = [threading.Thread(target=work) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return statuses


def gone(server: LoopbackServer) -> int:
    return sum(connection.gone_at is not None for connection in server.connections)


def test_calls_over_max_connections_wait_for_their_turn(make: Make, serve: Serve) -> None:
    released = threading.Event()
    server, transport = serve(when(released)), make(max_connections=2)
    statuses: list[int] = []
    calls = threading.Thread(target=lambda: statuses.extend(in_threads(6, transport, server)))
    calls.start()
    assert server.wait_for_requests(2, PATIENCE)
    time.sleep(0.2)  # for a call that would not wait
    released.set()
    calls.join()
    assert statuses == [200] * 6
    assert len(server.connections) == 2


def test_a_call_that_waits_for_its_turn_until_its_deadline_was_not_sent(
    make: Make, serve: Serve
) -> None:
    released = threading.Event()
    server = serve(when(released))
    transport = make(max_connections=1)
    busy = threading.Thread(target=in_threads, args=(1, transport, server))
    busy.start()
    assert server.wait_for_requests(1, PATIENCE)
    with pytest.raises(TimeoutFailure, match="max_connections") as caught:
        transport.send(post(server.url), Deadline.after(0.1))
    released.set()
    busy.join()
    assert not caught.value.sent
    assert transport.send(post(server.url), Deadline.after(PATIENCE)).status == 200
    assert len(server.received) == 2


def test_a_call_that_failed_gives_its_turn_back(make: Make, serve: Serve) -> None:
    transport = make(max_connections=1)
    server = serve(lambda connection: connection.close())
    for _ in range(3):
        with pytest.raises(ConnectionFailure):
            transport.send(post(server.url), Deadline.after(5))
    assert transport.send(post(serve(ANSWERS).url), Deadline.after(5)).status == 200


def test_the_connection_that_rested_last_is_used_first(make: Make, serve: Serve) -> None:
    server, transport = serve(together(3)), make()
    in_threads(3, transport, server)
    used = set()
    for _ in range(3):
        transport.send(post(server.url), Deadline.after(PATIENCE))
        used.add(server.received[-1].connection)
    assert len(used) == 1


def test_connections_that_rest_too_long_are_closed_when_another_comes_back(
    make: Make, serve: Serve
) -> None:
    server = serve(together(4))
    transport = make(keepalive_expiry=0.2)
    in_threads(4, transport, server)
    time.sleep(0.3)
    transport.send(post(server.url), Deadline.after(PATIENCE))
    assert server.wait_until(lambda: gone(server) == 4, PATIENCE)
    assert len(server.connections) == 5


def test_a_connection_that_rested_too_long_is_not_used_again(make: Make, serve: Serve) -> None:
    server = serve(ANSWERS)
    transport = make(keepalive_expiry=0.0)
    for _ in range(2):
        transport.send(post(server.url), Deadline.after(PATIENCE))
    assert len(server.connections) == 2


def test_a_closed_transport_says_so(make: Make, serve: Serve) -> None:
    server, transport = serve(ANSWERS), make()
    transport.close()
    with pytest.raises(ConfigurationError, match="closed"):
        transport.send(post(server.url), Deadline.after(1))


def test_closing_lets_a_call_end_and_then_closes_its_connection(make: Make, serve: Serve) -> None:
    released = threading.Event()
    server, transport = serve(when(released)), make()
    ended: list[int] = []
    thread = threading.Thread(target=lambda: ended.extend(in_threads(1, transport, server)))
    thread.start()
    assert server.wait_for_requests(1, PATIENCE)
    transport.close()
    released.set()
    thread.join(PATIENCE)
    assert ended == [200]
    assert server.wait_until(lambda: gone(server) == 1, PATIENCE)
