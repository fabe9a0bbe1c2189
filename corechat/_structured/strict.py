"""Rewrite a JSON Schema into one that a strict mode takes, or find out why that cannot be."""

from typing import Any

from corechat._providers.schema_rules import SchemaRules
from corechat._structured.narrowing import describe, narrow
from corechat._structured.references import (
    Definitions,
    UnresolvedReferenceError,
    stands_alone,
    step,
)
from corechat._structured.vocabulary import (
    ANNOTATIONS,
    NARROWING,
    OF_THE_DOCUMENT,
    REFUSED,
    SHAPES,
    TYPES,
    JsonSchema,
    Problem,
    infer_type,
    is_list,
    is_object,
    json_type,
    map_schemas,
    without,
)

_MOST_INLINED = 200


class StrictRewriter:
    """Rewrites one schema document; problems are gathered, so that an error can show them all.

    Attributes:
        problems: one ``(JSON pointer into the document, keyword and reason)`` a finding.
        definitions: what ``$defs`` is to hold, filled while rewriting.
    """

    def __init__(self, document: JsonSchema, rules: SchemaRules) -> None:
        self.rules = rules
        self.problems: list[Problem] = []
        self.definitions = Definitions(document)
        self._open: list[str] = []
        self._inlined = 0

    def rewrite_root(self) -> JsonSchema:
        """Rewrite the document itself; a reference at its root is replaced by what it names."""
        at, node = "", self.definitions.document
        try:
            at, node = self.definitions.follow(at, node)
        except UnresolvedReferenceError as error:
            return self._problem(at, "$ref", str(error))
        self._open.append(at)
        return self.rewrite(node, at)

    def rewrite(self, node: Any, at: str) -> JsonSchema:
        """Rewrite one schema and all within; return an empty one where a problem was found."""
        if node is False:
            return self._problem(at, "false", "no value would be allowed here")
        if not is_object(node) or not node.keys() & (SHAPES | {*NARROWING}):
            return self._any_value(node, at)
        refused = [keyword for keyword in REFUSED if keyword in node]
        if refused:
            return self._unsupported(node, at, refused[0], "no strict mode takes this keyword")
        if "propertyNames" in node:
            node = _named_keys(node, self.definitions) or node
        for keyword, method in (
            ("$ref", self._reference),
            ("allOf", self._all_of),
            ("anyOf", self._any_of),
            ("oneOf", self._any_of),
            ("enum", self._values),
            ("const", self._values),
        ):
            if keyword in node:
                return method(node, at)
        return self._typed(node, at)

    def _problem(self, at: str, keyword: str, reason: str) -> JsonSchema:
        self.problems.append((at, f"{keyword}: {reason}"))
        return {}

    def _unsupported(self, node: JsonSchema, at: str, keyword: str, reason: str) -> JsonSchema:
        if self.rules.keeps_unknown:
            return self._as_it_is(node)
        return self._problem(at, keyword, reason)

    def _as_it_is(self, node: JsonSchema) -> JsonSchema:
        copy = map_schemas(without(node, *OF_THE_DOCUMENT), self._as_it_is)
        if isinstance(node.get("$ref"), str):
            copy["$ref"] = self._define(node["$ref"]) or node["$ref"]
        return copy

    def _any_value(self, node: Any, at: str) -> JsonSchema:
        if self.rules.any_value:
            return describe(node) if is_object(node) else {}
        return self._problem(at, "type", "any value is allowed here; say which type it is")

    def _define(self, reference: str) -> str | None:
        """Make sure that ``$defs`` holds what a reference names, and write the new reference."""
        pointer = self.definitions.pointer(reference)
        if pointer is None:
            return None
        if not self.definitions.is_named(pointer):
            self.definitions.reserve(pointer)
            self._open.append(pointer)
            self.definitions.fill(pointer, self.rewrite(self.definitions.at(pointer), pointer))
            self._open.pop()
        return self.definitions.reference(pointer)

    def _reference(self, node: JsonSchema, at: str) -> JsonSchema:
        pointer = self.definitions.pointer(node["$ref"])
        if pointer is None:
            return self._problem(at, "$ref", f"{node['$ref']!r} names nothing in this schema")
        if stands_alone(node) or pointer in self._open or self._inlined > _MOST_INLINED:
            return {"$ref": self._define(node["$ref"])}
        beside = sorted((node.keys() & SHAPES) - {"$ref"})
        if beside:
            return self._unsupported(node, at, "$ref", f"beside {beside[0]!r}")
        extra = {
            key: value
            for key, value in node.items()
            if key == "description" or key not in ANNOTATIONS | {"$ref"}
        }
        target = self.definitions.at(pointer)
        self._inlined += 1
        self._open.append(pointer)
        merged = {**target, **extra} if is_object(target) else target
        rewritten = self.rewrite(merged, pointer)
        self._open.pop()
        return rewritten

    def _all_of(self, node: JsonSchema, at: str) -> JsonSchema:
        branches = node["allOf"]
        rest = without(node, "allOf")
        if not branches:
            return self.rewrite(rest, at)
        if len(branches) == 1 and is_object(branches[0]):
            return self.rewrite({**branches[0], **rest}, at)
        return self._unsupported(node, at, "allOf", "several schemas at once")

    def _any_of(self, node: JsonSchema, at: str) -> JsonSchema:
        keyword = "anyOf" if "anyOf" in node else "oneOf"
        beside = sorted((node.keys() & SHAPES) - {keyword, "type"})
        if beside:
            return self._unsupported(node, at, keyword, f"beside {beside[0]!r}")
        written: list[JsonSchema] = []
        for index, branch in enumerate(node[keyword]):
            typed = branch
            if "type" in node and is_object(branch) and not branch.keys() & {"type", "$ref"}:
                typed = {"type": node["type"], **branch}
            new = self.rewrite(typed, step(at, keyword, index))
            if new not in written:
                written.append(new)
        if len(written) == 1 and "$ref" in written[0] and describe(node):
            # a reference with words beside it is replaced by what it names
            return self.rewrite({**node[keyword][0], **describe(node)}, step(at, keyword, 0))
        if len(written) == 1:
            return {**written[0], **describe(node)}
        return {**describe(node), "anyOf": written}

    def _values(self, node: JsonSchema, at: str) -> JsonSchema:
        keyword = "enum" if "enum" in node else "const"
        groups = _group_values(node["enum"] if "enum" in node else [node["const"]])
        if not groups:
            return self._problem(at, keyword, "no value is allowed")
        if groups.keys() & {"object", "array"}:
            return self._unsupported(node, at, keyword, "a value is an object or an array")
        written = [
            {"type": kind} if kind == "null" else {"type": kind, "enum": values}
            for kind, values in groups.items()
        ]
        text = describe(node, ())
        return {**text, **written[0]} if len(written) == 1 else {**text, "anyOf": written}

    def _typed(self, node: JsonSchema, at: str) -> JsonSchema:
        kind = node.get("type", infer_type(node))
        if is_list(kind):
            return self._several_types(node, kind, at)
        if kind is None:
            return self._any_value(node, at)
        if kind not in TYPES:
            return self._problem(at, "type", f"{kind!r} is not one of {', '.join(TYPES)}")
        if kind == "object":
            return self._object(node, at)
        if kind == "array":
            return self._array(node, at)
        return {"type": kind, **narrow(node, kind, self.rules)}

    def _several_types(self, node: JsonSchema, kinds: list[Any], at: str) -> JsonSchema:
        if len(kinds) == 1:
            return self._typed({**node, "type": kinds[0]}, at)
        bare = without(node, "description")
        branches = [self._typed({**bare, "type": kind}, at) for kind in kinds]
        return {**describe(node, ()), "anyOf": branches}

    def _object(self, node: JsonSchema, at: str) -> JsonSchema:
        properties: JsonSchema = node.get("properties", {})
        extra: Any = False
        reason = _open_keys(node)
        if reason and not self.rules.open_objects:
            return self._problem(at, "additionalProperties", reason)
        if reason:
            extra = node.get("additionalProperties", True)
            if not isinstance(extra, bool):
                extra = self.rewrite(extra, step(at, "additionalProperties"))
        unnamed = [name for name in node.get("required", ()) if name not in properties]
        if unnamed and not reason:
            return self._problem(at, "required", f"{unnamed[0]!r} is not a property")
        written = {
            name: self.rewrite(child, step(at, "properties", name))
            for name, child in properties.items()
        }
        return {
            "type": "object",
            **narrow(node, "object", self.rules),
            "properties": written,
            "required": [*written, *unnamed],
            "additionalProperties": extra,
        }

    def _array(self, node: JsonSchema, at: str) -> JsonSchema:
        first = _positions(node)
        if first is None:
            items = self.rewrite(node.get("items", True), step(at, "items"))
            return {"type": "array", **narrow(node, "array", self.rules), "items": items}
        keyword = "prefixItems" if "prefixItems" in node else "items"
        written = [self.rewrite(item, step(at, keyword, i)) for i, item in enumerate(first)]
        closed = _is_closed(node, len(first))
        if closed and first and all(item == written[0] for item in written):
            exact = {**node, "minItems": len(first), "maxItems": len(first)}
            return {"type": "array", **narrow(exact, "array", self.rules), "items": written[0]}
        if not closed or not self.rules.prefix_items:
            reason = "items of several types by position; use an object"
            return self._unsupported(node, at, keyword, reason)
        return {
            "type": "array",
            **narrow(node, "array", self.rules),
            "prefixItems": written,
            "minItems": len(first),
            "maxItems": len(first),
        }


def _group_values(values: list[Any]) -> dict[str, list[Any]]:
    """Sort the values of an enum by their JSON Schema type; repeats are left out."""
    groups: dict[str, list[Any]] = {}
    for value in values:
        group = groups.setdefault(json_type(value), [])
        if value not in group:
            group.append(value)
    return groups


def _open_keys(node: JsonSchema) -> str:
    """Say why an object may have keys that are not named; ``""`` where it can be closed."""
    extra = node.get("additionalProperties")
    # An object that names properties and merely allows more is closed by leaving those out; one
    # that types its further keys, or names none, lives from them.
    if is_object(extra) and extra:
        return "keys that are not named cannot be strict; use a list of key and value"
    if not node.get("properties") and (extra in (True, {}) or "properties" not in node):
        return "" if extra is False else "this object names no properties, so any key is allowed"
    return ""


def _named_keys(node: JsonSchema, definitions: Definitions) -> JsonSchema | None:
    """Write ``dict[Literal["a"], int]`` as an object with properties, where keys can be listed."""
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
    rest = without(node, "propertyNames", "additionalProperties", "required")
    return {**rest, "properties": dict.fromkeys(keys, extra)}


def _positions(node: JsonSchema) -> list[Any] | None:
    """Give the schemas of an array's first items."""
    return next((one for one in (node.get("prefixItems"), node.get("items")) if is_list(one)), None)


def _is_closed(node: JsonSchema, length: int) -> bool:
    """Tell whether an array has exactly as many items as it has positions."""
    no_more = node.get("items") is False or node.get("additionalItems") is False
    return node.get("minItems") == length and (no_more or node.get("maxItems") == length)
