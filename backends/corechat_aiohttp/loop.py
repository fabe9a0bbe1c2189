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
    """A selector that asks the system seldom, and can let go of what it shares with a process."""

    def __init__(self) -> None:
        super().__init__()
        self._skipped = 0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        """Wait for the sockets that are ready.

        A loop that has callbacks to run asks for what is ready at once. In a loop of one call that
        is seldom anything, and the asking gives the interpreter away to another thread; so it is
        put off until there is nothing to run, or for some rounds at most.

        Args:
            timeout: seconds to wait at most; None for ever.

        Returns:
            What became ready.
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
    """A loop for one call at a time: silent, run by any thread, and closable without being run.

    It is no thread's current loop and asks no policy for anything. Its debug mode stays off, since
    that would log the arguments of slow callbacks.
    """

    _complete = False

    def __init__(self) -> None:
        self._own_selector = _Selector()
        self._once = threading.Lock()
        try:
            super().__init__(self._own_selector)
        except OSError:  # no file descriptor left for the pipe that wakes it
            self._own_selector.close()
            raise
        self._complete = True
        self.set_debug(False)
        self.set_exception_handler(_ignore)

    def __del__(self) -> None:
        if self._complete:
            super().__del__()

    def forget_parent(self) -> None:
        """Let go of the parent's selector; for the child, after a fork."""
        self._own_selector.renew()

    def close_with(
        self, abort: Callable[[], object], close: Callable[[], Coroutine[Any, Any, None]] | None
    ) -> None:
        """Close the loop without running it; nothing happens if it runs or was closed.

        A garbage collector, an `atexit` handler or a caller inside another running loop can do
        this, where running the loop is forbidden.

        Args:
            abort: aborts the transports; the callbacks that they schedule are called, in order.
            close: a coroutine function that is called then, and has nothing left to wait for.
        """
        if self.is_running() or not self._once.acquire(blocking=False):
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
    """Run a coroutine as far as it waits for nothing."""
    coroutine = close()
    with contextlib.suppress(StopIteration):
        coroutine.send(None)
    coroutine.close()
