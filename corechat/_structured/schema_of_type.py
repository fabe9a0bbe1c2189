"""The JSON Schema of a Python type, as pydantic writes it for a model to answer, and its name."""

import re
import types
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import TypeAdapter

from corechat._errors.before import RequestValidationError
from corechat._errors.text import exception_text, excerpt
from corechat._structured.answer_schema import AnswerSchema
from corechat._structured.vocabulary import JsonSchema

_REFUSED = re.compile(r"[^a-zA-Z0-9_-]+")
_MAX_NAME = 64
_UNKNOWN_CLASS = re.compile("Unable to generate pydantic-core schema for (.+?)\\. Set ")


def adapter_of(tp: Any) -> TypeAdapter[Any]:
    """Make pydantic's adapter of a type, or say why that type cannot be read."""
    try:
        return TypeAdapter(tp)
    except Exception as error:  # noqa: BLE001 - pydantic's, pydantic-core's, or a type's own
        raise unfit(name_of_type(tp), error) from None


def schema_of(adapter: TypeAdapter[Any], name: str) -> JsonSchema:
    """Write the JSON Schema of a type of this name, or say why it has none."""
    try:
        return adapter.json_schema(schema_generator=AnswerSchema, mode="validation")
    except Exception as error:  # noqa: BLE001 - as above
        raise unfit(name, error) from None


def unfit(name: str, error: Exception) -> RequestValidationError:
    """Make the error that says why a type cannot be read."""
    reason = reason_of(error)
    return RequestValidationError(
        f"{excerpt(name, 300)} cannot be the type of an answer or a parameter: {reason}",
        (("", reason),),
    )


def reason_of(error: Exception) -> str:
    """Say in a line why pydantic cannot read a type."""
    first = exception_text(error).partition("\n")[0]
    unknown = _UNKNOWN_CLASS.match(first)
    if unknown:
        first = (
            f"pydantic cannot read {unknown[1]}: give what it can read, such as a BaseModel or a "
            "dataclass"
        )
    return excerpt(first or type(error).__name__, 400)


def acceptable_name(name: str, fallback: str = "output") -> str:
    """Turn a name into one that the API takes: 64 letters, digits, ``_`` and ``-`` at most."""
    return _REFUSED.sub("_", name).strip("_")[:_MAX_NAME].strip("_") or fallback


def name_of_type(tp: Any) -> str:
    """Name a type as a person would, for example ``list[Item]`` or ``Cat or Dog``."""
    origin = get_origin(tp)
    if origin is Annotated:
        return name_of_type(get_args(tp)[0])
    if origin is Union or origin is types.UnionType:
        return " or ".join(name_of_type(part) for part in get_args(tp))
    try:
        name = getattr(tp, "__name__", None) or str(tp)
    except Exception:  # noqa: BLE001 - an object that cannot even be shown
        name = type(tp).__name__
    if origin is None or "[" in name:
        return "None" if tp is type(None) else str(name)
    parts = ", ".join(name_of_type(part) for part in get_args(tp))
    return f"{name}[{parts}]"
