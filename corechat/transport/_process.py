"""ProcessLock: a lock that a forked child finds free."""

import os
import threading


class ProcessLock:
    """Give each process a lock of its own, as a context manager.

    A plain lock that another thread holds at the moment of a fork stays locked in the child for
    ever, since the thread that would release it is not there (POSIX fork(2)).
    """

    __slots__ = ("_locks",)

    def __init__(self) -> None:
        self._locks = {os.getpid(): threading.Lock()}

    def __enter__(self) -> None:
        process = os.getpid()
        lock = self._locks.get(process)
        if lock is None:
            lock = self._locks.setdefault(process, threading.Lock())  # atomic: one for all threads
        lock.acquire()

    def __exit__(self, *_: object) -> None:
        self._locks[os.getpid()].release()
