"""Tools that a request offers, and how the model is to choose among them."""

from typing import Annotated, Self

from pydantic import Field, model_validator

from corechat.requests._base import JsonObject, OpenModel


class FunctionDefinition(OpenModel):
    """Describe a function that the model may call.

    Attributes:
        name: at most 64 characters (API reference, tools[].function.name).
        description: what it does and when to call it.
        parameters: a JSON Schema object.
        strict: whether the arguments must fit the schema exactly.
    """

    name: Annotated[str, Field(min_length=1, max_length=64)]
    description: str | None = None
    parameters: JsonObject | None = None
    strict: bool | None = None


class Tool(OpenModel):
    """Offer one tool to the model.

    Attributes:
        type: ``"function"``, ``"custom"`` (OpenAI), or a built-in such as Groq's
            ``"browser_search"`` and ``"code_interpreter"``.
        function: the function, where the type is ``"function"``.
        custom: OpenAI's custom tool, ``{"name": …, "description"?: …, "format"?: …}``.
    """

    type: str | None = None
    function: FunctionDefinition | None = None
    custom: JsonObject | None = None

    @model_validator(mode="after")
    def _check_kind(self) -> Self:
        if self.type is None and self.function is None:
            raise ValueError("a tool needs a type or a function")
        if self.type == "function" and self.function is None:
            raise ValueError("a tool of type 'function' needs the key 'function'")
        return self


class FunctionName(OpenModel):
    """Name the function that a `NamedToolChoice` demands."""

    name: str


class NamedToolChoice(OpenModel):
    """Demand a call of one tool: a value of ``tool_choice``.

    Attributes:
        type: ``"function"``; OpenAI also has ``"custom"`` and ``"allowed_tools"``.
        function: which function.
    """

    type: str | None = None
    function: FunctionName | None = None
