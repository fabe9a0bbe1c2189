"""Promises about many threads."""

import threading
import time
from collections.abc import Callable

from corechat.testing._kit.connection import Connection
from corechat.testing._kit.expectations import PromiseBroken, expect, expect_equal, expect_within
from corechat.testing._kit.harness import LATE, SHORT
from corechat.testing._kit.promise import PromiseGroup
from corechat.testing._kit.scripts import READ, WAIT, echo, play, reply, then_wait
from corechat.transport import ConnectionFailure

_THREADS = 16
_CALLS = 20
_BOUND = 15.0


def _at_once(count: int, work: Callable[[int], None]) -> None:
    """Do some work in so many threads, and raise the first thing that went wrong."""
    errors: list[BaseException] = []

    def run(number: int) -> None:
        try:
            work(number)
        except BaseException as error:  # noqa: BLE001 - raised again in the caller's thread
            errors.append(error)

    threads = [threading.Thread(target=run, args=(n,), daemon=True) for n in range(count)]
    for thread in threads:
        thread.start()
    end = time.monotonic() + _BOUND
    for thread in threads:
        thread.join(max(0.0, end - time.monotonic()))
    stuck = sum(thread.is_alive() for thread in threads)
    expect(not stuck, f"{stuck} of {count} threads hang")
    if errors:
        raise PromiseBroken(f"in a thread: {errors[0]}") from errors[0]


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
                expect_equal(response.body, body, f"answer of call {call} in thread {thread}")

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

        def work(number: int) -> None:
            self.time_out(transport, request, SHORT + 0.1 * (number % 4))

        _at_once(8, work)

    def thread_that_ends(self) -> None:
        """Serves a new thread after the one that made the transport's first call has ended."""
        _, transport, request = self.prepare(echo())

        def work(_: int) -> None:
            self.send(transport, request)

        for _ in range(3):
            _at_once(1, work)
        with expect_within(LATE, "a send"):
            self.send(transport, request)
