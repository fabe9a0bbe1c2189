"""The schema that is sent: strict or as it is, always with an object at its root."""

from typing import Any

from corechat._providers.schema_rules import SchemaRules
from corechat._structured.definitions import Definitions, UnresolvedReferenceError
from corechat._structured.limits import check_limits
from corechat._structured.pointers import local_pointer
from corechat._structured.strict import StrictRewriter
from corechat._structured.vocabulary import JsonSchema, Problem, infer_type, is_list, is_object
from corechat.errors import RequestValidationError
from corechat.errors._text import excerpt

WRAPPER_KEY = "value"
"""The one property of the object that carries a value which is no object itself."""

_SHOWN = 5


def has_object_root(schema: JsonSchema) -> bool:
    """Tell whether a schema describes an object, as the API wants it at the root.

    Args:
        schema: a JSON Schema.
    """
    try:
        _, node = Definitions(schema).follow("", schema)
    except UnresolvedReferenceError:
        return False
    if not is_object(node) or node.get("type", infer_type(node)) != "object":
        return False
    return "properties" in node or not node.keys() & {"anyOf", "oneOf", "enum", "const"}


def strict_schema(
    schema: JsonSchema, rules: SchemaRules, *, subject: str, wrap: bool = False
) -> JsonSchema:
    """Rewrite a schema into one that a strict mode takes.

    Args:
        schema: a JSON Schema.
        rules: what the strict mode takes.
        subject: what the schema is of, for the message of an error.
        wrap: whether to put the value under `WRAPPER_KEY` of an object.

    Returns:
        A new schema; the one given is not changed.

    Raises:
        RequestValidationError: it cannot be strict; ``problems`` holds JSON pointers into the
            schema that was given, each with the keyword and the reason.
    """
    try:
        rewriter = StrictRewriter(schema, rules)
        root = rewriter.rewrite_root()
        problems = rewriter.problems
        written = _object_of(root) if wrap else root
        if rewriter.definitions.written:
            written = {**written, "$defs": rewriter.definitions.written}
        if not problems and rules.limits is not None:
            problems = check_limits(written, rules.limits)
    except RecursionError:
        problems, written = [("", "depth: this schema is nested too deep")], {}
    if problems:
        raise _not_strict(subject, rules, tuple(dict.fromkeys(problems)))
    return written


def wrapped_schema(schema: JsonSchema) -> JsonSchema:
    """Put a schema, as it is, under `WRAPPER_KEY` of an object.

    Args:
        schema: a JSON Schema with any root.
    """
    inner = {key: value for key, value in schema.items() if key not in ("$defs", "definitions")}
    hoisted = {key: schema[key] for key in ("$defs", "definitions") if key in schema}
    moved: JsonSchema = _moved({**_object_of(inner), **hoisted})
    return moved


def _object_of(value: JsonSchema) -> JsonSchema:
    return {
        "type": "object",
        "properties": {WRAPPER_KEY: value},
        "required": [WRAPPER_KEY],
        "additionalProperties": False,
    }


def _moved(node: Any) -> Any:
    """Let references follow what has moved under `WRAPPER_KEY`; ``$defs`` has not."""
    if is_list(node):
        return [_moved(item) for item in node]
    if not is_object(node):
        return node
    copy = {key: _moved(value) for key, value in node.items()}
    pointer = local_pointer(node["$ref"]) if isinstance(node.get("$ref"), str) else None
    if pointer is not None and not pointer.startswith(("/$defs/", "/definitions/")):
        copy["$ref"] = f"#/properties/{WRAPPER_KEY}{node['$ref'][1:]}"
    return copy


def _not_strict(
    subject: str, rules: SchemaRules, problems: tuple[Problem, ...]
) -> RequestValidationError:
    shown = "; ".join(f"{pointer or '/'}: {text}" for pointer, text in problems[:_SHOWN])
    more = f"; … and {len(problems) - _SHOWN} more" if len(problems) > _SHOWN else ""
    return RequestValidationError(
        f"The schema of {excerpt(subject, 80)} cannot be strict at {rules.name}, nothing was sent. "
        f"{excerpt(shown, 700)}{more}. Change the type, or pass strict=False.",
        problems,
    )
