"""run_batch: every line of an input that is not done, sent over a client, and written down."""

from collections.abc import Callable, Iterator
from typing import Any

from corechat._batch.input_file import InputFile, Line
from corechat._batch.journal import Journal
from corechat._batch.outcome import Outcome
from corechat._batch.outcomes import Outcomes
from corechat._batch.stop import StopWhen
from corechat.errors import (
    AuthenticationError,
    BatchError,
    CassetteError,
    ConfigurationError,
    CorechatError,
    UnmatchedRequestError,
)
from corechat.requests import ChatRequest

Map = Callable[..., Outcomes[Any]]
"""Stands for `Client.map`, of a client made with ``keep_bodies=True``: it is written as it came."""

_FATAL = (AuthenticationError, CassetteError, ConfigurationError)
"""What every other line would meet as well: it ends the run, and its line stays undone."""


class BatchRun:
    """Send the lines that are not done, many at once, and write each as it ends.

    Args:
        send: sends requests.
        source: the input, checked.
        journal: what is done, and where answers go.
        concurrency: how many lines are in flight at most.
        max_failed: stop when so many lines have failed.
        on_line: told of each outcome when it is written.

    Attributes:
        stopped: why lines are left over; None where all are done.
    """

    def __init__(  # noqa: PLR0913 - the parts of a run, each made elsewhere
        self,
        send: Map,
        source: InputFile,
        journal: Journal,
        *,
        concurrency: int = 32,
        max_failed: int | None = None,
        on_line: Callable[[Outcome[Any]], object] = lambda _: None,
    ) -> None:
        self.stopped: str | None = None
        self._source = source
        self._journal = journal
        self._on_line = on_line
        self._failure: CorechatError | None = None
        self._outcomes: Outcomes[Any] = send(
            self._requests(),
            concurrency=concurrency,
            ordered=False,
            stop_when=None if max_failed is None else StopWhen(errors=max_failed),
            on_outcome=self._write,
        )
        self._outcomes.tell_before_sending()  # an answer that is not written is asked for again

    def run(self) -> None:
        """Go through the lines.

        Raises:
            CorechatError: an answer could not be written, or each line would meet that error.
        """
        with self._outcomes:
            for _ in self._outcomes:
                pass
        self.stopped = self._outcomes.stopped
        if self._failure is not None:
            raise self._failure

    def stop(self) -> None:
        """Send no more; lines in flight still end, and are written."""
        self._outcomes.stop("interrupted")

    def _requests(self) -> Iterator[tuple[Line, ChatRequest]]:
        for line in self._source.lines(self._journal.left):
            yield line, line.request

    def _write(self, outcome: Outcome[Any]) -> None:
        error = outcome.error
        if isinstance(error, _FATAL) and not isinstance(error, UnmatchedRequestError):
            self._fail(error)
            return
        try:
            self._journal.write(outcome.key, outcome)
        except BatchError as unwritten:
            self._fail(unwritten)
        else:
            self._on_line(outcome)

    def _fail(self, error: CorechatError) -> None:
        self._failure = self._failure or error
        self._outcomes.stop(error.message)
