"""Ctrl-C ends a call at once, drops its connection, and leaves a usable transport."""

import signal
import time

from corechat.testing._kit.blackhole import BlackHole
from corechat.testing._kit.connection import Connection
from corechat.testing._kit.expectations import expect, expect_equal
from corechat.testing._kit.harness import LATE, PATIENT, Harness
from corechat.testing._kit.promise import PromiseGroup
from corechat.testing._kit.scripts import (
    CHUNKED_HEAD,
    always,
    chunk,
    each,
    in_turn,
    reply,
    then_wait,
)
from corechat.testing._kit.server import LoopbackServer, Script
from corechat.transport import TransportOptions
from corechat.transport._deadline import Deadline

INTERRUPT = PromiseGroup("interrupt")

_BOUND = 8.0


def _interrupted(
    harness: Harness, script: Script, *, body: bytes = b"{}", lingers: float = 0.0
) -> dict[str, object]:
    """Interrupt a call in a process of its own, and tell what became of it."""
    server = harness.serve(in_turn(script, each(lambda _: reply(b"after"))))
    request = harness.request(server.url, body=body)

    def work() -> dict[str, object]:
        transport = harness.factory(TransportOptions())
        how = "returned"
        try:
            transport.send(request, Deadline.after(PATIENT))
        except KeyboardInterrupt:
            how = "KeyboardInterrupt"
        except Exception as error:  # noqa: BLE001 - reported to the parent
            how = repr(error)
        ended = time.monotonic()
        time.sleep(lingers)  # the connection is to go now, and not only with the process
        left = time.monotonic()
        after = harness.send(transport, harness.request(server.url)).body.decode()
        transport.close()
        return {"how": how, "ended": ended, "left": left, "after": after}

    child = harness.fork(work)
    expect(_under_way(server), "the request did not arrive")
    time.sleep(0.15)
    sent = child.interrupt()
    report = child.result(_BOUND)
    report["took"] = float(str(report["ended"])) - sent
    gone = server.connections[0].gone_at
    report["dropped"] = gone is not None and gone <= float(str(report["left"]))
    return report


def _under_way(server: LoopbackServer) -> bool:
    return server.wait_until(lambda: bool(server.received or server.connections), 4.0)


def _check(report: dict[str, object]) -> None:
    expect_equal(report["how"], "KeyboardInterrupt", "end of the call")
    took = float(str(report["took"]))
    expect(took <= LATE, f"ended {took:.2f} s after Ctrl-C")


@INTERRUPT.promise
def _waiting(harness: Harness) -> None:
    """Ends within half a second of Ctrl-C while it waits for the answer."""
    _check(_interrupted(harness, then_wait(b"")))


@INTERRUPT.promise
def _reading(harness: Harness) -> None:
    """Ends within half a second of Ctrl-C in the middle of a body."""

    def script(connection: Connection) -> None:
        connection.read_request()
        connection.send(CHUNKED_HEAD)
        for _ in range(40):
            connection.send(chunk(b" "))
            connection.sleep(0.1)

    _check(_interrupted(harness, script))


@INTERRUPT.promise
def _writing(harness: Harness) -> None:
    """Ends within half a second of Ctrl-C while the server does not read."""

    def script(connection: Connection) -> None:
        connection.read_some(1)
        connection.sleep(4.0)

    _check(_interrupted(harness, script, body=b"x" * 16_000_000))


@INTERRUPT.promise
def _connecting(harness: Harness) -> None:
    """Ends within half a second of Ctrl-C while nobody answers the attempt to connect."""
    server = harness.serve(always(reply()))

    def work() -> dict[str, object]:
        transport = harness.factory(TransportOptions())
        harness.send(transport, harness.request(server.url))  # tells the parent that it begins
        try:
            transport.send(harness.request(hole.url), Deadline.after(PATIENT))
        except KeyboardInterrupt:
            return {"how": "KeyboardInterrupt", "ended": time.monotonic()}
        except Exception as error:  # noqa: BLE001 - reported to the parent
            return {"how": repr(error), "ended": time.monotonic()}
        return {"how": "returned", "ended": time.monotonic()}

    with BlackHole() as hole:
        child = harness.fork(work)
        expect(server.wait_for_requests(1, 4.0), "the request did not arrive")
        time.sleep(0.15)
        sent = child.interrupt()
        report = child.result(_BOUND)
    _check({**report, "took": float(str(report["ended"])) - sent})


@INTERRUPT.promise
def _other_signals(harness: Harness) -> None:
    """Goes on when a signal comes whose handler returns."""

    def script(connection: Connection) -> None:
        connection.read_request()
        connection.sleep(0.4)
        connection.send(reply(b"undisturbed"))
        connection.wait_gone()

    server = harness.serve(script)

    def work() -> dict[str, object]:
        signal.signal(signal.SIGINT, lambda *_: None)
        transport = harness.factory(TransportOptions())
        return {"body": harness.send(transport, harness.request(server.url)).body.decode()}

    child = harness.fork(work)
    expect(server.wait_for_requests(1, 4.0), "the request did not arrive")
    for _ in range(3):
        time.sleep(0.05)
        child.interrupt()
    expect_equal(child.result(_BOUND)["body"], "undisturbed", "answer")


@INTERRUPT.promise
def _drops_the_connection(harness: Harness) -> None:
    """Drops the connection at Ctrl-C, so that the server stops working."""
    report = _interrupted(harness, then_wait(b""), lingers=0.3)
    expect(report["dropped"], "the connection stays open after Ctrl-C")


@INTERRUPT.promise
def _usable_afterwards(harness: Harness) -> None:
    """Serves the next call after Ctrl-C."""
    report = _interrupted(harness, then_wait(b""))
    expect_equal(report["after"], "after", "answer of the next call")
