"""What narrows the values of one shape: which of it to send, and which to tell in words."""

import json
import re
from collections.abc import Collection
from typing import Any

from corechat._providers.schema_rules import SchemaRules
from corechat._structured.vocabulary import NARROWING, JsonSchema

_NUMBER = ("multipleOf", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum")
_NARROWS = {
    "string": ("minLength", "maxLength", "pattern", "format"),
    "array": ("minItems", "maxItems", "uniqueItems"),
    "number": _NUMBER,
    "integer": _NUMBER,
    "object": ("minProperties", "maxProperties"),
}
_HARD_PATTERNS = re.compile(r"\(\?(?!:)|\\[1-9bBAZzpPk]|[*+?}][+?]")
"""Regular expressions that decoders with finite automata refuse: look-around, back-references,
named groups, flags, word boundaries, Python's own anchors, possessive and lazy repeats."""

_ANY_TEXT = frozenset({"binary", "password", "path", "file-path", "directory-path"})
_CLASSES = {"d": "0-9", "w": "A-Za-z0-9_", "s": " \\t"}
_LONGEST_NOTE = 200


def narrow(node: JsonSchema, kind: str, rules: SchemaRules) -> JsonSchema:
    """Write the keywords of a type that the rules take, and a description that tells the others."""
    kept: JsonSchema = {}
    if kind == "string":
        kept = _text_shape(node, rules)
    if not (kept and rules.plain_patterns):
        names = (name for name in _NARROWS.get(kind, ()) if name in node)
        kept |= {name: node[name] for name in names if name in rules.bounds}
    untold = {*_NARROWS.get(kind, ())} - kept.keys()
    return {**kept, **describe(node, untold)}


def describe(node: JsonSchema, untold: Collection[str] = NARROWING) -> JsonSchema:
    """Write the description, with the narrowing keywords that the schema itself cannot say."""
    notes = [
        f"{name}: {_written(node[name])}"
        for name in NARROWING
        if name in node and name in untold and _worth_telling(name, node[name])
    ]
    text = node.get("description")
    parts = [text] if isinstance(text, str) and text else []
    if notes:
        parts.append(f"({'; '.join(notes)})")
    return {"description": " ".join(parts)} if parts else {}


def _written(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _worth_telling(name: str, value: Any) -> bool:
    if name == "format" and value in _ANY_TEXT:
        return False
    return len(str(value)) <= _LONGEST_NOTE


def _text_shape(node: JsonSchema, rules: SchemaRules) -> JsonSchema:
    pattern, form = node.get("pattern"), node.get("format")
    if isinstance(pattern, str):
        sendable = _sendable(pattern, rules)
        if sendable is not None:
            keep_format = form in rules.formats and not rules.plain_patterns
            return {"pattern": sendable} | ({"format": form} if keep_format else {})
    if form in rules.formats:
        return {"format": form}
    replacement = dict(rules.format_patterns).get(form) if isinstance(form, str) else None
    return {"pattern": replacement} if replacement else {}


def _sendable(pattern: str, rules: SchemaRules) -> str | None:
    if not rules.patterns or _HARD_PATTERNS.search(pattern):
        return None
    if not rules.plain_patterns:
        return pattern
    if not (pattern.startswith("^") and pattern.endswith("$")) or re.search(r"\\[DWS]", pattern):
        return None
    return _spell_classes(pattern)


def _spell_classes(pattern: str) -> str:
    written: list[str] = []
    inside = False
    for piece in re.findall(r"\\.|.", pattern, re.DOTALL):
        if piece[0] == "\\" and piece[1] in _CLASSES:
            spelt = _CLASSES[piece[1]]
            written.append(spelt if inside else f"[{spelt}]")
            continue
        if piece in "[]":
            inside = piece == "["
        written.append(piece)
    return "".join(written)
