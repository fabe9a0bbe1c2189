"""Messages: one model a role (API reference, "Create chat completion", messages)."""

from typing import Annotated, Any, ClassVar, Literal

from pydantic import Discriminator, Field, Tag, model_validator

from corechat.requests._base import JsonData, JsonObject, OpenModel, TaggedModel, tag_of
from corechat.requests._json import object_text
from corechat.requests._parts import Part

Content = Annotated[str | tuple[Part, ...] | None, Field(union_mode="left_to_right")]


class _RoleModel(TaggedModel):
    TAG: ClassVar[str] = "role"


class SystemMessage(_RoleModel):
    """Hold a system message, which tells the model how to behave."""

    role: Literal["system"] = "system"
    content: Content
    name: str | None = None


class DeveloperMessage(_RoleModel):
    """Hold a developer message, OpenAI's newer name for a system message."""

    role: Literal["developer"] = "developer"
    content: Content
    name: str | None = None


class UserMessage(_RoleModel):
    """Hold a message of the user."""

    role: Literal["user"] = "user"
    content: Content
    name: str | None = None


_DUMPS = (
    frozenset({"annotations", "executed_tools", "function_call"}),
    frozenset({"function", "custom"}),
)
"""A dump of an answer's message, or of its call, has a null for each key that was not there."""


def _put_back(given: Any) -> Any:
    """Take an answer as it is put back by hand: its parts repeat themselves, nulls are left out."""
    if not isinstance(given, dict):
        return given
    if not any(given.keys() >= keys for keys in _DUMPS):
        return {key: repeat(value) for key, value in given.items()}
    return {
        key: _with_object(repeat(value))
        for key, value in given.items()
        if value is not None or key == "content"
    }


def _with_object(called: Any) -> Any:
    """Write the arguments of a dumped call as a call itself repeats them."""
    if not isinstance(called, dict) or not isinstance(called.get("arguments"), str):
        return called
    return {**called, "arguments": object_text(called["arguments"])}


def repeat(value: Any) -> Any:
    """Let a part of an answer, or each of several, make what repeats it; others stay as they are.

    Args:
        value: anything that a caller puts into a request.
    """
    if isinstance(value, list | tuple):
        return [_repeat_one(one) for one in value]
    return _repeat_one(value)


def _repeat_one(value: Any) -> Any:
    repeats = hasattr(value, "to_request") and not isinstance(value, type)
    return value.to_request() if repeats else value


class RequestFunctionCall(OpenModel):
    """Hold the function of a repeated tool call.

    Attributes:
        name: the function's name.
        arguments: a JSON text, as the model wrote it.
    """

    name: str
    arguments: str | JsonObject = ""


class RequestToolCall(OpenModel):
    """Hold a tool call of an earlier answer, as it is repeated.

    Attributes:
        id: the call's id; the tool message that answers it carries the same.
        type: ``"function"`` or ``"custom"``.
        function: the function called.
        custom: the custom tool called: ``{"name": …, "input": …}``.
    """

    id: str | None = None
    type: str | None = None
    function: RequestFunctionCall | None = None
    custom: JsonObject | None = None

    _of_an_answer = model_validator(mode="before")(_put_back)


class AssistantMessage(_RoleModel):
    """Hold an assistant message, which repeats an answer of the model.

    Attributes:
        content: its text; None beside tool calls.
        reasoning: its reasoning (Groq).
        tool_calls: the tools it called.
        refusal: why it refused (OpenAI).
        audio: ``{"id": …}`` of a spoken answer (OpenAI).
        function_call: the deprecated form of one tool call.
    """

    role: Literal["assistant"] = "assistant"
    content: Content = None
    reasoning: str | None = None
    tool_calls: tuple[RequestToolCall, ...] | None = None
    refusal: str | None = None
    audio: JsonObject | None = None
    function_call: RequestFunctionCall | None = None
    name: str | None = None

    _of_an_answer = model_validator(mode="before")(_put_back)


class ToolMessage(_RoleModel):
    """Hold a tool message, which gives the result of a tool call.

    Attributes:
        content: the result.
        tool_call_id: the id of the call that it answers.
    """

    role: Literal["tool"] = "tool"
    content: Content
    tool_call_id: str


class FunctionMessage(_RoleModel):
    """Hold a function message, which gives a call's result (deprecated in favour of tools)."""

    role: Literal["function"] = "function"
    content: Content
    name: str


class OtherMessage(OpenModel):
    """Hold a message of a role that corechat does not know; it is sent as it is."""

    role: str
    content: JsonData = None


ROLES = frozenset({"system", "developer", "user", "assistant", "tool", "function"})


def _message_tag(value: Any) -> str:
    role = tag_of(value, "role")
    return f"~{role}" if role in ROLES else "~other"


RequestMessage = Annotated[
    Annotated[SystemMessage, Tag("~system")]
    | Annotated[DeveloperMessage, Tag("~developer")]
    | Annotated[UserMessage, Tag("~user")]
    | Annotated[AssistantMessage, Tag("~assistant")]
    | Annotated[ToolMessage, Tag("~tool")]
    | Annotated[FunctionMessage, Tag("~function")]
    | Annotated[OtherMessage, Tag("~other")],
    Discriminator(_message_tag),
]
