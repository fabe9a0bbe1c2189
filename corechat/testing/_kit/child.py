"""Background and Child: work in a thread, and in a forked process, that cannot hang the kit."""

import contextlib
import multiprocessing
import os
import signal
import threading
import time
import warnings
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import Any

from corechat.testing._kit.expectations import NotApplicable, PromiseBroken

Work = Callable[[], dict[str, Any]]


class Background(threading.Thread):
    """A thread that does some work; it does not keep the interpreter from exiting.

    Attributes:
        error: what the work raised.
    """

    def __init__(self, work: Callable[[], object]) -> None:
        super().__init__(daemon=True)
        self.error: BaseException | None = None
        self._work = work
        self.start()

    def run(self) -> None:
        """Do the work."""
        try:
            self._work()
        except BaseException as error:  # noqa: BLE001 - for whoever waits
            self.error = error

    def ends(self, seconds: float) -> bool:
        """Wait for its end, for so many seconds at most; tell if it has come."""
        self.join(max(seconds, 0.0))
        return not self.is_alive()


class Child:
    """A forked process that does some work, whose result must pickle."""

    def __init__(self, work: Work) -> None:
        if not hasattr(os, "fork"):
            raise NotApplicable("this system has no os.fork")
        context = multiprocessing.get_context("fork")
        self._report, write = context.Pipe(duplex=False)
        self._process = context.Process(target=_run, args=(work, write))
        with warnings.catch_warnings():
            # Python 3.12 warns of fork beside threads; that it works all the same is the promise.
            warnings.simplefilter("ignore", DeprecationWarning)
            self._process.start()
        write.close()

    def interrupt(self) -> float:
        """Send the child a Ctrl-C; return when, on the monotonic clock that all processes share."""
        os.kill(self._process.pid or 0, signal.SIGINT)
        return time.monotonic()

    def result(self, seconds: float) -> dict[str, Any]:
        """Return what the work in the child returned; when the time is over the child is killed."""
        report: dict[str, Any] | None = None
        with contextlib.suppress(EOFError):  # it died
            report = self._report.recv() if self._report.poll(seconds) else None
        self.kill()
        if report is None:
            raise PromiseBroken(f"the child process gave no result within {seconds:g} s")
        if "broken" in report:
            raise PromiseBroken(f"in the child process: {report['broken']}")
        return report

    def kill(self) -> None:
        """End the child if it still runs, and reap it. May be called twice."""
        self._process.kill()
        self._process.join()


def _run(work: Work, write: Connection) -> None:
    """Do the work and leave at once: the parent's finalizers and buffers are not the child's."""
    try:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        try:
            report = work()
        except BaseException as error:  # noqa: BLE001 - whatever it is, the parent is to know
            report = {"broken": f"{type(error).__name__}: {error}"}
        write.send(report)
    finally:
        os._exit(0)
