"""Make a name that the API takes for a schema or a tool."""

import re
import types
from typing import Annotated, Any, Union, get_args, get_origin

_REFUSED = re.compile(r"[^a-zA-Z0-9_-]+")
MAX_NAME = 64


def acceptable_name(name: str, fallback: str = "output") -> str:
    """Turn a name into one of letters, digits, ``_`` and ``-``, at most 64 (API reference).

    Args:
        name: any name, for example ``"M[int]"``.
        fallback: what to return if nothing of it can stay.

    Returns:
        For example ``"M_int"``.
    """
    return _REFUSED.sub("_", name).strip("_")[:MAX_NAME].strip("_") or fallback


def name_of_type(tp: Any) -> str:
    """Name a type as a person would say it.

    Args:
        tp: a class or any type expression.

    Returns:
        For example ``"list[Item]"`` or ``"Cat or Dog"``.
    """
    origin = get_origin(tp)
    if origin is Annotated:
        return name_of_type(get_args(tp)[0])
    if origin is Union or origin is types.UnionType:
        return " or ".join(name_of_type(part) for part in get_args(tp))
    name = getattr(tp, "__name__", None) or str(tp)
    if origin is None or "[" in name:
        return "None" if tp is type(None) else str(name)
    parts = ", ".join(name_of_type(part) for part in get_args(tp))
    return f"{name}[{parts}]"
