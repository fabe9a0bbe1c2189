"""JSON texts: the canonical form of one, and more fields in one that is already written."""

import json
from collections.abc import Mapping
from typing import Any

from pydantic_core import from_json, to_json


def _number(text: str) -> int | float:
    value = float(text)
    return int(value) if value.is_integer() and abs(value) < 2**53 else value


def canonical_json(data: bytes | str) -> str:
    """Write a JSON text in its canonical form: keys sorted, without white space, 1.0 as 1.

    Raises:
        ValueError: it is not JSON, or nested too deep.
    """
    try:
        value = json.loads(data, parse_float=_number)
        return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    except RecursionError:
        raise ValueError("nested too deep") from None


def splice_json(body: bytes, extra: Mapping[str, Any]) -> bytes:
    """Add top-level fields to a JSON object in UTF-8; a field of the same name is replaced.

    Raises:
        ValueError: they cannot be written as JSON.
    """
    added = to_json(dict(extra))
    from_json(added, allow_inf_nan=False)  # JSON has neither NaN nor infinity (RFC 8259 §6)
    fields: dict[str, Any] = from_json(body)
    return to_json({**fields, **from_json(added)})
