"""PrivateLoop: an event loop that carries one call at a time, and never speaks."""

import asyncio
import selectors
import threading
from collections.abc import Callable
from typing import Any

from corechat.transport import Deadline, Exchange

_LAST_ROUNDS = 10  # TLS hands a loss on from layer to layer, a cancelled connect to its attempts
running_loop = asyncio._get_running_loop  # noqa: SLF001 - returns None where there is none


class PrivateLoop(asyncio.SelectorEventLoop):
    """A loop that any thread may run; its debug mode, which logs arguments, stays off."""

    exchange: Exchange  # of the current call
    connect_by: Deadline  # when that must have a connection

    def __init__(self) -> None:
        self._own_selector = selectors.DefaultSelector()
        self._closing = threading.Lock()
        try:
            super().__init__(self._own_selector)
        except OSError:
            self._own_selector.close()
            raise
        self.set_debug(False)
        self.set_exception_handler(_ignore)

    def __del__(self) -> None:
        """Stay silent, also where there was no file descriptor left to make the loop with."""

    def has_news(self) -> bool:
        """Tell whether anything has come over its connections that it has not read."""
        return bool(self._own_selector.select(0))

    def forget_parent(self) -> None:
        """Renew the selector in a fork's child: what that unregistered, the parent would miss."""
        self._own_selector.close()
        self._own_selector.__init__()  # type: ignore[misc]  # the loop holds it

    def close_with(self, last: Callable[[], object]) -> None:
        """Close the loop after a last callback, unless it runs or was closed.

        Any thread can do this, also a collector's, and a caller inside another running loop.
        """
        if self.is_running() or not self._closing.acquire(blocking=False):
            return
        outer = running_loop()
        asyncio._set_running_loop(None)  # noqa: SLF001 - as a loop may
        try:
            self.call_soon(last)
            for _ in range(_LAST_ROUNDS):
                self.call_soon(self.stop)
                self.run_forever()
        finally:
            asyncio._set_running_loop(outer)  # noqa: SLF001
            self.close()


def _ignore(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """Log nothing: a context holds requests, and what matters reaches the caller as a failure."""
