"""Pools: one pool of lanes a process, so that a fork shares nothing."""

import os
from collections.abc import Callable

from corechat_aiohttp.pool import Pool


class Pools:
    """Give each process a pool of its own.

    They stand in a dict, whose operations are atomic: a lock might be held by another thread at
    the moment of a fork, and then for ever in the child.

    Args:
        make: makes a pool.
    """

    def __init__(self, make: Callable[[], Pool]) -> None:
        self._make = make
        self._by_process: dict[int, Pool] = {}

    def current(self) -> Pool:
        """Give this process's pool; a forked child lets go of its parent's."""
        process = os.getpid()
        pool = self._by_process.get(process)
        if pool is None:
            pool = self._by_process.setdefault(process, self._make())
            self._abandon_others(process)
        return pool

    def close(self) -> None:
        """Close this process's pool."""
        process = os.getpid()
        self._abandon_others(process)
        pool = self._by_process.get(process)
        if pool is not None:
            pool.close()

    def _abandon_others(self, process: int) -> None:
        for other in [known for known in self._by_process if known != process]:
            inherited = self._by_process.pop(other, None)
            if inherited is not None:
                inherited.abandon()
