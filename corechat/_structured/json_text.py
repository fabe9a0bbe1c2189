"""JSON texts in what a model wrote: exactly, or leniently where the caller asked for it."""

import re
from collections.abc import Iterator
from typing import Any

from pydantic_core import from_json

from corechat.requests._json import readable_json

_THINKING = re.compile(r"\A\s*<(think|thinking)>.*?</\1>\s*", re.DOTALL | re.IGNORECASE)
_FENCE = re.compile(
    r"^[ \t]*```[ \t]*(?:\w+[ \t]*)?\n(.*?)^[ \t]*```[ \t]*$", re.DOTALL | re.MULTILINE
)


def read_json(text: str) -> Any:
    """Read a JSON text (RFC 8259: no NaN, no infinity).

    Args:
        text: what the model wrote.

    Raises:
        ValueError: it is no JSON.
    """
    return from_json(readable_json(text), allow_inf_nan=False)


def lenient_text(text: str) -> str:
    """Find the JSON text inside an answer: after a ``<think>`` block, inside a Markdown fence.

    Args:
        text: what the model wrote.

    Returns:
        The first such text that is JSON; the whole text if none is.
    """
    return next((found for found in _candidates(text) if _is_json(found)), text)


def _candidates(text: str) -> Iterator[str]:
    yield text
    rest = _THINKING.sub("", text, count=1)
    yield rest
    for fence in _FENCE.finditer(rest):
        yield fence[1]


def _is_json(text: str) -> bool:
    try:
        read_json(text)
    except ValueError:
        return False
    return True
