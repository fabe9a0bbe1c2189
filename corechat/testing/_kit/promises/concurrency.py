"""Promises about threads, event loops and forked processes."""

import asyncio
import threading
import time
from collections.abc import Callable
from functools import partial
from typing import Any

from corechat.testing._kit.child import Background, Child
from corechat.testing._kit.connection import Connection
from corechat.testing._kit.expectations import PromiseBroken, expect, expect_equal, expect_within
from corechat.testing._kit.harness import LATE, SHORT
from corechat.testing._kit.promise import PromiseGroup
from corechat.testing._kit.replies import reply
from corechat.testing._kit.scripts import READ, WAIT, always, echo, play, then_wait
from corechat.testing._kit.server import Script
from corechat.transport import ConnectionFailure, Transport

_THREADS = 16
_CALLS = 20
_BOUND = 15.0
_FORKED = 8.0


def _at_once(count: int, work: Callable[[int], object]) -> None:
    """Do some work in so many threads, and raise the first thing that went wrong."""
    end = time.monotonic() + _BOUND
    threads = [Background(partial(work, number)) for number in range(count)]
    stuck = sum(not thread.ends(end - time.monotonic()) for thread in threads)
    expect(not stuck, f"{stuck} of {count} threads hang")
    for error in filter(None, (thread.error for thread in threads)):
        raise PromiseBroken(f"in a thread: {error}", getattr(error, "cause", "")) from error


def _slow_echo(seconds: float, slow: bytes = b"") -> Script:
    """Answer every request with its own body; those that begin so after a while."""

    def script(connection: Connection) -> None:
        while True:
            body = connection.read_request().body
            connection.sleep(seconds if body.startswith(slow) else 0.0)
            connection.send(reply(body))

    return script


class ConcurrencyPromises(PromiseGroup):
    """One transport serves many threads at once, each with its own answers."""

    theme = "concurrency"

    def own_answers(self) -> None:
        """Gives 16 threads of 20 calls each their own answers, none lost, none twice."""
        server, transport, _ = self.prepare(echo())

        def work(thread: int) -> None:
            for call in range(_CALLS):
                body = b"%d/%d" % (thread, call)
                response = self.send(transport, self.request(server.url, body=body), 10.0)
                expect_equal(response.body, body, "answer")

        _at_once(_THREADS, work)
        bodies = {request.body for request in server.received}
        expect_equal(len(server.received), _THREADS * _CALLS, "requests at the server")
        expect_equal(len(bodies), _THREADS * _CALLS, "different requests at the server")

    def in_parallel(self) -> None:
        """Carries 16 calls at the same time, not one after the other."""
        together = threading.Barrier(_THREADS)  # it breaks unless all sixteen are under way
        script = play(READ, lambda _: together.wait(2.5), reply(b"together"), WAIT)
        _, transport, request = self.prepare(script)

        def work(_: int) -> None:
            response = self.send(transport, request, 3.0)
            expect_equal(response.body, b"together", "answer")

        _at_once(_THREADS, work)

    def own_failures(self) -> None:
        """Gives each thread its own outcome when every third call is cut and large ones mix in."""

        def script(connection: Connection) -> None:
            while True:
                request = connection.read_request()
                if request.body.startswith(b"cut"):
                    connection.send(reply(request.body)[:-1])
                    return
                connection.send(reply(request.body))

        server, transport, _ = self.prepare(script)

        def work(thread: int) -> None:
            for call in range(9):
                cut = call % 3 == 2  # noqa: PLR2004 - every third
                body = b"%s %d/%d " % (b"cut" if cut else b"whole", thread, call)
                body *= 5000 if call % 3 == 1 else 1
                request = self.request(server.url, body=body)
                if cut:
                    self.fail(transport, request, ConnectionFailure, 10.0)
                else:
                    response = self.send(transport, request, 10.0)
                    expect(response.body == body, "the answer is another call's")

        _at_once(8, work)

    def own_deadlines(self) -> None:
        """Ends each thread's call by its own deadline while others wait longer."""
        _, transport, request = self.prepare(then_wait(b""))
        _at_once(8, lambda n: self.time_out(transport, request, SHORT + 0.1 * (n % 4)))

    def thread_that_ends(self) -> None:
        """Serves a new thread after the one that made the transport's first call has ended."""
        _, transport, request = self.prepare(echo())
        for _ in range(3):
            _at_once(1, lambda _: self.send(transport, request))
        with expect_within(LATE, "a send"):
            self.send(transport, request)


class EventLoopPromises(PromiseGroup):
    """A transport is synchronous, and works all the same where an event loop runs."""

    theme = "event-loop"

    def inside(self) -> None:
        """Works when it is called inside a coroutine, as in a notebook or a web handler."""
        _, transport, request = self.prepare(echo())

        async def main() -> list[bytes]:
            return [self.send(transport, request).body for _ in range(2)]

        expect_equal(asyncio.run(main()), [request.body] * 2, "answers")

    def two_loops(self) -> None:
        """Works before, inside and after one loop and in the next: no loop of its own is closed."""
        _, transport, request = self.prepare(echo())

        async def main() -> bytes:
            return self.send(transport, request).body

        answers = [self.send(transport, request).body]
        for _ in range(2):
            answers += [asyncio.run(main()), self.send(transport, request).body]
        expect_equal(answers, [request.body] * 5, "answers")

    def in_a_thread(self) -> None:
        """Works in worker threads of a running loop, and lets the loop run meanwhile."""
        server, transport, _ = self.prepare(_slow_echo(0.2))

        async def main() -> tuple[list[bytes], int]:
            requests = [self.request(server.url, body=b"%d" % number) for number in range(4)]
            calls = [asyncio.to_thread(self.send, transport, request) for request in requests]
            gathered = asyncio.gather(*calls)
            ticks = 0
            while not gathered.done():
                ticks += 1
                await asyncio.sleep(0.01)
            return [response.body for response in await gathered], ticks

        answers, ticks = asyncio.run(main())
        expect_equal(answers, [b"0", b"1", b"2", b"3"], "answers")
        expect(ticks >= 3, "the loop stood still")  # noqa: PLR2004 - some of the twenty that fit

    def deadline(self) -> None:
        """Ends by its deadline inside a coroutine."""
        _, transport, request = self.prepare(then_wait(b""))

        async def main() -> None:
            self.time_out(transport, request)

        asyncio.run(main())

    def leaves_the_loop_alone(self) -> None:
        """Neither sets, replaces nor stops the caller's event loop."""
        _, transport, request = self.prepare(always(reply()))

        async def main() -> bool:
            before = asyncio.get_running_loop()
            self.send(transport, request)
            await asyncio.sleep(0)
            return asyncio.get_running_loop() is before and before.is_running()

        expect(asyncio.run(main()), "another loop runs after the call")


class ForkPromises(PromiseGroup):
    """A transport that a parent has used works in a forked child, and goes on in the parent."""

    theme = "fork"

    def _calls(self, transport: Transport, name: str, count: int) -> None:
        """Send so many requests to the first server, and look at the answers."""
        wanted = [f"{name} {number}".encode() for number in range(count)]
        requests = [self.request(self.servers[0].url, body=body) for body in wanted]
        answers = [self.send(transport, request).body for request in requests]
        expect_equal(answers, wanted, "answers")

    def _child(self, transport: Transport, count: int = 2) -> Child:
        """Fork a child that sends so many requests."""

        def work() -> dict[str, Any]:
            self._calls(transport, "child", count)
            return {"done": True}

        return self.fork(work)

    def child(self) -> None:
        """Works in a forked child, on a connection of its own, and then in the parent again."""
        server, transport, _ = self.prepare(echo())
        self._calls(transport, "before", 1)
        self._child(transport).result(_FORKED)
        parents = {r.connection for r in server.received if not r.body.startswith(b"child")}
        childs = {r.connection for r in server.received if r.body.startswith(b"child")}
        expect(not parents & childs, "the child sent on the parent's connection")
        self._calls(transport, "after", 2)

    def both_at_once(self) -> None:
        """Gives parent and child each their own answers when both send at the same time."""
        _, transport, _ = self.prepare(echo())
        self._calls(transport, "before", 1)
        child = self._child(transport, 20)
        self._calls(transport, "parent", 20)
        child.result(_FORKED)

    def while_busy(self) -> None:
        """Works in a child that was forked while another thread was in the middle of a call."""
        server, transport, _ = self.prepare(_slow_echo(0.5, b"slow"))
        busy = Background(lambda: self._calls(transport, "slow", 1))
        expect(server.wait_for_requests(1), "the request did not arrive")
        self._child(transport).result(_FORKED)
        expect(busy.ends(_FORKED) and not busy.error, f"the parent's call: {busy.error}")

    def close_in_child(self) -> None:
        """Closes in a child without closing the parent's connections."""
        _, transport, _ = self.prepare(echo())
        self._calls(transport, "before", 1)

        def work() -> dict[str, Any]:
            transport.close()
            return {"closed": True}

        self.fork(work).result(_FORKED)
        time.sleep(0.05)
        self._calls(transport, "after", 1)
