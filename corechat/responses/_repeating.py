"""What the next request repeats of an answer, beside what every endpoint takes."""

from collections.abc import Collection, Mapping
from typing import Any

_OF_STREAMS = frozenset({"index"})


def repeated(given: Mapping[str, Any], keys: Collection[str], prefix: str = "") -> dict[str, Any]:
    """Choose what is repeated of a part of an answer, by its keys' paths.

    Args:
        given: the part's keys and values.
        keys: paths such as ``tool_calls.extra_content``; ``*`` stands for every key but one
            that only streams need.
        prefix: the path of the part.
    """
    chosen = given.keys() - _OF_STREAMS if f"{prefix}*" in keys else set[str]()
    return {
        name: value
        for name, value in given.items()
        if value is not None and (name in chosen or f"{prefix}{name}" in keys)
    }
