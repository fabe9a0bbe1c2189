"""Promises about the end of a transport."""

import contextlib
import gc
import logging
import os
import pickle
import subprocess
import sys
import threading
import time
import warnings
from collections.abc import Iterator
from pathlib import Path

from corechat.errors import CorechatError
from corechat.testing._kit.capture import LogCapture
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
from corechat.testing._kit.scripts import always, reply, then_wait
from corechat.transport import Deadline, TransportFailure, TransportOptions

_CYCLES = 5
_EXIT_CODE_UNIMPORTABLE = 77


def _open_files() -> int:
    for folder in ("/proc/self/fd", "/dev/fd"):
        if Path(folder).is_dir():
            return len(os.listdir(folder))  # noqa: PTH208 - the folder changes while it is read
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
    expect(not complaints, f"complained: {'; '.join(complaints)}")


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

    def unused(self) -> None:
        """Closes without having been used."""
        self.transport().close()

    def twice(self) -> None:
        """Closes twice as well as once."""
        _, transport, request = self.prepare(always(reply()))
        self.send(transport, request)
        transport.close()
        transport.close()

    def drops_connections(self) -> None:
        """Closes every connection that it kept."""
        server, transport, request = self.prepare(always(reply()))
        self.send(transport, request)
        transport.close()
        gone = server.wait_until(
            lambda: all(c.gone_at is not None for c in server.connections), 1.0
        )
        expect(gone, "a connection stays open after close()")

    def send_afterwards(self) -> None:
        """Either serves a call after close, or refuses it by one of corechat's own errors."""
        _, transport, request = self.prepare(always(reply()))
        self.send(transport, request)
        transport.close()
        try:
            transport.send(request, Deadline.after(PATIENT))
        except (TransportFailure, CorechatError):
            pass
        except Exception as error:
            raise foreign(error) from error

    def during_a_call(self) -> None:
        """Lets a call that is under way in another thread end in its own time when it is closed."""
        server, transport, request = self.prepare(then_wait(b""))
        ends: list[str] = []

        def call() -> None:
            try:
                transport.send(request, Deadline.after(0.6))
            except (TransportFailure, CorechatError):
                ends.append("failure")
            except Exception as error:  # noqa: BLE001 - reported below
                ends.append(str(foreign(error)))

        thread = threading.Thread(target=call, daemon=True)
        thread.start()
        expect(server.wait_for_requests(1), "the request did not arrive")
        transport.close()
        thread.join(3.0)
        expect_equal(ends, ["failure"], "end of the call")

    def leaves_nothing(self) -> None:
        """Does not leave a thread or an open file behind, cycle after cycle."""
        server = self.serve(always(reply()))

        def cycle() -> None:
            transport = self.factory(TransportOptions())
            self.send(transport, self.request(server.url))
            transport.close()

        def count() -> tuple[int, int]:
            gc.collect()
            threads = [t for t in threading.enumerate() if "_serve" not in t.name]
            return _open_files(), len(threads)

        def settled(wanted: tuple[int, int]) -> bool:
            files, threads = count()
            return files <= wanted[0] and threads <= wanted[1]

        cycle()  # what is made once a process is not a leak
        server.wait_until(lambda: all(c.gone_at is not None for c in server.connections), 1.0)
        time.sleep(0.05)
        before = count()
        for _ in range(_CYCLES):
            cycle()
        if not server.wait_until(lambda: settled(before), 1.5):
            after = count()
            raise PromiseBroken(
                f"{after[0] - before[0]} files and {after[1] - before[1]} threads more "
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
            gone = server.wait_until(lambda: server.connections[0].gone_at is not None, 1.0)
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
        if done.returncode == _EXIT_CODE_UNIMPORTABLE:
            raise NotApplicable("a fresh interpreter cannot import this factory")
        expect(not done.stderr.strip(), f"wrote to stderr: {done.stderr.strip()[-500:]}")
        expect_equal(done.returncode, 0, "exit code")
