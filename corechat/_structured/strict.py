"""Rewrite a JSON Schema into one that a strict mode takes, or find out why there is none."""

from typing import Any

from corechat._providers.schema_rules import SchemaRules
from corechat._structured.definitions import Definitions, UnresolvedReferenceError, stands_alone
from corechat._structured.narrowing import describe, narrow
from corechat._structured.pointers import step
from corechat._structured.shapes import (
    group_values,
    is_closed,
    named_keys,
    open_keys,
    positions,
)
from corechat._structured.vocabulary import (
    ANNOTATIONS,
    NARROWING,
    REFUSED,
    SHAPES,
    TYPES,
    JsonSchema,
    Problem,
    infer_type,
    is_list,
    is_object,
)

_MOST_INLINED = 200


class StrictRewriter:
    """Rewrite one schema document; problems are gathered, so that an error can show them all.

    Args:
        document: the whole schema; references point into it.
        rules: what the strict mode takes.

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
        """Rewrite one schema and all within it.

        Args:
            node: a schema: an object, or true or false.
            at: the pointer to it in the document.

        Returns:
            The schema to send; an empty one where a problem was found.
        """
        if node is False:
            return self._problem(at, "false", "no value would be allowed here")
        if not is_object(node) or not node.keys() & (SHAPES | {*NARROWING}):
            return self._any_value(node, at)
        refused = [keyword for keyword in REFUSED if keyword in node]
        if refused:
            return self._unsupported(node, at, refused[0], "no strict mode takes this keyword")
        if "propertyNames" in node:
            node = named_keys(node, self.definitions) or node
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
            copy: JsonSchema = self._as_it_is(node)
            return copy
        return self._problem(at, keyword, reason)

    def _as_it_is(self, node: Any) -> Any:
        if is_list(node):
            return [self._as_it_is(item) for item in node]
        if not is_object(node):
            return node
        copy = {
            key: self._as_it_is(value)
            for key, value in node.items()
            if key not in ("$defs", "definitions", "$schema", "$id")
        }
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
        rest = {key: value for key, value in node.items() if key != "allOf"}
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
        if len(written) == 1:
            return {**written[0], **describe(node)}
        return {**describe(node), "anyOf": written}

    def _values(self, node: JsonSchema, at: str) -> JsonSchema:
        keyword = "enum" if "enum" in node else "const"
        groups = group_values(node["enum"] if "enum" in node else [node["const"]])
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
            return self._problem(at, "type", f"{kind!r} is none of {', '.join(TYPES)}")
        if kind == "object":
            return self._object(node, at)
        if kind == "array":
            return self._array(node, at)
        return {"type": kind, **narrow(node, kind, self.rules)}

    def _several_types(self, node: JsonSchema, kinds: list[Any], at: str) -> JsonSchema:
        if len(kinds) == 1:
            return self._typed({**node, "type": kinds[0]}, at)
        bare = {key: value for key, value in node.items() if key != "description"}
        branches = [self._typed({**bare, "type": kind}, at) for kind in kinds]
        return {**describe(node, ()), "anyOf": branches}

    def _object(self, node: JsonSchema, at: str) -> JsonSchema:
        properties: JsonSchema = node.get("properties", {})
        extra: Any = False
        reason = open_keys(node)
        if reason and not self.rules.open_objects:
            return self._problem(at, "additionalProperties", reason)
        if reason:
            extra = node.get("additionalProperties", True)
            extra = (
                extra
                if isinstance(extra, bool)
                else self.rewrite(extra, step(at, "additionalProperties"))
            )
        unnamed = [name for name in node.get("required", ()) if name not in properties]
        if unnamed and not reason:
            return self._problem(at, "required", f"{unnamed[0]!r} is no property")
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
        first = positions(node)
        if first is None:
            items = self.rewrite(node.get("items", True), step(at, "items"))
            return {"type": "array", **narrow(node, "array", self.rules), "items": items}
        keyword = "prefixItems" if "prefixItems" in node else "items"
        written = [self.rewrite(item, step(at, keyword, i)) for i, item in enumerate(first)]
        closed = is_closed(node, len(first))
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
