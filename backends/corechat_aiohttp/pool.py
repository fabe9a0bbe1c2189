"""Pool: the lanes of one process, at rest or lent out."""

import os
import threading
import time
from collections import deque
from collections.abc import Callable

from corechat.transport import ConnectionFailure, Deadline, TimeoutFailure
from corechat.transport._reasons import none_free
from corechat_aiohttp.lane import Lane


class Pool:
    """Lend each call a lane: the one that rested last, or a new one.

    A lane at rest is taken from a deque and put back without a lock; one is needed only to make a
    lane, and to wait for one.

    Args:
        make: makes a lane.
        limit: how many lanes there may be.
        expiry: seconds after which a lane at rest is closed.
    """

    def __init__(self, make: Callable[[], Lane], limit: int, expiry: float) -> None:
        self._make = make
        self._limit = limit
        self._expiry = expiry
        self._resting: deque[tuple[Lane, float]] = deque()  # the longest resting one first
        self._made = 0
        self._waiting = 0
        self._freed = threading.Condition()
        self._closed = False

    def take(self, deadline: Deadline) -> Lane:
        """Take a lane, or wait for one.

        Args:
            deadline: how long to wait.

        Raises:
            TimeoutFailure: every lane was lent out until the deadline.
            ConnectionFailure: this process has no file descriptor left for a lane.
        """
        lane = self._pop()
        if lane is not None or (lane := self._wait(deadline)) is not None:
            return lane
        try:
            return self._make()
        except OSError as error:
            self._gone()
            raise ConnectionFailure(
                f"no connection can be opened: {os.strerror(error.errno or 0)}", sent=False
            ) from None

    def give_back(self, lane: Lane, *, sound: bool) -> None:
        """Put a lane to rest, or close it.

        Args:
            lane: the lane.
            sound: whether it may be used again.
        """
        if not sound:
            lane.close()
            self._gone()
            return
        now = time.monotonic()
        self._resting.append((lane, now))
        if self._waiting:
            with self._freed:
                self._freed.notify()
        if self._closed or self._resting[0][1] < now - self._expiry:
            self._drain(now - self._expiry)

    def close(self) -> None:
        """Close every lane: now if it is at rest, else when it comes back."""
        self._closed = True
        self._drain()

    def abandon(self) -> None:
        """Let go of the lanes at rest of the process that this one was forked from."""
        while (lane := self._pop()) is not None:
            lane.abandon()

    def _pop(self) -> Lane | None:
        try:
            return self._resting.pop()[0]
        except IndexError:
            return None

    def _wait(self, deadline: Deadline) -> Lane | None:
        """Give a lane that came back, or None for the right to make one."""
        with self._freed:
            self._waiting += 1  # first of all: who gives back puts first, then looks at this
            try:
                while (lane := self._pop()) is None and self._made >= self._limit:
                    if not self._freed.wait(deadline.remaining()) and deadline.expired:
                        raise TimeoutFailure(none_free(self._limit), sent=False)
            finally:
                self._waiting -= 1
            if lane is None:
                self._made += 1
            return lane

    def _gone(self) -> None:
        with self._freed:
            self._made -= 1
            self._freed.notify()

    def _drain(self, before: float = 0.0) -> None:
        """Close the lanes that came to rest before a moment, or all if the pool is closed."""
        while True:
            try:
                lane, since = self._resting.popleft()
            except IndexError:
                return
            if not self._closed and since >= before:
                self._resting.appendleft((lane, since))
                return
            lane.close()
            self._gone()
