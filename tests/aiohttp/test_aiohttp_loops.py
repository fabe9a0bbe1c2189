"""The caller's loops, policies and signals are the caller's own."""

import asyncio
import gc
import os
import signal
import threading
import time

import pytest

from corechat.testing._kit.scripts import then_wait
from corechat.testing._kit.server import LoopbackServer
from corechat.transport import PooledTransport, TransportOptions
from corechat.transport._deadline import Deadline
from corechat_aiohttp.factories import aiohttp
from tests.aiohttp.conftest import KEY, Make, post, run_python
from tests.servers.fixtures import Serve


def send(transport: PooledTransport, server: LoopbackServer, seconds: float = 10.0) -> bytes:
    return transport.send(post(server.url), Deadline.after(seconds)).body


def test_a_call_inside_a_running_loop_is_answered(
    transport: PooledTransport, server: LoopbackServer
) -> None:
    async def handler() -> tuple[bytes, bool]:
        loop = asyncio.get_running_loop()
        body = send(transport, server)
        return body, asyncio.get_running_loop() is loop

    assert asyncio.run(handler()) == (b"{}", True)


def test_one_transport_serves_calls_with_and_without_a_running_loop_on_one_connection(
    transport: PooledTransport, server: LoopbackServer
) -> None:
    async def handler() -> bytes:
        return send(transport, server)

    for _ in range(3):
        assert send(transport, server) == b"{}"
        assert asyncio.run(handler()) == b"{}"
    assert len(server.connections) == 1


def test_16_coroutines_in_threads_of_a_running_loop_are_answered(
    transport: PooledTransport, server: LoopbackServer
) -> None:
    async def handler() -> list[bytes]:
        return await asyncio.gather(
            *(asyncio.to_thread(send, transport, server) for _ in range(16))
        )

    assert asyncio.run(handler()) == [b"{}"] * 16


def test_closing_inside_a_running_loop_drops_the_connections(
    transport: PooledTransport, server: LoopbackServer
) -> None:
    async def handler() -> None:
        send(transport, server)
        transport.close()

    asyncio.run(handler())
    assert server.wait_until(lambda: server.connections[0].gone_at is not None)


def test_being_collected_inside_a_running_loop_drops_the_connections_without_a_warning(
    server: LoopbackServer,
) -> None:
    async def handler() -> None:
        transport = aiohttp(TransportOptions())
        transport.send(post(server.url), Deadline.after(10))
        del transport
        gc.collect()
        await asyncio.sleep(0)

    asyncio.run(handler())
    assert server.wait_until(lambda: server.connections[0].gone_at is not None)


def test_the_thread_s_current_loop_stays_as_it_was(
    transport: PooledTransport, server: LoopbackServer
) -> None:
    mine = asyncio.new_event_loop()
    try:
        asyncio.set_event_loop(mine)
        send(transport, server)
        assert asyncio.get_event_loop() is mine
    finally:
        asyncio.set_event_loop(None)
        mine.close()


def test_no_signal_handler_and_no_wakeup_descriptor_is_set(
    transport: PooledTransport, server: LoopbackServer
) -> None:
    before = signal.getsignal(signal.SIGINT)
    send(transport, server)
    assert signal.getsignal(signal.SIGINT) is before
    assert signal.set_wakeup_fd(-1) == -1


def test_ctrl_c_inside_a_running_loop_ends_the_call_and_drops_the_connection(
    make: Make, serve: Serve
) -> None:
    server = serve(then_wait(b""))
    transport = make()
    loop = asyncio.new_event_loop()

    async def handler() -> None:
        send(transport, server)

    def interrupt() -> None:
        server.wait_for_requests(1)
        os.kill(os.getpid(), signal.SIGINT)

    threading.Thread(target=interrupt).start()
    start = time.monotonic()
    try:
        with pytest.raises(KeyboardInterrupt):
            loop.run_until_complete(handler())
    finally:
        loop.close()
    assert time.monotonic() - start < 5
    assert server.wait_until(lambda: server.connections[0].gone_at is not None)


def test_asyncio_s_debug_mode_logs_neither_key_nor_body(server: LoopbackServer) -> None:
    script = f"""
import logging, sys
logging.basicConfig(level=logging.DEBUG, stream=sys.stderr, format="%(levelname)s %(message)s")
logging.getLogger("asyncio").setLevel(logging.DEBUG)
from corechat.transport._deadline import Deadline
from corechat._http.messages import Headers, HttpRequest
from corechat.transport import TransportOptions
from corechat_aiohttp.factories import aiohttp
transport = aiohttp(TransportOptions())
headers = Headers({{"Authorization": "Bearer {KEY}"}})
for _ in range(3):
    transport.send(HttpRequest("POST", "{server.url}/", headers, b"body-{KEY}"), Deadline.after(5))
"""
    done = run_python(script, "-X", "dev", PYTHONASYNCIODEBUG="1")
    assert done.returncode == 0, done.stderr
    assert KEY not in done.stdout + done.stderr
    assert "Warning" not in done.stderr
    assert "WARNING" not in done.stderr  # as of a callback that took long
