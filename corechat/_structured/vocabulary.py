"""The keywords of JSON Schema 2020-12 (and drafts 4 to 7), by what strict modes do with them."""

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
"""They allow or refuse no value. All but the description are left out of a strict schema."""

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
"""They refuse some values of a shape, in the order in which a description tells them."""

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
"""They shape the value in a way that no strict mode takes."""

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
"""They shape the value."""

TYPES = ("object", "array", "string", "number", "integer", "boolean", "null")


def is_object(value: Any) -> TypeGuard[JsonSchema]:
    """Tell whether a JSON value is an object.

    Args:
        value: JSON data.
    """
    return isinstance(value, dict)


def is_list(value: Any) -> TypeGuard[list[Any]]:
    """Tell whether a JSON value is an array.

    Args:
        value: JSON data.
    """
    return isinstance(value, list)


def infer_type(node: JsonSchema) -> str | None:
    """Guess the type of a schema that names none from its other keywords.

    Args:
        node: a schema.
    """
    if node.keys() & {"properties", "additionalProperties", "required", "propertyNames"}:
        return "object"
    if node.keys() & {"items", "prefixItems"}:
        return "array"
    if node.keys() & {"minLength", "maxLength", "pattern", "format"}:
        return "string"
    return None


def json_type(value: Any) -> str:
    """Name the JSON Schema type of a JSON value.

    Args:
        value: JSON data.
    """
    kinds = ((bool, "boolean"), (int, "integer"), (float, "number"), (str, "string"))
    if value is None:
        return "null"
    for kind, name in kinds:
        if isinstance(value, kind):
            return name
    return "array" if is_list(value) else "object"
