"""PrivateLoop: an event loop that belongs to one call at a time, and never speaks."""

import asyncio
import contextlib
import selectors
import threading
from collections import deque
from collections.abc import Callable, Coroutine
from contextvars import Context
from functools import partial
from typing import Any

_ROUNDS = 16


class _Selector(selectors.DefaultSelector):
    _skipped = 0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        """Wait for what is ready; while the loop has callbacks to run, ask the system seldom.

        In a loop of one call hardly anything is ready then, and asking the system hands the
        interpreter over to another thread.
        """
        if timeout is not None and timeout <= 0 and self._skipped < _ROUNDS:
            self._skipped += 1
            return []
        self._skipped = 0
        return super().select(timeout)

    def renew(self) -> None:
        """Start anew and empty.

        After a fork, parent and child share one epoll: what the child unregisters, the parent
        waits for in vain. Closing the child's descriptor leaves the parent's set as it is.
        """
        self.close()
        selectors.DefaultSelector.__init__(self)


class PrivateLoop(asyncio.SelectorEventLoop):
    """A loop that any thread may run, and that can be closed without being run.

    It is not a thread's current loop, and its debug mode, which logs arguments, stays off.
    """

    def __init__(self) -> None:
        self._own_selector = _Selector()
        self._closing = threading.Lock()
        super().__init__(self._own_selector)
        self.set_debug(False)
        self.set_exception_handler(_ignore)

    def __del__(self) -> None:
        """Stay silent, also where there was no file descriptor left to make the loop with."""

    def forget_parent(self) -> None:
        """Let go of the parent's selector; for the child, after a fork."""
        self._own_selector.renew()

    def close_with(
        self, abort: Callable[[], object], close: Callable[[], Coroutine[Any, Any, None]] | None
    ) -> None:
        """Close the loop without running it, unless it runs or was closed.

        A collector, an `atexit` handler or a caller inside another running loop can do this, where
        running the loop is forbidden. `abort` aborts the transports, whose last callbacks are
        called; `close` is a coroutine function, run as far as it waits for nothing.
        """
        if self.is_running() or not self._closing.acquire(blocking=False):
            return
        due: deque[Callable[[], object]] = deque([abort])
        if close is not None:
            due.append(partial(_run_at_once, close))

        def call_soon(
            callback: Callable[..., object], *args: object, context: Context | None = None
        ) -> asyncio.Handle:
            due.append(partial(callback, *args))
            handle = asyncio.Handle(callback, args, self, context)
            handle.cancel()
            return handle

        self.call_soon = call_soon  # type: ignore[method-assign]  # of this instance, from now on
        try:
            while due:
                due.popleft()()
        finally:
            self.close()


def _ignore(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """Log nothing: a context holds requests, and what matters reaches the caller as a failure."""


def _run_at_once(close: Callable[[], Coroutine[Any, Any, None]]) -> None:
    coroutine = close()
    with contextlib.suppress(StopIteration):
        coroutine.send(None)
    coroutine.close()
