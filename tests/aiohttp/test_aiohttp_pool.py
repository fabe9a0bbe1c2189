"""Lanes are lent, waited for, given back, and closed."""

import contextlib
import os
import resource
import threading
import time

import pytest

from corechat.deadline import Deadline
from corechat.errors import ConfigurationError
from corechat.testing.connection import Connection
from corechat.testing.scripts import reply
from corechat.testing.server import LoopbackServer
from corechat.transport import ConnectionFailure, TimeoutFailure
from corechat_aiohttp.transport import AiohttpTransport
from tests.aiohttp.conftest import Make, Serve, post


def slowly(connection: Connection) -> None:
    while True:
        connection.read_request()
        connection.sleep(0.3)
        connection.send(reply())


def in_threads(count: int, transport: AiohttpTransport, server: LoopbackServer) -> list[int]:
    statuses: list[int] = []

    def work() -> None:
        statuses.append(transport.send(post(server.url), Deadline.after(20)).status)

    threads = [threading.Thread(target=work) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return statuses


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


def test_the_lane_that_rested_last_is_used_first(transport: AiohttpTransport, serve: Serve) -> None:
    server = serve(slowly)
    in_threads(3, transport, server)
    used = set()
    for _ in range(3):
        transport.send(post(server.url), Deadline.after(10))
        used.add(server.received[-1].connection)
    assert len(used) == 1


def test_lanes_that_rest_too_long_are_closed_when_another_comes_back(
    make: Make, serve: Serve
) -> None:
    server = serve(slowly)
    transport = make(keepalive_expiry=0.2)
    in_threads(4, transport, server)
    time.sleep(0.3)
    transport.send(post(server.url), Deadline.after(10))
    assert server.wait_until(lambda: sum(c.gone_at is not None for c in server.connections) == 4)
    assert len(server.connections) == 5


def test_a_connection_that_rested_too_long_is_not_used_again(make: Make, serve: Serve) -> None:
    server = serve(slowly)
    transport = make(keepalive_expiry=0.0)
    for _ in range(2):
        transport.send(post(server.url), Deadline.after(10))
    assert len(server.connections) == 2


def test_a_closed_transport_says_so(transport: AiohttpTransport, server: LoopbackServer) -> None:
    transport.close()
    with pytest.raises(ConfigurationError, match="closed"):
        transport.send(post(server.url), Deadline.after(1))


@pytest.mark.skipif(os.name != "posix", reason="bounds the files that a process may open")
@pytest.mark.parametrize("left", [0, 1, 2, 3])
def test_running_out_of_file_descriptors_is_a_failure_of_the_connection(
    transport: AiohttpTransport, serve: Serve, left: int
) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    taken = [os.open(os.devnull, os.O_RDONLY)]
    resource.setrlimit(resource.RLIMIT_NOFILE, (taken[0] + 20, hard))
    with contextlib.suppress(OSError):
        while True:
            taken.append(os.open(os.devnull, os.O_RDONLY))
    for _ in range(left):
        os.close(taken.pop())
    try:
        with pytest.raises(ConnectionFailure, match="Too many open files") as caught:
            transport.send(post("http://127.0.0.1:1"), Deadline.after(5))
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        for descriptor in taken:
            os.close(descriptor)
    assert not caught.value.sent
    request = post(serve(slowly).url)
    assert transport.send(request, Deadline.after(10)).status == 200
