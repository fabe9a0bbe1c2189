"""PrivateLoop: an event loop that belongs to one call at a time, and never speaks."""

import asyncio
import selectors
import threading
from collections import deque
from collections.abc import Callable
from contextvars import Context
from typing import Any, TypeVarTuple

_Ts = TypeVarTuple("_Ts")


class _Selector(selectors.DefaultSelector):
    """A selector that can let go of what it shares with another process."""

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

    def __init__(self) -> None:
        self._own_selector = _Selector()
        self._due: deque[Callable[[], object]] | None = None
        self._once = threading.Lock()
        super().__init__(self._own_selector)
        self.set_debug(False)
        self.set_exception_handler(_ignore)

    def call_soon(
        self,
        callback: Callable[[*_Ts], object],
        *args: *_Ts,
        context: Context | None = None,
    ) -> asyncio.Handle:
        """Schedule a callback, as any loop does; see `close_with` for the other case."""
        if self._due is None:
            return super().call_soon(callback, *args, context=context)
        self._due.append(lambda: callback(*args))
        handle = asyncio.Handle(callback, args, self)
        handle.cancel()
        return handle

    def forget_parent(self) -> None:
        """Let go of the parent's selector; for the child, after a fork."""
        self._own_selector.renew()

    def close_with(self, last: Callable[[], object]) -> None:
        """Close the loop without running it; nothing happens if it runs or was closed.

        A garbage collector, an `atexit` handler or a caller inside another running loop can do
        this, where running the loop is forbidden.

        Args:
            last: aborts the transports; the callbacks that they schedule are called, in order.
        """
        if self.is_running() or not self._once.acquire(blocking=False):
            return
        self._due = deque([last])
        try:
            while self._due:
                self._due.popleft()()
        finally:
            self.close()


def _ignore(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """Log nothing: a context holds requests, and what matters reaches the caller as a failure."""
