"""Lanes: hand each call a lane of its own; also after a fork, from a collector and at exit."""

import os
import threading
import time
from collections import deque
from dataclasses import dataclass, field

from corechat.deadline import Deadline
from corechat.transport import TimeoutFailure
from corechat_aiohttp.lane import Lane, LaneOptions


@dataclass(slots=True)
class Pool:
    """The lanes of one process.

    Attributes:
        slots: one for every call that may be on the wire.
        idle: lanes at rest and since when (monotonic seconds), the longest idle one first.
        closed: whether lanes that come back are closed.
    """

    slots: threading.Semaphore
    idle: deque[tuple[Lane, float]] = field(default_factory=deque)
    closed: bool = False


class Lanes:
    """Keep lanes that are at rest for the next call, from whatever thread it comes.

    A deque and a dict, whose operations are atomic, hold everything: no lock that another thread
    might hold at the moment of a fork.

    Args:
        options: what every lane is made with.
        limit: how many calls may be on the wire at once.
    """

    def __init__(self, options: LaneOptions, limit: int) -> None:
        self._options = options
        self._limit = limit
        self.pools: dict[int, Pool] = {}

    def pool(self) -> Pool:
        """Give this process's lanes; a forked child gets its own, and lets go of its parent's."""
        process = os.getpid()
        pool = self.pools.get(process)
        if pool is None:
            pool = self.pools.setdefault(process, Pool(threading.Semaphore(self._limit)))
            abandon_others(self.pools, process)
        return pool

    def take(self, pool: Pool, deadline: Deadline) -> Lane:
        """Take a lane: the one that rested last, or a new one.

        Args:
            pool: this process's lanes.
            deadline: how long to wait for a slot.

        Raises:
            TimeoutFailure: every slot was taken until the deadline.
        """
        if not pool.slots.acquire(timeout=deadline.remaining()):
            raise TimeoutFailure(
                f"all {self._limit} connections (max_connections) were busy until the deadline",
                sent=False,
            )
        try:
            return pool.idle.pop()[0]
        except IndexError:
            return Lane(self._options)

    def give_back(self, pool: Pool, lane: Lane, *, sound: bool) -> None:
        """Put a lane to rest, or close it.

        Args:
            pool: where it was taken from.
            lane: the lane.
            sound: whether it may be used again.
        """
        if sound:
            now = time.monotonic()
            pool.idle.append((lane, now))
            drain(pool, everything=pool.closed, before=now - self._options.keepalive_expiry)
        else:
            lane.close()
        pool.slots.release()


def drain(pool: Pool, *, everything: bool, before: float = 0.0) -> None:
    """Close lanes that are at rest.

    Args:
        pool: the lanes.
        everything: whether to close all of them.
        before: else those that came to rest before this moment (monotonic seconds).
    """
    while pool.idle and (everything or pool.idle[0][1] < before):
        try:
            lane, _ = pool.idle.popleft()
        except IndexError:  # another thread took it
            return
        lane.close()


def abandon_others(pools: dict[int, Pool], process: int) -> None:
    """Let go of the lanes of the processes that this one was forked from.

    Args:
        pools: process id to lanes.
        process: this process's id.
    """
    for other in [known for known in pools if known != process]:
        inherited = pools.pop(other, None)
        while inherited is not None and inherited.idle:
            inherited.idle.popleft()[0].abandon()


def close_all(pools: dict[int, Pool]) -> None:
    """Close every lane at rest, now and from now on.

    Args:
        pools: process id to lanes.
    """
    process = os.getpid()
    abandon_others(pools, process)
    pool = pools.get(process)
    if pool is not None:
        pool.closed = True
        drain(pool, everything=True)
