"""The JSON Schema of a Python type, as pydantic writes it, made apt for a model to answer."""

from typing import Any

from pydantic import PydanticSchemaGenerationError, PydanticUserError, TypeAdapter
from pydantic.errors import PydanticInvalidForJsonSchema
from pydantic.json_schema import (
    GenerateJsonSchema,
    JsonSchemaValue,
)
from pydantic_core import core_schema

from corechat._structured.names import name_of_type
from corechat._structured.vocabulary import JsonSchema
from corechat.errors import RequestValidationError
from corechat.errors._text import excerpt


class AnswerSchema(GenerateJsonSchema):
    """Write schemas without the titles that only repeat names, and a Decimal as a number.

    pydantic offers a Decimal as a number or any text; the text could be one that is no number.
    """

    def field_title_should_be_set(self, schema: Any) -> bool:  # noqa: ARG002 - pydantic's signature
        """Leave out titles that repeat the field's name."""
        return False

    def decimal_schema(self, schema: core_schema.DecimalSchema) -> JsonSchemaValue:
        """Take the number of pydantic's two offers."""
        written = super().decimal_schema(schema)
        offers = written.get("anyOf", [written])
        return next((offer for offer in offers if offer.get("type") == "number"), written)


def adapter_of(tp: Any) -> TypeAdapter[Any]:
    """Build the reader of a type.

    Args:
        tp: anything that pydantic's TypeAdapter takes.

    Raises:
        RequestValidationError: pydantic cannot read this type.
    """
    try:
        return TypeAdapter(tp)
    except (PydanticSchemaGenerationError, PydanticUserError, NameError) as error:
        raise _unfit(tp, error) from None


def schema_of(adapter: TypeAdapter[Any], tp: Any) -> JsonSchema:
    """Write the JSON Schema of a type.

    Args:
        adapter: its reader.
        tp: the type, for messages.

    Raises:
        RequestValidationError: the type has no JSON Schema.
    """
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
