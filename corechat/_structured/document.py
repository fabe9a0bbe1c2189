"""The schema that is sent: strict or as it is, always with an object at its root."""

from corechat._errors.before import RequestValidationError
from corechat._errors.text import excerpt
from corechat._providers.schema_rules import SchemaRules
from corechat._structured.limits import check_limits
from corechat._structured.references import Definitions, UnresolvedReferenceError, local_pointer
from corechat._structured.strict import StrictRewriter
from corechat._structured.vocabulary import (
    OF_THE_DOCUMENT,
    JsonSchema,
    Problem,
    infer_type,
    is_object,
    map_schemas,
    without,
)

WRAPPER_KEY = "value"
"""The one property of the object that carries a value which is not an object itself."""

_SHOWN = 5


def has_object_root(schema: JsonSchema) -> bool:
    """Tell whether a schema describes an object, as the API wants it at the root."""
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
    """Rewrite a schema into one that a strict mode takes, or raise with all that stands against it.

    The value is put under `WRAPPER_KEY` of an object where `wrap` says so.
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
    """Put a schema of any root, as it is, under `WRAPPER_KEY` of an object."""
    hoisted = {key: schema[key] for key in OF_THE_DOCUMENT if key in schema}
    return _moved({**_object_of(without(schema, *OF_THE_DOCUMENT)), **hoisted})


def _object_of(value: JsonSchema) -> JsonSchema:
    return {
        "type": "object",
        "properties": {WRAPPER_KEY: value},
        "required": [WRAPPER_KEY],
        "additionalProperties": False,
    }


def _moved(node: JsonSchema) -> JsonSchema:
    """Let references follow what has moved under `WRAPPER_KEY`; ``$defs`` has not."""
    copy = map_schemas(node, _moved)
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
