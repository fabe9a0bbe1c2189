"""Progress: how far many requests have come: a bar on a terminal and in Jupyter, else lines."""

import sys
import time
from collections.abc import Callable
from typing import Any

from corechat.errors import MissingDependencyError

_EVERY = 5.0  # seconds between two lines


class Progress:
    """Show how many requests are done, of how many, and how long it will take.

    On a terminal and in Jupyter it is a bar of rich's; elsewhere a line on standard error every
    five seconds.

    Args:
        total: how many requests there are; None where that is not known.
        clock: gives seconds.
        done: how many of them were done before; they do not count in the rate.
        cost: gives what has been spent so far, where that is known.

    Raises:
        MissingDependencyError: rich is not installed.
    """

    def __init__(
        self,
        total: int | None,
        clock: Callable[[], float] = time.monotonic,
        *,
        done: int = 0,
        cost: Callable[[], float] | None = None,
    ) -> None:
        try:
            from rich.console import Console  # noqa: PLC0415 - optional
        except ImportError:
            raise MissingDependencyError(
                "progress= needs rich, which is not installed: pip install 'corechat[cli]'."
            ) from None
        self._total = total
        self._clock = clock
        self._before = done
        self._cost = cost
        self._started = self._line_at = clock()
        self._last = (0, 0, 0)
        console = Console(stderr=True)
        self._bar: Any = None
        if console.is_terminal or console.is_jupyter:
            self._bar = _bar(console)
            self._task = self._bar.add_task("", total=total, completed=done, says="")

    def show(self, done: int, failed: int, tokens: int) -> None:
        """Show numbers so far: outcomes, those that are errors, and tokens."""
        self._last = (done, failed, tokens)
        if self._bar is not None:
            self._bar.start()
            self._bar.update(self._task, completed=done, says=self._says())
        elif self._clock() - self._line_at >= _EVERY:
            self._write()

    def end(self) -> None:
        """Leave the last state standing."""
        if self._bar is not None:
            self._bar.stop()
        elif self._last[0]:
            self._write()
        self._last = (0, 0, 0)

    def _says(self) -> str:
        done, failed, tokens = self._last
        passed = max(self._clock() - self._started, 0.001)
        spent = "" if self._cost is None else f", cost {self._cost():.4f}"
        rate = (done - self._before) / passed
        return f"{failed} failed, {rate:.1f}/s, {tokens} tokens{spent}"

    def _write(self) -> None:
        self._line_at = self._clock()
        done = self._last[0]
        of, left = "", ""
        if self._total is not None:
            each = (self._line_at - self._started) / max(done - self._before, 1)
            seconds = each * max(self._total - done, 0)
            of, left = f"/{self._total}", f", {seconds:.0f} s left"
        print(f"{done}{of} done, {self._says()}{left}", file=sys.stderr, flush=True)  # noqa: T201 - its purpose


def _bar(console: Any) -> Any:
    from rich import progress  # noqa: PLC0415 - optional

    return progress.Progress(
        progress.BarColumn(),
        progress.MofNCompleteColumn(),
        progress.TextColumn("{task.fields[says]}"),
        progress.TimeElapsedColumn(),
        progress.TimeRemainingColumn(),
        console=console,
    )
