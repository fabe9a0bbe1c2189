"""One transport serves many threads at once, each with its own answers."""

import threading
import time
from collections.abc import Callable

from corechat.testing._kit.connection import Connection
from corechat.testing._kit.expectations import PromiseBroken, expect, expect_equal
from corechat.testing._kit.harness import LATE, SHORT, Harness
from corechat.testing._kit.promise import PromiseGroup
from corechat.testing._kit.scripts import each, reply, then_wait
from corechat.transport import ConnectionFailure

CONCURRENCY = PromiseGroup("concurrency")

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


@CONCURRENCY.promise
def _own_answers(harness: Harness) -> None:
    """Gives 16 threads of 20 calls each their own answers, none lost, none twice."""
    server = harness.serve(each(lambda request: reply(request.body)))
    transport = harness.transport()

    def work(thread: int) -> None:
        for call in range(_CALLS):
            body = b"%d/%d" % (thread, call)
            response = harness.send(transport, harness.request(server.url, body=body), 10.0)
            expect_equal(response.body, body, f"answer of call {call} in thread {thread}")

    _at_once(_THREADS, work)
    bodies = {request.body for request in server.received}
    expect_equal(len(server.received), _THREADS * _CALLS, "requests at the server")
    expect_equal(len(bodies), _THREADS * _CALLS, "different requests at the server")


@CONCURRENCY.promise
def _in_parallel(harness: Harness) -> None:
    """Carries 16 calls at the same time, not one after the other."""
    together = threading.Barrier(_THREADS)

    def script(connection: Connection) -> None:
        connection.read_request()
        together.wait(2.5)  # breaks unless all sixteen are under way
        connection.send(reply(b"together"))
        connection.wait_gone()

    server = harness.serve(script)
    transport = harness.transport()

    def work(_: int) -> None:
        response = harness.send(transport, harness.request(server.url), 3.0)
        expect_equal(response.body, b"together", "answer")

    _at_once(_THREADS, work)


@CONCURRENCY.promise
def _own_failures(harness: Harness) -> None:
    """Gives each thread its own outcome when every third call is cut and large ones mix in."""

    def script(connection: Connection) -> None:
        while True:
            request = connection.read_request()
            if request.body.startswith(b"cut"):
                connection.send(reply(request.body)[:-1])
                return
            connection.send(reply(request.body))

    server = harness.serve(script)
    transport = harness.transport()

    def work(thread: int) -> None:
        for call in range(9):
            cut = call % 3 == 2  # noqa: PLR2004 - every third
            body = b"%s %d/%d " % (b"cut" if cut else b"whole", thread, call)
            body *= 5000 if call % 3 == 1 else 1
            request = harness.request(server.url, body=body)
            if cut:
                harness.fail(transport, request, ConnectionFailure, 10.0)
            else:
                response = harness.send(transport, request, 10.0)
                expect(response.body == body, "the answer is another call's")

    _at_once(8, work)


@CONCURRENCY.promise
def _own_deadlines(harness: Harness) -> None:
    """Ends each thread's call by its own deadline while others wait longer."""
    server = harness.serve(then_wait(b""))
    transport = harness.transport()

    def work(number: int) -> None:
        harness.time_out(transport, harness.request(server.url), SHORT + 0.1 * (number % 4))

    _at_once(8, work)


@CONCURRENCY.promise
def _thread_that_ends(harness: Harness) -> None:
    """Serves a new thread after the one that made the transport's first call has ended."""
    server = harness.serve(each(lambda request: reply(request.body)))
    transport = harness.transport()

    def work(_: int) -> None:
        harness.send(transport, harness.request(server.url))

    for _ in range(3):
        _at_once(1, work)
    start = time.monotonic()
    harness.send(transport, harness.request(server.url))
    expect(time.monotonic() - start <= LATE, "took its time")
