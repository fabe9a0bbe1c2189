"""response_format: plain text, any JSON object, or JSON that fits a schema."""

from typing import Annotated, Self

from pydantic import Field, model_validator

from corechat._errors.text import excerpt, near_miss
from corechat.requests._base import JsonObject, OpenModel

FORMAT_TYPES = ("text", "json_object", "json_schema")
"""The kinds of answer that the API documents; servers have more, for example ``grammar``."""


class JsonSchemaFormat(OpenModel):
    """Describe the JSON that the answer is to be, by a schema.

    Attributes:
        name: letters, digits, ``_`` and ``-``, at most 64 (API reference, response_format).
        description: what it is for.
        schema_: the JSON Schema; its key is ``schema``.
        strict: whether the answer must fit the schema exactly.
    """

    name: Annotated[str | None, Field(pattern=r"^[a-zA-Z0-9_-]{1,64}$")] = None
    description: str | None = None
    schema_: JsonObject | None = Field(default=None, alias="schema")
    strict: bool | None = None


class ResponseFormat(OpenModel):
    """Choose the form of the answer: the request's ``response_format``.

    Attributes:
        type: ``"text"``, ``"json_object"`` or ``"json_schema"``.
        json_schema: the schema, where the type is ``"json_schema"``.
    """

    type: str
    json_schema: JsonSchemaFormat | None = None

    @model_validator(mode="after")
    def _check_kind(self) -> Self:
        guess = near_miss(self.type, FORMAT_TYPES)
        if guess is not None:
            raise ValueError(f"type {excerpt(self.type, 40)!r}: did you mean {guess!r}?")
        if self.type == "json_schema" and self.json_schema is None:
            raise ValueError("a response_format of type 'json_schema' needs the key 'json_schema'")
        return self
