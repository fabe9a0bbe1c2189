"""PerProcess and ProcessLock: what a forked child must not share with its parent."""

import os
import threading
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class PerProcess(Generic[T]):
    """Keep one thing a process, made when it is first asked for.

    A child of a fork gets a thing of its own, and lets go of its parent's. The things stand in a
    dict, whose operations are atomic: another thread might hold a lock at the moment of the fork,
    and then the child would wait for it for ever (POSIX fork(2)).

    Args:
        make: makes the thing.
        close: closes it.
        abandon: lets go of a parent's in the child; by default it is left to the collector.
    """

    def __init__(
        self,
        make: Callable[[], T],
        *,
        close: Callable[[T], object] | None = None,
        abandon: Callable[[T], object] | None = None,
    ) -> None:
        self._make = make
        self._close = close
        self._abandon = abandon
        self._by_process: dict[int, T] = {}

    def get(self) -> T:
        """Return this process's thing."""
        process = os.getpid()
        found = self._by_process.get(process)
        if found is None:
            made = self._make()
            found = self._by_process.setdefault(process, made)  # of two threads, one comes first
            if found is not made and self._close is not None:
                self._close(made)
            self._abandon_others(process)
        return found

    def close(self) -> None:
        """Close this process's thing, if there is one; a parent's is the parent's to close."""
        process = os.getpid()
        self._abandon_others(process)
        found = self._by_process.get(process)
        if found is not None and self._close is not None:
            self._close(found)

    def _abandon_others(self, process: int) -> None:
        for other in [known for known in self._by_process if known != process]:
            inherited = self._by_process.pop(other, None)
            if inherited is not None and self._abandon is not None:
                self._abandon(inherited)


class ProcessLock:
    """Lock by a lock that each process has for itself, as a context manager."""

    def __init__(self) -> None:
        self._locks = PerProcess(threading.Lock)

    def __enter__(self) -> None:
        self._locks.get().acquire()

    def __exit__(self, *_: object) -> None:
        self._locks.get().release()
