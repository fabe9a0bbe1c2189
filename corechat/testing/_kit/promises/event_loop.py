"""Promises about event loops."""

import asyncio

from corechat.testing._kit.connection import Connection
from corechat.testing._kit.expectations import expect, expect_equal
from corechat.testing._kit.promise import PromiseGroup
from corechat.testing._kit.scripts import always, echo, reply, then_wait


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

        def script(connection: Connection) -> None:
            while True:
                request = connection.read_request()
                connection.sleep(0.2)
                connection.send(reply(request.body))

        server, transport, _ = self.prepare(script)

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
