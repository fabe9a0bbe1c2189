"""The keywords of JSON Schema 2020-12 (and drafts 4 to 7), by what strict modes do with them."""

from collections.abc import Callable
from typing import Any, TypeGuard

JsonSchema = dict[str, Any]
Problem = tuple[str, str]
"""A JSON pointer into a schema, and the keyword there with what is wrong with it."""

ANNOTATIONS = frozenset(
    {
        "$anchor",
        "$comment",
        "$defs",
        "$id",
        "$schema",
        "$vocabulary",
        "contentEncoding",
        "contentMediaType",
        "contentSchema",
        "default",
        "definitions",
        "deprecated",
        "description",
        "discriminator",
        "example",
        "examples",
        "readOnly",
        "title",
        "writeOnly",
    }
)
"""Annotations neither allow nor refuse a value. All but the description are left out of a strict
schema."""

NARROWING = (
    "minLength",
    "maxLength",
    "pattern",
    "format",
    "multipleOf",
    "minimum",
    "maximum",
    "exclusiveMinimum",
    "exclusiveMaximum",
    "minItems",
    "maxItems",
    "uniqueItems",
    "minProperties",
    "maxProperties",
)
"""These keywords refuse some values of a shape, in the order in which a description tells them."""

REFUSED = (
    "not",
    "if",
    "dependentRequired",
    "dependentSchemas",
    "dependencies",
    "patternProperties",
    "contains",
    "$dynamicRef",
    "$recursiveRef",
)
"""These keywords shape the value in a way that a strict mode never takes."""

SHAPES = frozenset(
    {
        "$ref",
        "additionalProperties",
        "allOf",
        "anyOf",
        "const",
        "enum",
        "items",
        "oneOf",
        "prefixItems",
        "properties",
        "propertyNames",
        "required",
        "type",
        "unevaluatedItems",
        "unevaluatedProperties",
        *REFUSED,
    }
)
"""These keywords shape the value."""

_HOLD_ONE = frozenset(
    {
        "additionalItems",
        "additionalProperties",
        "contains",
        "contentSchema",
        "else",
        "if",
        "items",
        "not",
        "propertyNames",
        "then",
        "unevaluatedItems",
        "unevaluatedProperties",
    }
)
_HOLD_A_LIST = frozenset({"allOf", "anyOf", "items", "oneOf", "prefixItems"})
_HOLD_NAMED = frozenset(
    {
        "$defs",
        "definitions",
        "dependencies",
        "dependentSchemas",
        "patternProperties",
        "properties",
    }
)

OF_THE_DOCUMENT = ("$schema", "$id", "$defs", "definitions")
"""These keywords are of the whole document, or are looked up from its root."""

TYPES = ("object", "array", "string", "number", "integer", "boolean", "null")


def is_object(value: Any) -> TypeGuard[JsonSchema]:
    """Tell whether a JSON value is an object."""
    return isinstance(value, dict)


def is_list(value: Any) -> TypeGuard[list[Any]]:
    """Tell whether a JSON value is an array."""
    return isinstance(value, list)


def without(node: JsonSchema, *keywords: str) -> JsonSchema:
    """Copy a schema without some of its keywords."""
    return {keyword: value for keyword, value in node.items() if keyword not in keywords}


def map_schemas(node: JsonSchema, change: Callable[[JsonSchema], JsonSchema]) -> JsonSchema:
    """Copy a schema with each schema directly within it changed; names and data stay the same."""

    def changed(value: Any) -> Any:
        return change(value) if is_object(value) else value

    copy: JsonSchema = {}
    for keyword, value in node.items():
        if keyword in _HOLD_NAMED and is_object(value):
            copy[keyword] = {name: changed(child) for name, child in value.items()}
        elif keyword in _HOLD_A_LIST and is_list(value):
            copy[keyword] = [changed(child) for child in value]
        else:
            copy[keyword] = changed(value) if keyword in _HOLD_ONE else value
    return copy


def infer_type(node: JsonSchema) -> str | None:
    """Guess the type of a schema that names none from its other keywords."""
    if node.keys() & {"properties", "additionalProperties", "required", "propertyNames"}:
        return "object"
    if node.keys() & {"items", "prefixItems"}:
        return "array"
    if node.keys() & {"minLength", "maxLength", "pattern", "format"}:
        return "string"
    return None


def json_type(value: Any) -> str:
    """Name the JSON Schema type of a JSON value."""
    kinds = ((bool, "boolean"), (int, "integer"), (float, "number"), (str, "string"))
    if value is None:
        return "null"
    for kind, name in kinds:
        if isinstance(value, kind):
            return name
    return "array" if is_list(value) else "object"
