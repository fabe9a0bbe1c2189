"""The canonical form of a JSON text: one text for every way to write the same value."""

import json


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
