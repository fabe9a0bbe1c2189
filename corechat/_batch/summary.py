"""Summary: the figures of a run, read from its journal."""

import contextlib
import math
from array import array
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic_core import from_json

from corechat._batch.journal import SUFFIX, read_header
from corechat._errors.before import BatchError

_FIELDS = 8  # of a record of `Journal.write`


@dataclass
class Summary:
    """Hold the figures of a run, its interruptions left out.

    A line that was asked again counts once in `ended`, and in tokens and times as often as it was.

    Attributes:
        lines: how many the input has.
        ended: how many of them have ended.
        failed: how many of those are not a success.
        seconds: how long it ran.
        prompt_tokens: tokens of the requests.
        completion_tokens: tokens of the answers.
        attempts: how many times requests were sent.
        ends: for each call, the seconds into the run at which it ended.
        latencies: for each call, the seconds that it took, retries included.
        tokens: for each call that has succeeded, the tokens of its answer.
        errors: how many calls failed, by HTTP status or kind.
    """

    lines: int
    ended: int = 0
    failed: int = 0
    seconds: float = 0.0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    attempts: int = 0
    ends: "array[float]" = field(default_factory=lambda: array("d"))
    latencies: "array[float]" = field(default_factory=lambda: array("d"))
    tokens: "array[int]" = field(default_factory=lambda: array("q"))
    errors: Counter[str] = field(default_factory=Counter)

    @classmethod
    def read(cls, output: Path) -> "Summary":
        """Return the figures of the run that writes to an output.

        Raises:
            BatchError: there is not a journal beside it.
        """
        path = output.with_name(output.name + SUFFIX)
        header = read_header(path)
        if header is None:
            raise BatchError(
                f"{output} is not the output of a run here: {path} is not there.", path=str(path)
            )
        found = cls(header["lines"])
        ended = bytearray()  # by line: 1 where it failed, 2 where it did not
        began = found_at = 0.0  # of the part between two interruptions
        with path.open("rb") as file:
            next(file)
            for line in file:
                record: Any = None
                with contextlib.suppress(ValueError):  # the last line may be cut
                    record = from_json(line)
                if isinstance(record, dict):
                    found_at, began = found.seconds, record["began"]
                elif isinstance(record, list) and len(record) == _FIELDS:
                    found._add(record, found_at - began)
                    ended.extend(bytes(max(0, record[0] + 1 - len(ended))))
                    ended[record[0]] = 1 if record[-1] else 2
        found.ended, found.failed = len(ended) - ended.count(0), ended.count(1)
        return found

    def _add(self, record: list[Any], shift: float) -> None:
        _, at, elapsed, _, attempts, prompt, completion, error = record
        self.seconds = max(self.seconds, at + shift)
        self.prompt_tokens += prompt
        self.completion_tokens += completion
        self.attempts += attempts
        self.ends.append(at + shift)
        self.latencies.append(elapsed)
        if error:
            self.errors[error] += 1
        else:
            self.tokens.append(completion)

    def percentile(self, percent: float) -> float:
        """Return the latency, in seconds, that so many percent of the calls did not exceed."""
        if not self.latencies:
            return math.nan
        ranked = sorted(self.latencies)
        return ranked[max(0, math.ceil(len(ranked) * percent / 100) - 1)]

    @property
    def rate(self) -> float:
        """Calls a second."""
        return len(self.ends) / self.seconds if self.seconds > 0 else 0.0


@dataclass(frozen=True)
class Prices:
    """Hold what a million tokens cost, in whichever currency the caller counts."""

    prompt: float
    completion: float

    def cost(self, prompt_tokens: int, completion_tokens: int) -> float:
        """Return what so many tokens cost."""
        return (prompt_tokens * self.prompt + completion_tokens * self.completion) / 1_000_000
