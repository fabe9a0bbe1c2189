"""Measure a schema against the bounds of a strict mode."""

from collections.abc import Iterator
from typing import Any

from corechat._providers.schema_rules import SchemaLimits
from corechat._structured.references import step
from corechat._structured.vocabulary import JsonSchema, Problem, is_object


def check_limits(schema: JsonSchema, limits: SchemaLimits) -> list[Problem]:
    """Find the bounds that a strict schema breaks, each with a pointer to what is too much."""
    nodes = list(_nodes(schema, ""))
    problems = [
        (at, f"enum: {_text(node['enum'])} characters in {len(node['enum'])} values are too many")
        for at, node in nodes
        if len(node.get("enum", ())) > limits.large_enum
        and _text(node["enum"]) > limits.large_enum_text
    ]
    names = [name for _, node in nodes for name in node.get("properties", ())]
    values = [value for _, node in nodes for value in node.get("enum", ())]
    text = _text([*names, *schema.get("$defs", ()), *values])
    totals = (
        ("properties", len(names), limits.properties),
        ("enum", len(values), limits.enum_values),
        ("names and enum values, characters", text, limits.text),
        ("objects within each other", _depth(schema, schema, {}), limits.depth),
    )
    problems += [
        ("", f"{what}: {found} are more than the {bound} allowed")
        for what, found, bound in totals
        if found > bound
    ]
    return problems


def _text(values: list[Any]) -> int:
    return sum(len(value) for value in values if isinstance(value, str))


def _children(node: JsonSchema, at: str) -> Iterator[tuple[str, JsonSchema]]:
    for keyword in ("properties", "$defs"):
        for name, child in node.get(keyword, {}).items():
            yield step(at, keyword, name), child
    for keyword in ("anyOf", "prefixItems"):
        for index, child in enumerate(node.get(keyword, ())):
            yield step(at, keyword, index), child
    for keyword in ("items", "additionalProperties"):
        if is_object(node.get(keyword)):
            yield step(at, keyword), node[keyword]


def _nodes(node: JsonSchema, at: str) -> Iterator[tuple[str, JsonSchema]]:
    yield at, node
    for where, child in _children(node, at):
        yield from _nodes(child, where)


def _depth(node: JsonSchema, root: JsonSchema, known: dict[str, int]) -> int:
    reference = node.get("$ref")
    if isinstance(reference, str):
        name = reference.rpartition("/")[2]
        if name not in known:
            known[name] = 0  # a recursion adds no depth of its own
            known[name] = _depth(root["$defs"][name], root, known)
        return known[name]
    children = (child for at, child in _children(node, "") if not at.startswith("/$defs/"))
    deepest = max((_depth(child, root, known) for child in children), default=0)
    return deepest + (1 if node.get("type") == "object" else 0)
