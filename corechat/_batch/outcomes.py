"""Outcomes: the iterator that `Client.map` returns."""

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor
from types import TracebackType
from typing import Any, Generic, Self

from corechat._batch.outcome import Item, Outcome, R
from corechat._batch.stop import StopWhen


class Outcomes(Iterator[Outcome[R]], Generic[R]):
    """Hand out the outcomes of many requests, one by one; a context manager, too.

    Requests are pulled, and outcomes told to ``on_outcome``, in the thread that iterates.

    Ctrl-C raises KeyboardInterrupt at once: ``on_outcome`` has then been told of every outcome
    that had come, and to iterate on hands out those that were not handed out yet, without
    waiting for what is in flight.

    Attributes:
        stopped: why the iterable was not read to its end; None while it is, and if it was.
    """

    stopped: str | None

    def stop(self, reason: str = "stopped") -> None:
        """Pull and send no more; what is in flight still ends, and is handed out.

        Args:
            reason: what ``stopped`` says.
        """

    def close(self) -> None:
        """End at once: tell ``on_outcome`` what has come, and wait for nothing in flight."""

    @property
    def unfinished(self) -> list[tuple[Any, Any]]:
        """Keys and requests that were pulled and have no outcome: few, and in flight or unsent."""
