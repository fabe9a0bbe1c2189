"""JSON texts: the canonical form of one, and more fields in one that is already written."""

import json
from collections.abc import Mapping
from typing import Any

from pydantic_core import from_json, to_json


def _number(text: str) -> int | float:
    value = float(text)
    return int(value) if value.is_integer() and abs(value) < 2**53 else value


def canonical_json(data: bytes | str) -> str:
    """Write a JSON text in its canonical form: sorted keys, no white space, 1.0 as 1.

    Args:
        data: a JSON text.

    Returns:
        The same text for every spelling of the same value.

    Raises:
        ValueError: it is no JSON (RecursionError, for one nested too deep, is turned into it).
    """
    try:
        value = json.loads(data, parse_float=_number)
        return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    except RecursionError:
        raise ValueError("nested too deep") from None


def splice_json(body: bytes, extra: Mapping[str, Any]) -> bytes:
    """Add fields to a JSON object; a field of the same name is replaced.

    Args:
        body: a JSON object in UTF-8.
        extra: top-level fields.

    Returns:
        One JSON object with both.

    Raises:
        ValueError: ``extra`` cannot be written as JSON.
    """
    added = to_json(dict(extra))
    from_json(added, allow_inf_nan=False)  # NaN and infinity are no JSON (RFC 8259 §6)
    fields: dict[str, Any] = from_json(body)
    return to_json({**fields, **from_json(added)})
