"""After a fork parent and child share nothing that matters."""

import asyncio
import gc
import os
import sys
from pathlib import Path

import pytest

from corechat.testing._kit.child import Child
from corechat.testing._kit.server import LoopbackServer
from corechat.transport import PooledTransport
from corechat.transport._deadline import Deadline
from tests.aiohttp.conftest import post

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")


def connection_of(transport: PooledTransport, server: LoopbackServer) -> int:
    transport.send(post(server.url), Deadline.after(10))
    return server.received[-1].connection


@pytest.mark.skipif(sys.platform != "linux", reason="counts the open files of a process")
def test_the_parent_keeps_its_connection_when_a_child_lets_go_of_its_copy(
    transport: PooledTransport, server: LoopbackServer
) -> None:
    assert connection_of(transport, server) == 0

    def work() -> dict[str, object]:
        server.abandon()
        before = set(Path("/dev/fd").iterdir())
        transport.close()
        return {"closed": len(before - set(Path("/dev/fd").iterdir()))}

    child = Child(work)
    report = child.result(10)
    assert report["closed"] == 4  # the connection, the selector, and the two ends of its pipe
    assert connection_of(transport, server) == 0
    assert len(server.connections) == 1


def test_the_parent_s_loop_is_still_woken_from_other_threads_after_a_child_let_go(
    transport: PooledTransport, server: LoopbackServer
) -> None:
    connection_of(transport, server)
    lane = transport._pools.get().take(Deadline.after(1))
    transport._pools.get().give_back(lane, sound=True)

    def work() -> dict[str, object]:
        server.abandon()
        transport.close()
        return {"done": True}

    Child(work).result(10)

    async def wait() -> str:
        loop = asyncio.get_running_loop()
        event = asyncio.Event()
        loop.run_in_executor(None, loop.call_soon_threadsafe, event.set)
        await asyncio.wait_for(event.wait(), 5)
        return "woken"

    assert lane._loop.run_until_complete(wait()) == "woken"
    lane._loop.run_until_complete(lane._loop.shutdown_default_executor())


def test_a_child_that_was_forked_inside_a_running_loop_is_answered(
    transport: PooledTransport, server: LoopbackServer
) -> None:
    def work() -> dict[str, object]:
        for connection in server.connections:
            connection.abandon()
        return {"status": transport.send(post(server.url), Deadline.after(10)).status}

    async def handler() -> Child:
        connection_of(transport, server)
        return Child(work)

    assert asyncio.run(handler()).result(15) == {"status": 200}


def test_a_grandchild_is_answered(transport: PooledTransport, server: LoopbackServer) -> None:
    connection_of(transport, server)

    def send() -> dict[str, object]:
        return {"status": transport.send(post(server.url), Deadline.after(10)).status}

    def work() -> dict[str, object]:
        send()
        return Child(send).result(10)

    assert Child(work).result(20) == {"status": 200}


def test_a_child_that_exits_without_using_the_transport_exits_quietly(
    transport: PooledTransport, server: LoopbackServer
) -> None:
    connection_of(transport, server)
    read, write = os.pipe()

    def work() -> dict[str, object]:
        os.dup2(write, 2)
        server.abandon()
        transport._pools.close()  # what the finalizer calls at exit
        gc.collect()
        return {"done": True}

    child = Child(work)
    os.close(write)
    assert child.result(10) == {"done": True}
    with os.fdopen(read) as stderr:
        said = stderr.read()
    assert said == ""
    assert connection_of(transport, server) == 0
