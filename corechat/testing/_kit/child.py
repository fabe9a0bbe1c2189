"""Child: a forked process that reports back, and never outlives its bound."""

import contextlib
import json
import os
import select
import signal
import time
import warnings
from collections.abc import Callable

from corechat.testing._kit.expectations import NotApplicable, PromiseBroken

Work = Callable[[], dict[str, object]]


class Child:
    """A forked process that does some work, whose result must be JSON."""

    def __init__(self, work: Work) -> None:
        if not hasattr(os, "fork"):
            raise NotApplicable("this system has no os.fork")
        self._read, write = os.pipe()
        with warnings.catch_warnings():
            # Python 3.12 warns of fork beside threads; that it works all the same is the promise.
            warnings.simplefilter("ignore", DeprecationWarning)
            self.pid = os.fork()
        if self.pid == 0:
            _run(work, write)
        os.close(write)
        self._ended = False

    def interrupt(self) -> float:
        """Send the child a Ctrl-C; return when, on the monotonic clock that all processes share."""
        os.kill(self.pid, signal.SIGINT)
        return time.monotonic()

    def result(self, seconds: float) -> dict[str, object]:
        """Return what the work in the child returned; when the time is over the child is killed."""
        end = time.monotonic() + seconds
        data = b""
        while (left := end - time.monotonic()) > 0:
            if not select.select([self._read], [], [], left)[0]:
                break
            part = os.read(self._read, 65536)
            if not part:
                break
            data += part
        self.kill()
        if not data:
            raise PromiseBroken(f"the child process gave no result within {seconds:g} s")
        report: dict[str, object] = json.loads(data)
        if "broken" in report:
            raise PromiseBroken(f"in the child process: {report['broken']}")
        return report

    def kill(self) -> None:
        """End the child if it still runs, and reap it. May be called twice."""
        if self._ended:
            return
        self._ended = True
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)
        with contextlib.suppress(ChildProcessError):
            os.waitpid(self.pid, 0)
        os.close(self._read)


def _run(work: Work, write: int) -> None:
    """Do the work and leave at once: the parent's finalizers and buffers are not the child's."""
    try:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        try:
            report = work()
        except BaseException as error:  # noqa: BLE001 - whatever it is, the parent is to know
            report = {"broken": f"{type(error).__name__}: {error}"}
        os.write(write, json.dumps(report).encode())
    finally:
        os._exit(0)
