"""Outcomes: the iterator that `Client.map` returns."""

import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor
from typing import Any, Generic, Self

from corechat._batch.job import Job
from corechat._batch.outcome import Item, Outcome, Parameters, R_co
from corechat._batch.progress import Progress
from corechat._batch.stop import StopWhen
from corechat._batch.work import Work
from corechat._batch.workers import Submitted, Threads, Workers
from corechat._errors.text import describe_exception
from corechat.errors import ExecutorError
from corechat.responses._usage import tokens_of
from corechat.transport._deadline import Deadline

_WINDOW = 8  # times the concurrency: how far an ordered run goes on behind a slow request
_GRACE = 5.0  # seconds after the deadline of all, in which calls that met theirs come back


class Outcomes(Iterator[Outcome[R_co]], Generic[R_co]):
    """Hand out the outcomes of many requests, one by one; a context manager, too.

    Requests are pulled, and outcomes told to ``on_outcome``, in the thread that iterates.

    Ctrl-C raises KeyboardInterrupt at once: ``on_outcome`` has then been told of every outcome
    that had come, and to iterate on hands out those that were not handed out yet, without
    waiting for what is in flight.

    Attributes:
        stopped: why requests were left over; None where every one was sent.
        done: how many outcomes have come.
        failed: how many of them are errors.
        tokens: how many tokens the answers have used.
    """

    _closed = True  # until the constructor has ended

    def __init__(  # noqa: PLR0913 - one keyword a decision of `Client.map`
        self,
        items: Iterable[Item],
        work: Callable[[threading.Event, Deadline | None], Work],
        *,
        concurrency: int,
        ordered: bool,
        executor: Executor | None,
        stop_when: StopWhen,
        on_outcome: Callable[[Outcome[R_co]], object] | None,
        progress: Progress | None,
    ) -> None:
        self.stopped: str | None = None
        self.done = self.failed = self.tokens = 0
        self._items = iter(items)
        self._make_work = work
        self._concurrency = concurrency
        self._ordered = ordered
        self._executor = executor
        # our own threads find the next job waiting; an executor has workers of its own number, and
        # where outcomes may end it, nothing is sent that would not have been
        ahead = executor is None and stop_when.errors is None and stop_when.tokens is None
        self._most = concurrency * (2 if ahead else 1)
        self._stop_when = stop_when
        self._on_outcome = on_outcome
        self._progress = progress
        self._workers: Workers | None = None
        self._until: Deadline | None = None
        self._stop = threading.Event()  # nothing more is to be sent
        self._woken = threading.Event()
        self._came: deque[Job] = deque()  # over, and not told yet
        self._pending: dict[int, Job] = {}  # pulled, and not handed out yet
        self._ready: deque[int] = deque()  # told; positions to hand out next
        self._unsent: list[Job] = []
        self._pulled = 0
        self._running = 0
        self._next_out = 0
        self._exhausted = False
        self._failure: Exception | None = None
        self._closed = False

    def __next__(self) -> Outcome[R_co]:
        """Return the next outcome.

        Raises:
            StopIteration: every request that was sent has been handed out.
            ExecutorError: the executor takes nothing more; all that came was handed out.
        """
        try:
            return self._next()
        except BaseException as error:
            if not isinstance(error, Exception):
                self.close("interrupted")
            raise

    def _next(self) -> Outcome[R_co]:
        while True:
            self._tell()  # first: it makes room, and nobody wakes this again for that
            pulled = self._pull()
            outcome = self._hand_out()
            if outcome is not None:
                return outcome
            if pulled:
                continue
            if not self._running or self._closed or not self._wait():
                break
        failure, self._failure = self._failure, None
        if not self._closed:
            self.close()
        if failure is not None:
            raise failure
        raise StopIteration

    def _pull(self) -> bool:
        """Take one request of the iterable, if there is room for it, and submit it."""
        if self._stop.is_set() or self._exhausted or not self._has_room():
            return False
        workers = self._start()
        try:
            item = next(self._items)
        except StopIteration:
            self._exhausted = True
            return False
        except Exception as error:  # noqa: BLE001 - raised when the rest is handed out
            self._fail(error, "the iterable of requests failed")
            return False
        job = Job(self._pulled, item)
        self._pulled += 1
        try:
            workers.submit(job)
        except Exception as error:  # noqa: BLE001 - whatever an executor raises, it takes nothing more
            self._unsent.append(job)
            why = describe_exception(error)
            self._fail(ExecutorError(f"The executor takes no more requests: {why}"), "the executor")
            return False
        self._pending[job.position] = job
        self._running += 1
        return True

    def _has_room(self) -> bool:
        return self._running < self._most and len(self._pending) < _WINDOW * self._concurrency

    def _start(self) -> Workers:
        if self._workers is None:
            seconds = self._stop_when.seconds
            self._until = None if seconds is None else Deadline.after(seconds)
            work, came = self._make_work(self._stop, self._until), self._came
            woken = self._woken  # not self: a thread must not keep what nobody iterates any more

            def over(job: Job) -> None:
                came.append(job)
                if not woken.is_set():
                    woken.set()

            self._workers = (
                Threads(work, self._concurrency, over, self._stop)
                if self._executor is None
                else Submitted(work, self._executor, over)
            )
        return self._workers

    def _fail(self, error: Exception, reason: str) -> None:
        """Pull no more; what was pulled is sent and handed out before the error is raised."""
        self._failure, self._exhausted = error, True
        self.stopped = reason

    def _tell(self) -> None:
        """Count what has come, and tell ``on_outcome``: once, unless that is interrupted."""
        while self._came:
            job = self._came[0]  # taken away when it is told: nothing is lost in between
            if job.outcome is not None and not job.told:
                if self._on_outcome is not None:
                    self._on_outcome(job.outcome)
                job.told = True
                self._count(job)
            elif job.outcome is None and self._pending.pop(job.position, None) is not None:
                self._unsent.append(job)
            self._running -= 1
            self._came.popleft()

    def _count(self, job: Job) -> None:
        assert job.outcome is not None  # noqa: S101 - the caller has looked
        self._ready.append(job.position)
        self.done += 1
        self.failed += job.outcome.response is None
        usage = job.outcome.usage
        self.tokens += 0 if usage is None else tokens_of(usage)["total_tokens"]
        if self._progress is not None:
            self._progress.show(self.done, self.failed, self.tokens)
        reached = self._stop_when.reached(self.failed, self.tokens)
        if reached and not self._stop.is_set():
            self.stop(reached)

    def _hand_out(self) -> Outcome[R_co] | None:
        if self._closed:  # whatever is there, in whichever order it was meant
            ready = [at for at, job in self._pending.items() if job.outcome is not None][:1]
        elif self._ordered:
            while self._next_out < self._pulled and self._next_out not in self._pending:
                self._next_out += 1  # handed out, or not sent
            job = self._pending.get(self._next_out)
            ready = [self._next_out] if job is not None and job.told else []
        else:
            ready = [self._ready.popleft()] if self._ready else []
        return self._pending.pop(ready[0]).outcome if ready else None

    def _wait(self) -> bool:
        """Wait until something comes; tell whether to go on waiting for the rest."""
        self._woken.clear()
        if self._came:
            return True
        if self._until is None:
            return self._woken.wait()
        if self._stop.is_set():
            return self._woken.wait(self._until.remaining() + _GRACE)
        if not self._woken.wait(self._until.remaining()):
            self.stop(f"{self._stop_when.seconds} seconds passed")
        return True

    def tell_before_sending(self) -> None:
        """Hold requests beyond ``concurrency`` back until ``on_outcome`` was told of earlier ones.

        So where a process is killed, at most as many answers are not told.
        """
        self._most = self._concurrency

    def stop(self, reason: str = "stopped") -> None:
        """Stop pulling and sending; what is in flight still ends, and is handed out.

        Args:
            reason: what ``stopped`` says.
        """
        if self.stopped is None and not (self._exhausted and not self._running):
            self.stopped = reason
        self._stop.set()
        if self._workers is not None:
            self._workers.stop()

    def close(self, reason: str = "closed") -> None:
        """End at once: tell ``on_outcome`` what has come, and wait for nothing in flight.

        Args:
            reason: what ``stopped`` says, if there was more to do.
        """
        self.stop(reason)
        self._closed = True
        if self._workers is not None:
            self._workers.close(idle=not self._running)
        if self._progress is not None:
            self._progress.end()
        self._tell()

    @property
    def unfinished(self) -> list[tuple[Any, Parameters]]:
        """Keys and requests that were pulled and have no outcome: in flight, or not sent."""
        left = [job for job in self._pending.values() if job.outcome is None]
        return [(job.key, job.request) for job in [*self._unsent, *left]]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __del__(self) -> None:
        if not self._closed:
            self.close()
