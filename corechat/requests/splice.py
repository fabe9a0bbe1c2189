"""Add top-level fields to a JSON object that is already written."""

from collections.abc import Mapping
from typing import Any

from pydantic_core import from_json, to_json


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
