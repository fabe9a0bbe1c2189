"""Job: one request on its way to an outcome."""

from typing import Any

from corechat._batch.outcome import Outcome, Parameters
from corechat._batch.work import Ending
from corechat._call.gate import StoppedError
from corechat._errors.text import describe_exception
from corechat.errors import CorechatError, ExecutorError


class Job:
    """Hold one request that was pulled.

    Attributes:
        position: its number among those pulled, from 0.
        key: the caller's.
        request: as it was given.
        outcome: how it ended; None until then, and where it was not sent.
        told: whether ``on_outcome`` knows.
    """

    __slots__ = ("key", "outcome", "position", "request", "told")

    def __init__(self, position: int, item: Any) -> None:
        self.position = position
        self.key: Any = position
        self.request: Parameters = item
        if isinstance(item, tuple) and len(item) == 2:  # noqa: PLR2004 - a key and a request
            self.key, self.request = item
        self.outcome: Outcome[Any] | None = None
        self.told = False

    def end(self, ending: Ending | BaseException) -> None:
        """Note how it ended: as the work says, or with what was raised in place of that."""
        if isinstance(ending, BaseException):
            self.outcome = self._failed(ending)
        else:
            self.outcome = Outcome(self.key, self.request, *ending)

    def _failed(self, raised: BaseException) -> Outcome[Any] | None:
        if isinstance(raised, StoppedError):
            return None
        if isinstance(raised, CorechatError):
            return Outcome(self.key, self.request, error=raised)
        error = ExecutorError(
            f"What carried this request broke off: {describe_exception(raised)}. The request may "
            "have been sent, and billed."
        )
        return Outcome(self.key, self.request, error=error)
