"""typed_format: tell a type from a response_format that the API itself takes."""

from collections.abc import Mapping
from typing import Any, cast

from corechat.requests import ResponseFormat
from corechat.structured.output_type import OutputType

_OF_THE_API = frozenset({"text", "json_object", "json_schema"})


def typed_format(value: Any) -> OutputType[Any] | None:
    """Make the output type of a ``response_format`` that is a type, schema or word.

    Args:
        value: what a caller gave.

    Returns:
        None for what the API takes as it is, ``{"type": "json_schema", …}`` and its kind: such an
        answer is left to the caller.

    Raises:
        RequestValidationError: the type or schema cannot be one of an answer.
        MissingDependencyError: a dict schema was given, and jsonschema is not installed.
    """
    if value is None or isinstance(value, ResponseFormat):
        return None
    if isinstance(value, Mapping) and cast("Mapping[str, Any]", value).get("type") in _OF_THE_API:
        return None
    return OutputType.of(value)
