"""What every part of the benchmarks shares: how long to measure, and how figures are summed up."""

import statistics
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

Results = dict[str, Any]
"""What a part found, as JSON holds it."""


@dataclass(frozen=True)
class Run:
    """Say how to measure.

    Attributes:
        peers: the interpreter that has any-llm, litellm and cassetter; None where there is none.
        scale: how long to measure; 1 is the whole, a hundredth shows that everything works.
    """

    peers: Path | None
    scale: float = 1.0

    def rounds(self, most: int, seconds: float) -> Iterator[int]:
        """Count rounds, until there were the most, or the time is over; three at least."""
        end = time.monotonic() + seconds * self.scale
        for number in range(max(round(most * self.scale), 3)):
            if number >= 3 and time.monotonic() > end:
                return
            yield number


def spread(values: Sequence[float]) -> list[float]:
    """Give the median, and the bounds of the middle eight tenths."""
    if len(values) < 3:
        return [statistics.median(values), min(values), max(values)]
    tenths = statistics.quantiles(values, n=10, method="inclusive")
    return [statistics.median(values), tenths[0], tenths[-1]]


def paired(mine: Sequence[float], others: Sequence[float]) -> list[float]:
    """Give the spread of the ratios, round by round."""
    return spread([one / other for one, other in zip(mine, others, strict=True)])
