"""Report: which promises a transport keeps, which it breaks, and which do not apply."""

import json
from collections import defaultdict
from dataclasses import asdict, dataclass
from enum import StrEnum


class Verdict(StrEnum):
    """Say whether a promise was kept, was broken, or does not apply."""

    KEPT = "kept"
    BROKEN = "broken"
    NOT_APPLICABLE = "n/a"


@dataclass(frozen=True, slots=True)
class Result:
    """Hold what came of one promise.

    Attributes:
        id: the promise's id, for example ``"deadline.body-drips"``.
        sentence: what a transport promises.
        verdict: what came of it.
        detail: how it was broken, or why it does not apply; empty if it was kept.
        cause: the part of the detail that broken promises may share.
        seconds: how long the check took.
    """

    id: str
    sentence: str
    verdict: Verdict
    detail: str
    cause: str
    seconds: float


@dataclass(frozen=True, slots=True)
class Report:
    """Hold what came of every promise in one run.

    Attributes:
        name: the backend's name, or the factory's.
        results: one a promise, in the order of the checks.
        first_call: the traceback of a plain call that failed, so that no promise was checked;
            else empty.
    """

    name: str
    results: tuple[Result, ...]
    first_call: str = ""

    def count(self, verdict: Verdict) -> int:
        """Count the promises of one verdict."""
        return sum(result.verdict is verdict for result in self.results)

    @property
    def broken(self) -> tuple[Result, ...]:
        """The promises that were broken."""
        return tuple(result for result in self.results if result.verdict is Verdict.BROKEN)

    @property
    def causes(self) -> dict[str, tuple[Result, ...]]:
        """The broken promises by what broke them, the cause of the most promises first."""
        found: defaultdict[str, list[Result]] = defaultdict(list)
        for result in self.broken:
            found[result.cause].append(result)
        ordered = sorted(found.items(), key=lambda item: -len(item[1]))
        return {cause: tuple(results) for cause, results in ordered}

    @property
    def ok(self) -> bool:
        """Whether the plain call succeeded and no promise was broken."""
        return not self.broken and not self.first_call

    def to_json(self) -> str:
        """Write the report as a JSON object.

        Returns:
            An object with ``name``, ``first_call``, ``kept``, ``broken``, ``not_applicable`` and
            ``promises``.
        """
        document = {
            "name": self.name,
            "first_call": self.first_call,
            "kept": self.count(Verdict.KEPT),
            "broken": self.count(Verdict.BROKEN),
            "not_applicable": self.count(Verdict.NOT_APPLICABLE),
            "promises": [asdict(result) for result in self.results],
        }
        return json.dumps(document, indent=2, ensure_ascii=False)
