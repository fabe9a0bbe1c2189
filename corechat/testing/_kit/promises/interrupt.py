"""Promises about Ctrl-C."""

import signal
import time

from corechat.testing._kit.blackhole import BlackHole
from corechat.testing._kit.expectations import expect, expect_equal
from corechat.testing._kit.harness import LATE, PATIENT
from corechat.testing._kit.promise import PromiseGroup
from corechat.testing._kit.scripts import (
    CHUNKED_HEAD,
    READ,
    WAIT,
    always,
    chunk,
    in_turn,
    play,
    repeat,
    reply,
    then_wait,
)
from corechat.testing._kit.server import LoopbackServer, Script
from corechat.transport import Deadline, HttpRequest, Transport, TransportOptions

_BOUND = 8.0


def _under_way(server: LoopbackServer) -> bool:
    return server.wait_until(lambda: bool(server.received or server.connections), 4.0)


def _end_of_send(transport: Transport, request: HttpRequest) -> dict[str, object]:
    """Send, and tell how and when that ended."""
    how = "returned"
    try:
        transport.send(request, Deadline.after(PATIENT))
    except KeyboardInterrupt:
        how = "KeyboardInterrupt"
    except Exception as error:  # noqa: BLE001 - reported to the parent
        how = repr(error)
    return {"how": how, "ended": time.monotonic()}


def _check(report: dict[str, object]) -> None:
    expect_equal(report["how"], "KeyboardInterrupt", "end of the call")
    took = float(str(report["took"]))
    expect(took <= LATE, f"ended {took:.2f} s after Ctrl-C")


class InterruptPromises(PromiseGroup):
    """Ctrl-C ends a call at once, drops its connection, and leaves a usable transport."""

    theme = "interrupt"

    def _interrupted(
        self, script: Script, *, body: bytes = b"{}", lingers: float = 0.0
    ) -> dict[str, object]:
        """Interrupt a call in a process of its own, and tell what became of it."""
        server = self.serve(in_turn(script, always(reply(b"after"))))
        request = self.request(server.url, body=body)

        def work() -> dict[str, object]:
            transport = self.factory(TransportOptions())
            end = _end_of_send(transport, request)
            time.sleep(lingers)  # the connection is to go now, and not only with the process
            left = time.monotonic()
            after = self.send(transport, self.request(server.url)).body.decode()
            transport.close()
            return {**end, "left": left, "after": after}

        child = self.fork(work)
        expect(_under_way(server), "the request did not arrive")
        time.sleep(0.15)
        sent = child.interrupt()
        report = child.result(_BOUND)
        report["took"] = float(str(report["ended"])) - sent
        gone = server.connections[0].gone_at
        report["dropped"] = gone is not None and gone <= float(str(report["left"]))
        return report

    def waiting(self) -> None:
        """Ends within half a second of Ctrl-C while it waits for the answer."""
        _check(self._interrupted(then_wait(b"")))

    def reading(self) -> None:
        """Ends within half a second of Ctrl-C in the middle of a body."""
        script = play(READ, CHUNKED_HEAD, repeat(40, chunk(b" "), 0.1))
        _check(self._interrupted(script))

    def writing(self) -> None:
        """Ends within half a second of Ctrl-C while the server does not read."""
        script = play(lambda connection: connection.read_some(1), 4.0)
        _check(self._interrupted(script, body=b"x" * 16_000_000))

    def connecting(self) -> None:
        """Ends within half a second of Ctrl-C while nobody answers the attempt to connect."""
        server = self.serve(always(reply()))

        def work() -> dict[str, object]:
            transport = self.factory(TransportOptions())
            self.send(transport, self.request(server.url))  # tells the parent that it begins
            return _end_of_send(transport, self.request(hole.url))

        with BlackHole() as hole:
            child = self.fork(work)
            expect(server.wait_for_requests(1, 4.0), "the request did not arrive")
            time.sleep(0.15)
            sent = child.interrupt()
            report = child.result(_BOUND)
        _check({**report, "took": float(str(report["ended"])) - sent})

    def other_signals(self) -> None:
        """Goes on when a signal comes whose handler returns."""
        server = self.serve(play(READ, 0.4, reply(b"undisturbed"), WAIT))

        def work() -> dict[str, object]:
            signal.signal(signal.SIGINT, lambda *_: None)
            transport = self.factory(TransportOptions())
            return {"body": self.send(transport, self.request(server.url)).body.decode()}

        child = self.fork(work)
        expect(server.wait_for_requests(1, 4.0), "the request did not arrive")
        for _ in range(3):
            time.sleep(0.05)
            child.interrupt()
        expect_equal(child.result(_BOUND)["body"], "undisturbed", "answer")

    def drops_the_connection(self) -> None:
        """Drops the connection at Ctrl-C, so that the server stops working."""
        report = self._interrupted(then_wait(b""), lingers=0.3)
        expect(report["dropped"], "the connection stays open after Ctrl-C")

    def usable_afterwards(self) -> None:
        """Serves the next call after Ctrl-C."""
        report = self._interrupted(then_wait(b""))
        expect_equal(report["after"], "after", "answer of the next call")
