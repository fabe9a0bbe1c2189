"""Promises about Ctrl-C, and about the end of a transport."""

import contextlib
import gc
import logging
import os
import pickle
import signal
import subprocess
import sys
import threading
import time
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from corechat.errors import CorechatError
from corechat.testing._kit.blackhole import BlackHole
from corechat.testing._kit.capture import LogCapture
from corechat.testing._kit.child import Background, Child
from corechat.testing._kit.connection import Connection
from corechat.testing._kit.expectations import (
    NotApplicable,
    PromiseBroken,
    expect,
    expect_equal,
    expect_within,
    foreign,
)
from corechat.testing._kit.harness import LATE, PATIENT, SHORT
from corechat.testing._kit.promise import PromiseGroup
from corechat.testing._kit.replies import CHUNKED_HEAD, chunk, reply
from corechat.testing._kit.scripts import READ, WAIT, always, in_turn, play, repeat, then_wait
from corechat.testing._kit.server import LoopbackServer, Script
from corechat.transport import (
    Deadline,
    HttpRequest,
    Transport,
    TransportFailure,
    TransportOptions,
)

_ENDED = 8.0
_CYCLES = 5
_UNIMPORTABLE = 77


def _end_of_send(transport: Transport, request: HttpRequest) -> dict[str, Any]:
    """Send, and tell how and when that ended."""
    how = "returned"
    try:
        transport.send(request, Deadline.after(PATIENT))
    except KeyboardInterrupt:
        how = "KeyboardInterrupt"
    except Exception as error:  # noqa: BLE001 - reported to the parent
        how = repr(error)
    return {"how": how, "ended": time.monotonic()}


def _interrupt(child: Child) -> dict[str, Any]:
    """Send a child a Ctrl-C in the middle of its call; return its report."""
    time.sleep(0.15)
    sent = child.interrupt()
    report = child.result(_ENDED)
    return {**report, "took": report["ended"] - sent}


def _ended_at_once(report: dict[str, Any]) -> None:
    expect_equal(report["how"], "KeyboardInterrupt", "end of the call")
    expect(report["took"] <= LATE, f"ended {report['took']:.2f} s after Ctrl-C")


class InterruptPromises(PromiseGroup):
    """Ctrl-C ends a call at once, drops its connection, and leaves a usable transport."""

    theme = "interrupt"

    def _interrupted(
        self, script: Script, *, body: bytes = b"{}", lingers: float = 0.0
    ) -> dict[str, Any]:
        """Interrupt a call in a process of its own, and tell what became of it."""
        server = self.serve(in_turn(script, always(reply(b"after"))))
        request = self.request(server.url, body=body)

        def work() -> dict[str, Any]:
            transport = self.factory(TransportOptions())
            end = _end_of_send(transport, request)
            time.sleep(lingers)  # the connection is to go now, and not only with the process
            left = time.monotonic()
            after = self.send(transport, self.request(server.url)).body
            transport.close()
            return {**end, "left": left, "after": after}

        child = self.fork(work)
        under_way = server.wait_until(lambda: bool(server.received or server.connections), 4.0)
        expect(under_way, "the request did not arrive")
        report = _interrupt(child)
        gone = server.connections[0].gone_at
        return {**report, "dropped": gone is not None and gone <= report["left"]}

    def waiting(self) -> None:
        """Ends within half a second of Ctrl-C while it waits for the answer."""
        _ended_at_once(self._interrupted(then_wait(b"")))

    def reading(self) -> None:
        """Ends within half a second of Ctrl-C in the middle of a body."""
        script = play(READ, CHUNKED_HEAD, repeat(40, chunk(b" "), 0.1))
        _ended_at_once(self._interrupted(script))

    def writing(self) -> None:
        """Ends within half a second of Ctrl-C while the server does not read."""
        script = play(lambda connection: connection.read_some(1), 4.0)
        _ended_at_once(self._interrupted(script, body=b"x" * 16_000_000))

    def connecting(self) -> None:
        """Ends within half a second of Ctrl-C while nobody answers the attempt to connect."""
        server = self.serve(always(reply()))

        def work() -> dict[str, Any]:
            transport = self.factory(TransportOptions())
            self.send(transport, self.request(server.url))  # tells the parent that it begins
            return _end_of_send(transport, self.request(hole.url))

        with BlackHole() as hole:
            child = self.fork(work)
            expect(server.wait_for_requests(1, 4.0), "the request did not arrive")
            _ended_at_once(_interrupt(child))

    def other_signals(self) -> None:
        """Goes on when a signal comes whose handler returns."""
        server = self.serve(play(READ, 0.4, reply(b"undisturbed"), WAIT))

        def work() -> dict[str, Any]:
            signal.signal(signal.SIGINT, lambda *_: None)
            transport = self.factory(TransportOptions())
            return {"body": self.send(transport, self.request(server.url)).body}

        child = self.fork(work)
        expect(server.wait_for_requests(1, 4.0), "the request did not arrive")
        for _ in range(3):
            time.sleep(0.05)
            child.interrupt()
        expect_equal(child.result(_ENDED)["body"], b"undisturbed", "answer")

    def drops_the_connection(self) -> None:
        """Drops the connection at Ctrl-C, so that the server stops working."""
        report = self._interrupted(then_wait(b""), lingers=0.3)
        expect(report["dropped"], "the connection stays open after Ctrl-C")

    def usable_afterwards(self) -> None:
        """Serves the next call after Ctrl-C."""
        report = self._interrupted(then_wait(b""))
        expect_equal(report["after"], b"after", "answer of the next call")


def _in_use() -> tuple[int, int]:
    """Count this process's open files and its threads, without those of servers."""
    gc.collect()
    threads = [thread for thread in threading.enumerate() if "_serve" not in thread.name]
    for folder in ("/proc/self/fd", "/dev/fd"):
        if Path(folder).is_dir():
            return len(os.listdir(folder)), len(threads)  # noqa: PTH208 - it changes while it is read
    raise NotApplicable("this system does not list a process's open files")


@contextlib.contextmanager
def _no_complaints() -> Iterator[None]:
    """Check that nothing is warned of, logged as a warning, or raised where nobody can catch it."""
    complaints: list[str] = []
    hook = sys.unraisablehook
    sys.unraisablehook = lambda args: complaints.append(repr(args.exc_value))
    try:
        with warnings.catch_warnings(record=True) as caught, LogCapture() as capture:
            warnings.simplefilter("always")
            yield
    finally:
        sys.unraisablehook = hook
    complaints += [str(warning.message) for warning in caught]
    complaints += [r.getMessage() for r in capture.records if r.levelno >= logging.WARNING]
    if complaints:
        kind = complaints[0].partition("<")[0].partition("(")[0].strip()
        raise PromiseBroken(f"complained: {'; '.join(complaints)}", f"complained: {kind}")


def _end_of_its_own(transport: Transport, request: HttpRequest, seconds: float) -> object:
    """Send; return the answer, or the failure or error of corechat's own that came instead."""
    try:
        return transport.send(request, Deadline.after(seconds))
    except (TransportFailure, CorechatError) as error:
        return error
    except Exception as error:
        raise foreign(error) from error


_PROGRAM = """
import pickle, sys
from corechat.transport import Deadline, Headers, HttpRequest, TransportOptions
try:
    factory = pickle.loads(bytes.fromhex(sys.argv[1]))
except Exception:
    sys.exit(77)
transport = factory(TransportOptions())
request = HttpRequest("POST", sys.argv[2], Headers({"Accept": "*/*"}), b"{}")
response = transport.send(request, Deadline.after(10.0))
assert response.status == 200, response
"""


class ClosingPromises(PromiseGroup):
    """A transport ends cleanly, whether it is closed, closed twice, forgotten or never used."""

    theme = "closing"

    def _used(self, script: Script) -> tuple[LoopbackServer, Transport, HttpRequest]:
        """Make a transport that has made a call."""
        server, transport, request = self.prepare(script)
        self.send(transport, request)
        return server, transport, request

    def unused(self) -> None:
        """Closes without having been used."""
        self.transport().close()

    def twice(self) -> None:
        """Closes twice as well as once."""
        _, transport, _ = self._used(always(reply()))
        transport.close()
        transport.close()

    def drops_connections(self) -> None:
        """Closes every connection that it kept."""
        server, transport, _ = self._used(always(reply()))
        transport.close()
        expect(server.wait_all_gone(), "a connection stays open after close()")

    def send_afterwards(self) -> None:
        """Either serves a call after close, or refuses it by one of corechat's own errors."""
        _, transport, request = self._used(always(reply()))
        transport.close()
        _end_of_its_own(transport, request, PATIENT)

    def during_a_call(self) -> None:
        """Lets a call that is under way in another thread end in its own time when it is closed."""
        server, transport, request = self.prepare(then_wait(b""))
        ends: list[object] = []
        call = Background(lambda: ends.append(_end_of_its_own(transport, request, 0.6)))
        expect(server.wait_for_requests(1), "the request did not arrive")
        transport.close()
        call.ends(3.0)
        failed = [isinstance(end, TransportFailure | CorechatError) for end in ends]
        expect(failed == [True], f"end of the call: {call.error or ends}, not a failure")

    def leaves_nothing(self) -> None:
        """Does not leave a thread or an open file behind, cycle after cycle."""
        server = self.serve(always(reply()))

        def cycle() -> None:
            transport = self.factory(TransportOptions())
            self.send(transport, self.request(server.url))
            transport.close()

        def more() -> tuple[int, int]:
            files, threads = _in_use()
            return files - before[0], threads - before[1]

        cycle()  # what is made once a process is not a leak
        server.wait_all_gone()
        time.sleep(0.05)
        before = _in_use()
        for _ in range(_CYCLES):
            cycle()
        if not server.wait_until(lambda: max(more()) <= 0, 1.5):
            files, threads = more()
            raise PromiseBroken(
                f"{files} files and {threads} threads more "
                f"after {_CYCLES} transports were made, used and closed"
            )

    def forgotten(self) -> None:
        """Drops its connections without a warning when it is collected though nobody closed it."""
        server = self.serve(always(reply()))
        with _no_complaints():
            transport = self.factory(TransportOptions())
            self.send(transport, self.request(server.url))
            del transport
            gc.collect()
            gone = server.wait_all_gone()
        expect(gone, "the connection stays open")

    def half_sent(self) -> None:
        """Does not leave a connection behind whose server answered before it read the request."""

        def script(connection: Connection) -> None:
            request = connection.read_head()
            connection.send(reply(b"too large", 413, [("Connection", "close")]))
            if connection.number:
                connection.half_close()
                connection.read_body(request)
            connection.sleep(3.0)

        server = self.serve(script)
        request = self.request(server.url, body=b"x" * 16_000_000)
        transport = self.factory(TransportOptions())
        for _ in range(2):
            with _no_complaints(), contextlib.suppress(TransportFailure):
                transport.send(request, Deadline.after(SHORT))
        with _no_complaints():
            with expect_within(LATE, "close()"):
                transport.close()
            del transport
            gc.collect()

    def interpreter_exit(self) -> None:
        """Lets the interpreter exit, quietly and at once, though nobody closed it."""
        try:
            factory = pickle.dumps(self.factory).hex()
        except (pickle.PicklingError, AttributeError, TypeError):
            raise NotApplicable("a fresh interpreter cannot import this factory") from None
        server = self.serve(always(reply()))
        options = ["-W", "always::ResourceWarning", "-c", _PROGRAM]
        command = [sys.executable, *options, factory, f"{server.url}/"]
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
        try:
            done = subprocess.run(  # noqa: S603 - the command is our own
                command, env=environment, capture_output=True, text=True, timeout=12.0, check=False
            )
        except subprocess.TimeoutExpired:
            raise PromiseBroken("the interpreter does not exit") from None
        if done.returncode == _UNIMPORTABLE:
            raise NotApplicable("a fresh interpreter cannot import this factory")
        expect(not done.stderr.strip(), f"wrote to stderr: {done.stderr.strip()[-500:]}")
        expect_equal(done.returncode, 0, "exit code")
