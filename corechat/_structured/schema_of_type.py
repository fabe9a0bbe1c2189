"""The JSON Schema of a Python type, as pydantic writes it for a model to answer, and its name."""

import re
import types
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import PydanticSchemaGenerationError, PydanticUserError, TypeAdapter
from pydantic.errors import PydanticInvalidForJsonSchema
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema

from corechat._structured.vocabulary import JsonSchema
from corechat.errors import RequestValidationError
from corechat.errors._text import excerpt

_REFUSED = re.compile(r"[^a-zA-Z0-9_-]+")
_MAX_NAME = 64


class AnswerSchema(GenerateJsonSchema):
    """Writes schemas without the titles that only repeat names, and a Decimal as a number.

    pydantic offers a Decimal as a number or any text; the text need not be one.
    """

    def field_title_should_be_set(self, schema: Any) -> bool:  # noqa: ARG002 - pydantic's signature
        """Return False: such a title repeats the field's name."""
        return False

    def decimal_schema(self, schema: core_schema.DecimalSchema) -> JsonSchemaValue:
        """Take the number of pydantic's two offers."""
        written = super().decimal_schema(schema)
        offers = written.get("anyOf", [written])
        return next((offer for offer in offers if offer.get("type") == "number"), written)


def adapter_of(tp: Any) -> TypeAdapter[Any]:
    """Make pydantic's adapter of a type, or say why that type cannot be read."""
    try:
        return TypeAdapter(tp)
    except (PydanticSchemaGenerationError, PydanticUserError, NameError) as error:
        raise _unfit(tp, error) from None


def schema_of(adapter: TypeAdapter[Any], tp: Any) -> JsonSchema:
    """Write the JSON Schema of a type, or say why it has none."""
    try:
        return adapter.json_schema(schema_generator=AnswerSchema, mode="validation")
    except (PydanticInvalidForJsonSchema, PydanticUserError, NameError) as error:
        raise _unfit(tp, error) from None


def _unfit(tp: Any, error: Exception) -> RequestValidationError:
    reason = excerpt(str(error).partition("\n")[0], 400)
    return RequestValidationError(
        f"{name_of_type(tp)} cannot be the type of an answer or a parameter: {reason}",
        (("", reason),),
    )


def acceptable_name(name: str, fallback: str = "output") -> str:
    """Turn a name into one that the API takes: 64 letters, digits, ``_`` and ``-`` at most."""
    return _REFUSED.sub("_", name).strip("_")[:_MAX_NAME].strip("_") or fallback


def name_of_type(tp: Any) -> str:
    """Name a type as a person would, for example ``list[Item]`` or ``Cat or Dog``."""
    origin = get_origin(tp)
    if origin is Annotated:
        return name_of_type(get_args(tp)[0])
    if origin is Union or origin is types.UnionType:
        return " or ".join(name_of_type(part) for part in get_args(tp))
    name = getattr(tp, "__name__", None) or str(tp)
    if origin is None or "[" in name:
        return "None" if tp is type(None) else str(name)
    parts = ", ".join(name_of_type(part) for part in get_args(tp))
    return f"{name}[{parts}]"
