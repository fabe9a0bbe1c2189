"""Connections are lent, waited for, given back, and closed: by every transport that has a pool."""

import threading
import time

import pytest

from corechat.errors import ConfigurationError
from corechat.testing._kit.connection import Connection
from corechat.testing._kit.replies import reply
from corechat.testing._kit.server import LoopbackServer
from corechat.transport import ConnectionFailure, TimeoutFailure, Transport
from corechat.transport._deadline import Deadline
from tests.httpx.conftest import post
from tests.pools.conftest import Make
from tests.servers.fixtures import Serve


def slowly(connection: Connection) -> None:
    while True:
        connection.read_request()
        connection.sleep(0.3)
        connection.send(reply())


def in_threads(count: int, transport: Transport, server: LoopbackServer) -> list[int]:
    statuses: list[int] = []

    def work() -> None:
        statuses.append(transport.send(post(server.url), Deadline.after(20)).status)

    threads = [threading.Thread(target=work) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return statuses


def gone(server: LoopbackServer) -> int:
    return sum(connection.gone_at is not None for connection in server.connections)


def test_calls_over_max_connections_wait_for_their_turn(make: Make, serve: Serve) -> None:
    server = serve(slowly)
    assert in_threads(6, make(max_connections=2), server) == [200] * 6
    assert len(server.connections) == 2


def test_a_call_that_waits_for_its_turn_until_its_deadline_was_not_sent(
    make: Make, serve: Serve
) -> None:
    server = serve(slowly)
    transport = make(max_connections=1)
    busy = threading.Thread(target=in_threads, args=(1, transport, server))
    busy.start()
    assert server.wait_for_requests(1)
    with pytest.raises(TimeoutFailure, match="max_connections") as caught:
        transport.send(post(server.url), Deadline.after(0.1))
    busy.join()
    assert not caught.value.sent
    assert transport.send(post(server.url), Deadline.after(10)).status == 200


def test_a_call_that_failed_gives_its_turn_back(make: Make, serve: Serve) -> None:
    transport = make(max_connections=1)
    server = serve(lambda connection: connection.close())
    for _ in range(3):
        with pytest.raises(ConnectionFailure):
            transport.send(post(server.url), Deadline.after(5))
    assert transport.send(post(serve(slowly).url), Deadline.after(5)).status == 200


def test_the_connection_that_rested_last_is_used_first(make: Make, serve: Serve) -> None:
    server, transport = serve(slowly), make()
    in_threads(3, transport, server)
    used = set()
    for _ in range(3):
        transport.send(post(server.url), Deadline.after(10))
        used.add(server.received[-1].connection)
    assert len(used) == 1


def test_connections_that_rest_too_long_are_closed_when_another_comes_back(
    make: Make, serve: Serve
) -> None:
    server = serve(slowly)
    transport = make(keepalive_expiry=0.2)
    in_threads(4, transport, server)
    time.sleep(0.3)
    transport.send(post(server.url), Deadline.after(10))
    assert server.wait_until(lambda: gone(server) == 4)
    assert len(server.connections) == 5


def test_a_connection_that_rested_too_long_is_not_used_again(make: Make, serve: Serve) -> None:
    server = serve(slowly)
    transport = make(keepalive_expiry=0.0)
    for _ in range(2):
        transport.send(post(server.url), Deadline.after(10))
    assert len(server.connections) == 2


def test_a_closed_transport_says_so(make: Make, serve: Serve) -> None:
    server, transport = serve(slowly), make()
    transport.close()
    with pytest.raises(ConfigurationError, match="closed"):
        transport.send(post(server.url), Deadline.after(1))


def test_closing_lets_a_call_end_and_then_closes_its_connection(make: Make, serve: Serve) -> None:
    server, transport = serve(slowly), make()
    ended: list[int] = []
    thread = threading.Thread(target=lambda: ended.extend(in_threads(1, transport, server)))
    thread.start()
    assert server.wait_for_requests(1)
    transport.close()
    thread.join(10)
    assert ended == [200]
    assert server.wait_until(lambda: gone(server) == 1)
