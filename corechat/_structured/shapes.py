"""Questions about the shape of an object, an array or a list of values."""

from typing import Any

from corechat._structured.definitions import Definitions, UnresolvedReferenceError
from corechat._structured.vocabulary import JsonSchema, is_list, is_object, json_type


def group_values(values: list[Any]) -> dict[str, list[Any]]:
    """Sort the values of an enum by their JSON Schema type; repeats are left out.

    Args:
        values: JSON data.
    """
    groups: dict[str, list[Any]] = {}
    for value in values:
        group = groups.setdefault(json_type(value), [])
        if value not in group:
            group.append(value)
    return groups


def open_keys(node: JsonSchema) -> str:
    """Say why an object may have keys that are not named.

    An object that names properties and merely allows more is closed by leaving those out; one
    that types its further keys, or names none, lives from them.

    Args:
        node: an object's schema.

    Returns:
        The reason; ``""`` if there is none.
    """
    extra = node.get("additionalProperties")
    if is_object(extra) and extra:
        return "keys that are not named cannot be strict; use a list of key and value"
    if not node.get("properties") and (extra in (True, {}) or "properties" not in node):
        return "" if extra is False else "this object names no properties, so any key is allowed"
    return ""


def named_keys(node: JsonSchema, definitions: Definitions) -> JsonSchema | None:
    """Name the keys of an object whose keys come from an enum, such as ``dict[Literal["a"], int]``.

    Args:
        node: a schema with ``propertyNames``.
        definitions: where references are looked up.

    Returns:
        The same as an object with properties; None where the keys cannot be listed.
    """
    extra = node.get("additionalProperties")
    try:
        _, names = definitions.follow("", node["propertyNames"])
    except UnresolvedReferenceError:
        return None
    if "properties" in node or not is_object(extra) or not is_object(names):
        return None
    keys = names.get("enum", [names["const"]] if "const" in names else [])
    if not keys or not all(isinstance(key, str) for key in keys):
        return None
    rest = {
        keyword: value
        for keyword, value in node.items()
        if keyword not in ("propertyNames", "additionalProperties", "required")
    }
    return {**rest, "properties": dict.fromkeys(keys, extra)}


def positions(node: JsonSchema) -> list[Any] | None:
    """Give the schemas of an array's first items.

    Args:
        node: an array's schema; a list in ``items`` is the spelling of drafts 4 to 7.
    """
    found = node.get("prefixItems")
    if found is None and is_list(node.get("items")):
        found = node["items"]
    return found if is_list(found) else None


def is_closed(node: JsonSchema, length: int) -> bool:
    """Tell whether an array has exactly as many items as it has positions.

    Args:
        node: an array's schema.
        length: how many positions it has.
    """
    no_more = node.get("items") is False or node.get("additionalItems") is False
    return node.get("minItems") == length and (no_more or node.get("maxItems") == length)
