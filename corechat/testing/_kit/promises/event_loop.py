"""A transport is synchronous, and works all the same where an event loop runs."""

import asyncio
import time

from corechat.testing._kit.connection import Connection
from corechat.testing._kit.expectations import expect, expect_equal
from corechat.testing._kit.harness import LATE, SHORT, Harness
from corechat.testing._kit.promise import PromiseGroup
from corechat.testing._kit.scripts import each, reply, then_wait

EVENT_LOOP = PromiseGroup("event-loop")


@EVENT_LOOP.promise
def _inside(harness: Harness) -> None:
    """Works when it is called inside a coroutine, as in a notebook or a web handler."""
    server = harness.serve(each(lambda request: reply(request.body)))
    transport = harness.transport()

    async def main() -> list[bytes]:
        request = harness.request(server.url, body=b"inside")
        return [harness.send(transport, request).body for _ in range(2)]

    expect_equal(asyncio.run(main()), [b"inside", b"inside"], "answers")


@EVENT_LOOP.promise
def _two_loops(harness: Harness) -> None:
    """Works before, inside and after one loop, and in the next: no loop is closed under it."""
    server = harness.serve(each(lambda request: reply(request.body)))
    transport = harness.transport()
    request = harness.request(server.url, body=b"again")

    async def main() -> bytes:
        return harness.send(transport, request).body

    answers = [harness.send(transport, request).body]
    for _ in range(2):
        answers += [asyncio.run(main()), harness.send(transport, request).body]
    expect_equal(answers, [b"again"] * 5, "answers")


@EVENT_LOOP.promise
def _in_a_thread(harness: Harness) -> None:
    """Works in worker threads of a running loop, and lets the loop run meanwhile."""

    def script(connection: Connection) -> None:
        while True:
            request = connection.read_request()
            connection.sleep(0.2)
            connection.send(reply(request.body))

    server = harness.serve(script)
    transport = harness.transport()

    async def main() -> tuple[list[bytes], int]:
        requests = [harness.request(server.url, body=b"%d" % number) for number in range(4)]
        calls = [asyncio.to_thread(harness.send, transport, request) for request in requests]
        gathered = asyncio.gather(*calls)
        ticks = 0
        while not gathered.done():
            ticks += 1
            await asyncio.sleep(0.01)
        return [response.body for response in await gathered], ticks

    answers, ticks = asyncio.run(main())
    expect_equal(answers, [b"0", b"1", b"2", b"3"], "answers")
    expect(ticks >= 3, "the loop stood still")  # noqa: PLR2004 - some of the twenty that fit


@EVENT_LOOP.promise
def _deadline(harness: Harness) -> None:
    """Ends by its deadline inside a coroutine."""
    server = harness.serve(then_wait(b""))
    transport = harness.transport()

    async def main() -> float:
        start = time.monotonic()
        harness.time_out(transport, harness.request(server.url))
        return time.monotonic() - start

    expect(asyncio.run(main()) <= SHORT + LATE, "ended late")


@EVENT_LOOP.promise
def _leaves_the_loop_alone(harness: Harness) -> None:
    """Neither sets, replaces nor stops the caller's event loop."""
    server = harness.serve(each(lambda request: reply(request.body)))
    transport = harness.transport()

    async def main() -> bool:
        before = asyncio.get_running_loop()
        harness.send(transport, harness.request(server.url))
        await asyncio.sleep(0)
        return asyncio.get_running_loop() is before and before.is_running()

    expect(asyncio.run(main()), "another loop runs after the call")
