"""Ids of tool calls: unique within an answer, and named alike by the results that follow it."""

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import count
from typing import Annotated

from pydantic import BeforeValidator

_STEM = "corechat"
_MADE = re.compile(rf"{_STEM}_[0-9]+")


def name_text(value: object) -> str | None:
    """Return an id or a name, which a server may have sent as a number; else None."""
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return value if isinstance(value, str) else None


Identity = Annotated[
    str, BeforeValidator(lambda value: value if (t := name_text(value)) is None else t)
]


def unique_ids(given: Sequence[str | None], used: Collection[str] = ()) -> list[str]:
    """Return ids without repeats: a further one gets a number, a missing one is made.

    Ids that were made for an earlier answer are in use.
    """
    taken = {*used, *filter(None, given)}
    found: list[str] = []
    for name in given:
        if not name or name in found or name in used:
            stem = name if name and name not in used else _STEM
            name = next(one for n in count(1) if (one := f"{stem}_{n}") not in taken)  # noqa: PLW2901
            taken.add(name)
        found.append(name)
    return found


def is_made(name: str) -> bool:
    """Tell whether an id was made here."""
    return _MADE.fullmatch(name) is not None


def answered_ids(calls: Sequence[str], named: Iterable[str | None]) -> Iterator[str | None]:
    """Return which call each result answers: a name that is missing or repeated means the next."""
    given = list(named)
    waiting = [one for one in calls if one not in given]
    seen: set[str] = set()
    for name in given:
        if name and name not in seen:
            seen.add(name)
            yield name
            continue
        alike = (one for one in waiting if one.rpartition("_")[0] == (name or _STEM))
        found = next(alike, waiting[0] if waiting else name)
        if found in waiting:
            waiting.remove(found)
        yield found
