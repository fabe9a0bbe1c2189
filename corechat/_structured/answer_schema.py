"""AnswerSchema: the JSON Schema of a Python type, as pydantic writes it, for a model to answer."""

from collections.abc import Sequence
from decimal import Decimal
from types import UnionType
from typing import (
    Annotated,
    Any,
    NotRequired,
    Required,
    Union,
    get_args,
    get_origin,
    get_type_hints,
)

from pydantic.errors import PydanticInvalidForJsonSchema
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaMode, JsonSchemaValue
from pydantic_core import (
    CoreSchema,
    PydanticSerializationError,
    SchemaValidator,
    core_schema,
    from_json,
    to_json,
)

from corechat._structured.vocabulary import map_schemas
from corechat.requests._json import plain


class AnswerSchema(GenerateJsonSchema):
    """Writes schemas without the titles that only repeat names, and a Decimal as a number.

    pydantic offers a Decimal as a number or any text; the text need not be one.
    """

    def emit_warning(self, kind: Any, detail: str) -> None:
        """Warn as pydantic does, but not of a default that is left out."""
        if kind != "non-serializable-default":
            super().emit_warning(kind, detail)

    def generate(self, schema: CoreSchema, mode: JsonSchemaMode = "validation") -> JsonSchemaValue:
        """Write the schema; bounds and examples that JSON does not have are left out."""
        return _as_json(super().generate(schema, mode))

    def field_title_should_be_set(self, schema: Any) -> bool:  # noqa: ARG002 - pydantic's signature
        """Return False: such a title repeats the field's name."""
        return False

    def generate_inner(self, schema: Any) -> JsonSchemaValue:
        """Write a part of the schema, unless pydantic could not read it, or would run it."""
        reason = _why_refused(schema)
        if reason:
            raise PydanticInvalidForJsonSchema(reason)
        return super().generate_inner(schema)

    def decimal_schema(self, schema: core_schema.DecimalSchema) -> JsonSchemaValue:
        """Take the number of pydantic's two offers."""
        written = super().decimal_schema(schema)
        offers = written.get("anyOf", [written])
        return next((offer for offer in offers if offer.get("type") == "number"), written)

    def encode_default(self, dft: Any) -> Any:
        """Write a default; pydantic leaves out one that JSON does not have."""
        if is_infinite(dft):
            raise PydanticSerializationError("not a number that JSON has")
        dft = _from_numpy(dft)
        return super().encode_default(float(dft) if isinstance(dft, Decimal) else dft)

    def field_is_present(self, field: Any) -> bool:
        """Leave out what a constructor does not take; refuse what is read from within a value."""
        alias = field.get("validation_alias")
        config = self._config.config_dict
        by_name = config.get("populate_by_name") or config.get("validate_by_name")
        if isinstance(alias, list) and not by_name:
            paths = [path for path in alias if isinstance(path, list) and len(path) == 1]
            if not paths:
                raise PydanticInvalidForJsonSchema(
                    f"the alias path {alias} has not a name of its own; nest a model instead"
                )
        return field.get("init", True) is not False and super().field_is_present(field)

    def model_schema(self, schema: core_schema.ModelSchema) -> JsonSchemaValue:
        """Write a model, with the descriptions that annotations hold."""
        return _describe(super().model_schema(schema), schema["cls"])

    def dataclass_schema(self, schema: core_schema.DataclassSchema) -> JsonSchemaValue:
        """Write a dataclass, with the descriptions that annotations hold."""
        return _describe(super().dataclass_schema(schema), schema["cls"])

    def typed_dict_schema(self, schema: core_schema.TypedDictSchema) -> JsonSchemaValue:
        """Write a TypedDict, with the descriptions that annotations hold."""
        return _describe(super().typed_dict_schema(schema), schema.get("cls"))


def _why_refused(schema: Any) -> str | None:
    kind = schema["type"]
    if kind == "generator":  # pydantic checks its items only when they are taken, once
        return "an iterable is not checked when it is read; say list"
    if kind == "call" and not isinstance(schema["function"], type):  # a NamedTuple is one
        return "a function is not a type; offer it in tools="
    if schema.get("multiple_of") == 0:  # JSON Schema validation §6.2.1; pydantic 2.11 panics on it
        return "nothing is a multiple of 0; leave multiple_of out"
    if kind in ("literal", "enum"):
        members = schema.get("members", ())
        return _unreadable_value(schema, schema.get("expected", [one.value for one in members]))
    return None


def description_in(annotation: Any) -> str | None:
    """Read a description out of an annotation: a bare text, or PEP 727's ``Doc``."""
    origin, parts = get_origin(annotation), get_args(annotation)
    if origin in (Required, NotRequired, Union, UnionType):
        return next(filter(None, map(description_in, parts)), None)
    words = (getattr(one, "documentation", one) for one in parts[1:] if origin is Annotated)
    return next((one for one in words if isinstance(one, str) and one), None)


def _describe(written: JsonSchemaValue, cls: Any) -> JsonSchemaValue:
    try:
        hints = get_type_hints(cls, include_extras=True)
    except Exception:  # noqa: BLE001 - names that only pydantic could resolve; nothing is lost
        return written
    fields = getattr(cls, "__pydantic_fields__", {})
    for name, annotation in hints.items():
        alias = getattr(fields.get(name), "validation_alias", None)
        found = written.get("properties", {}).get(alias if isinstance(alias, str) else name)
        words = description_in(annotation)
        if words and isinstance(found, dict):
            found.setdefault("description", words)
    return written


def _unreadable_value(schema: CoreSchema, values: Sequence[Any]) -> str | None:
    reader = SchemaValidator(schema)
    for value in values:
        try:
            reader.validate_json(to_json(value))
        except ValueError:
            return f"{value!r} cannot be read back from JSON; use plain values, or an Enum of texts"
    return None


def is_infinite(value: Any) -> bool:
    """Tell whether a number that JSON does not have is in a value (RFC 8259 §6)."""
    if isinstance(value, Decimal):
        return not value.is_finite()
    try:
        from_json(to_json(value, inf_nan_mode="constants", fallback=plain), allow_inf_nan=False)
    except PydanticSerializationError:
        return False
    except ValueError:
        return True
    return False


def _as_json(node: JsonSchemaValue) -> JsonSchemaValue:
    copy = map_schemas(node, _as_json)
    return {key: _from_numpy(value) for key, value in copy.items() if not is_infinite(value)}


def _from_numpy(value: Any) -> Any:
    return value.tolist() if hasattr(value, "tolist") else value
