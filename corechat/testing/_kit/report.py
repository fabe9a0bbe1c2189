"""Report: which promises a transport keeps, which it breaks, and which do not apply."""

import json
from dataclasses import dataclass
from enum import StrEnum


class Verdict(StrEnum):
    """Whether a promise was kept, was broken, or does not apply."""

    KEPT = "kept"
    BROKEN = "broken"
    NOT_APPLICABLE = "n/a"


@dataclass(frozen=True, slots=True)
class Result:
    """What came of one promise.

    Attributes:
        id: the promise's id, for example ``"deadline.body-drips"``.
        sentence: what a transport promises.
        verdict: what came of it.
        detail: how it was broken, or why it does not apply; empty if it was kept.
        seconds: how long the check took.
    """

    id: str
    sentence: str
    verdict: Verdict
    detail: str
    seconds: float


@dataclass(frozen=True, slots=True)
class Report:
    """What came of every promise in one run.

    Attributes:
        name: the backend's name, or the factory's.
        results: one a promise, in the order of the checks.
    """

    name: str
    results: tuple[Result, ...]

    def count(self, verdict: Verdict) -> int:
        """Count the promises of one verdict.

        Args:
            verdict: which.
        """
        return sum(result.verdict is verdict for result in self.results)

    @property
    def broken(self) -> tuple[Result, ...]:
        """The promises that were broken."""
        return tuple(result for result in self.results if result.verdict is Verdict.BROKEN)

    @property
    def ok(self) -> bool:
        """Whether no promise was broken."""
        return not self.broken

    def to_json(self) -> str:
        """Write the report as a JSON object.

        Returns:
            An object with ``name``, ``kept``, ``broken``, ``not_applicable`` and ``promises``.
        """
        document = {
            "name": self.name,
            "kept": self.count(Verdict.KEPT),
            "broken": self.count(Verdict.BROKEN),
            "not_applicable": self.count(Verdict.NOT_APPLICABLE),
            "promises": [
                {
                    "id": result.id,
                    "sentence": result.sentence,
                    "verdict": result.verdict.value,
                    "detail": result.detail,
                    "seconds": round(result.seconds, 3),
                }
                for result in self.results
            ],
        }
        return json.dumps(document, indent=2, ensure_ascii=False)
