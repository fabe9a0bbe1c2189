"""Workers: what runs jobs: threads of our own, or the caller's executor."""

import threading
from collections.abc import Callable
from concurrent.futures import Executor, Future
from queue import SimpleQueue
from typing import Any, Protocol

from corechat._batch.job import Job
from corechat._batch.outcome import Outcome
from corechat._batch.work import Work
from corechat._call.gate import StoppedError

Came = Callable[[Job], object]
"""Called in any thread with a job that is over."""


class Workers(Protocol):
    """Run jobs."""

    def submit(self, job: Job) -> None:
        """Take a job, and run it when there is a worker for it."""

    def stop(self) -> None:
        """Drop the jobs that no worker has begun."""

    def close(self) -> None:
        """Let go of the workers as they end, and wait for none."""


class Threads:
    """Run jobs in threads of our own, made as they are needed.

    They are daemons: what is in flight does not keep a program from ending after Ctrl-C.
    """

    def __init__(self, work: Work, most: int, came: Came, stop: threading.Event) -> None:
        self._jobs: SimpleQueue[Job | None] = SimpleQueue()
        self._arguments = (self._jobs, work, came, stop)
        self._most = most
        self._count = 0

    def submit(self, job: Job) -> None:
        """Queue the job; a new thread takes it, or one that is there."""
        self._jobs.put(job)
        if self._count < self._most:
            self._count += 1
            name = f"corechat-map-{self._count}"
            threading.Thread(target=_run, args=self._arguments, name=name, daemon=True).start()

    def stop(self) -> None:
        """Do nothing: the threads look at the event themselves."""

    def close(self) -> None:
        """Tell each thread to end."""
        for _ in range(self._count):
            self._jobs.put(None)
        self._count = 0


def _run(jobs: "SimpleQueue[Job | None]", work: Work, came: Came, stop: threading.Event) -> None:
    while (job := jobs.get()) is not None:
        try:
            job.end(StoppedError() if stop.is_set() else work(job.key, job.request))
        except BaseException as error:  # noqa: BLE001 - a thread that ends would leave its caller waiting
            job.end(error)
        came(job)


class Submitted:
    """Run jobs in the caller's executor, which stays the caller's."""

    def __init__(self, work: Work, executor: Executor, came: Came) -> None:
        self._work = work
        self._executor = executor
        self._came = came
        self._futures: dict[int, Future[Outcome[Any]]] = {}

    def submit(self, job: Job) -> None:
        """Submit the job; raise whatever the executor does where it cannot."""
        future = self._executor.submit(self._work, job.key, job.request)
        self._futures[job.position] = future

        def over(future: Future[Outcome[Any]]) -> None:
            self._futures.pop(job.position, None)
            if future.cancelled():
                job.end(StoppedError())
            else:
                job.end(future.exception() or future.result())
            self._came(job)

        future.add_done_callback(over)

    def stop(self) -> None:
        """Cancel what has not begun."""
        for future in list(self._futures.values()):
            future.cancel()

    def close(self) -> None:
        """Cancel what has not begun."""
        self.stop()
