"""Read the corpus of real traffic."""

import functools
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from corechat import ChatRequest


@dataclass(frozen=True)
class Recorded:
    """One real interaction."""

    id: str
    sent: Any
    status: int
    content_type: str | None
    body: Any
    """Parsed JSON, or the text of what was none."""

    @property
    def is_completion(self) -> bool:
        """Whether this is an answer to hand out, by the rule as issue 4 words it."""
        if not 200 <= self.status < 300 or not isinstance(self.body, dict):
            return False
        choices = self.body.get("choices")
        return (
            isinstance(choices, list)
            and len(choices) > 0
            and all(isinstance(one, dict) for one in choices)
            and all(isinstance(one.get("message"), dict) for one in choices)
            and not self.body.get("error")
        )

    @property
    def raw(self) -> bytes:
        """The response's body as bytes."""
        text = self.body if isinstance(self.body, str) else json.dumps(self.body)
        return text.encode()


@functools.cache
def read_corpus(folder: Path) -> tuple[Recorded, ...]:
    """Read every interaction."""
    with (folder / "dev.jsonl").open(encoding="utf-8") as lines:
        return tuple(_record(json.loads(line)) for line in lines)


def _record(line: dict[str, Any]) -> Recorded:
    response = line["response"]
    types = response["headers"].get("content-type")
    return Recorded(
        line["id"],
        line["request"]["body"],
        response["status"],
        types[0] if types else None,
        response["body"],
    )


def as_request(sent: dict[str, Any]) -> ChatRequest:
    """Say a recorded body as a request; what corechat does not know goes in extra_body."""
    known = {name: value for name, value in sent.items() if name in ChatRequest.model_fields}
    extra = {name: value for name, value in sent.items() if name not in known}
    return ChatRequest.model_validate({**known, **({"extra_body": extra} if extra else {})})


def strictly(value: object) -> str:
    """Write JSON so that 1, 1.0 and true differ, and key order does not matter."""
    return json.dumps(value, sort_keys=True)
