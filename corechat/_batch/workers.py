"""Workers: what runs jobs: threads of our own, or the caller's executor."""

import threading
from collections.abc import Callable
from concurrent.futures import Executor, Future
from queue import SimpleQueue
from typing import Protocol

from corechat._batch.job import Job
from corechat._batch.work import Ending, Work
from corechat._call.gate import StoppedError

_JOIN = 1.0  # seconds; an idle thread takes some microseconds
Came = Callable[[Job], object]
"""Called in any thread with a job that is over."""


class Workers(Protocol):
    """Run jobs."""

    def submit(self, job: Job) -> None:
        """Take a job, and run it when there is a worker for it."""

    def stop(self) -> None:
        """Drop the jobs that no worker has begun."""

    def close(self, *, idle: bool) -> None:
        """Let go of the workers; wait for them only where they are idle."""


class Threads:
    """Run jobs in threads of our own, made as they are needed.

    They are daemons: what is in flight does not keep a program from ending after Ctrl-C.
    """

    def __init__(self, work: Work, most: int, came: Came, stop: threading.Event) -> None:
        self._jobs: SimpleQueue[Job | None] = SimpleQueue()
        self._arguments = (self._jobs, work, came, stop)
        self._most = most
        self._threads: list[threading.Thread] = []

    def submit(self, job: Job) -> None:
        """Queue the job; a new thread takes it, or one that is there."""
        self._jobs.put(job)
        if len(self._threads) < self._most:
            name = f"corechat-map-{len(self._threads) + 1}"
            thread = threading.Thread(target=_run, args=self._arguments, name=name, daemon=True)
            thread.start()
            self._threads.append(thread)

    def stop(self) -> None:
        """Do nothing: the threads look at the event themselves."""

    def close(self, *, idle: bool) -> None:
        """Tell each thread to end."""
        threads, self._threads = self._threads, []
        for _ in threads:
            self._jobs.put(None)
        if idle and threading.current_thread() not in threads:  # the collector may run in one
            for thread in threads:
                thread.join(_JOIN)


def _run(jobs: "SimpleQueue[Job | None]", work: Work, came: Came, stop: threading.Event) -> None:
    while (job := jobs.get()) is not None:
        try:
            job.end(StoppedError() if stop.is_set() else work(job.position, job.request))
        except BaseException as error:  # noqa: BLE001 - a thread that ends would leave its caller waiting
            job.end(error)
        came(job)


class Submitted:
    """Run jobs in the caller's executor, which stays the caller's."""

    def __init__(self, work: Work, executor: Executor, came: Came) -> None:
        self._work = work
        self._executor = executor
        self._came = came
        self._futures: dict[int, Future[Ending]] = {}

    def submit(self, job: Job) -> None:
        """Submit the job; raise whatever the executor does where it cannot."""
        future = self._executor.submit(self._work, job.position, job.request)
        self._futures[job.position] = future

        def over(future: Future[Ending]) -> None:
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

    def close(self, *, idle: bool) -> None:
        """Cancel what has not begun."""
        del idle
        self.stop()
