"""Messages: one model a role (API reference, "Create chat completion", messages)."""

from itertools import takewhile
from typing import Annotated, Any, ClassVar, Literal

from pydantic import AfterValidator, BeforeValidator, Discriminator, Field, Tag, model_validator

from corechat.errors._output import object_text
from corechat.requests._base import JsonData, JsonObject, OpenModel, TaggedModel, tag_of
from corechat.requests._call_ids import Identity, answered_ids, is_made, unique_ids
from corechat.requests._parts import Part, is_part

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


_DUMPED_MESSAGE = frozenset({"annotations", "executed_tools", "function_call"})
_DUMPED_CALL = frozenset({"function", "custom"})
"""A dump of an answer's message, or of its call, has a null for each key that was not there."""


def _put_back(given: Any) -> Any:
    """Take an answer as it is put back by hand: its parts repeat themselves, nulls are left out."""
    if not isinstance(given, dict):
        return given
    if given.keys() >= _DUMPED_MESSAGE:
        content = repeat_content(given.get("content"))
        given = {**given, "role": "assistant", "content": content}
    elif given.keys() >= _DUMPED_CALL:
        function, custom = given["function"], given["custom"]
        given = {**given, "function": _with_object(repeat(function)), "custom": custom}
    else:
        return {key: repeat(value) for key, value in given.items()}
    return {k: repeat(value) for k, value in given.items() if value is not None or k == "content"}


def repeat_content(content: Any) -> Any:
    """Leave out of an answer's content what no request may hold: that takes a text or a list."""
    if isinstance(content, str) or content is None:
        return content
    given = content if isinstance(content, list) else [content]
    parts = [{"type": "text", "text": one} if isinstance(one, str) else one for one in given]
    return [part for part in parts if is_part(part)] or ""


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

    name: Identity
    arguments: str | JsonObject = ""


class RequestToolCall(OpenModel):
    """Hold a tool call of an earlier answer, as it is repeated.

    Attributes:
        id: the call's id; the tool message that answers it carries the same.
        type: ``"function"`` or ``"custom"``.
        function: the function called.
        custom: the custom tool called: ``{"name": …, "input": …}``.
    """

    id: Identity | None = None
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
    tool_calls: Annotated[tuple[RequestToolCall, ...], AfterValidator(_with_own_ids)] | None = None
    refusal: str | None = None
    audio: JsonObject | None = None
    function_call: RequestFunctionCall | None = None
    name: str | None = None

    _of_an_answer = model_validator(mode="before")(_put_back)


class ToolMessage(_RoleModel):
    """Hold a tool message, which gives the result of a tool call.

    Attributes:
        content: the result.
        tool_call_id: the id of the call that it answers; None or ``""``, which some servers give
            their calls, for the next one.
    """

    role: Literal["tool"] = "tool"
    content: Content
    tool_call_id: Identity | None


class FunctionMessage(_RoleModel):
    """Hold a function message, which gives a call's result (deprecated in favour of tools)."""

    role: Literal["function"] = "function"
    content: Content
    name: str


class OtherMessage(OpenModel):
    """Hold a message of a role that corechat does not know; it is sent as it is."""

    role: str
    content: JsonData = None


_KNOWN = frozenset({"system", "developer", "user", "assistant", "tool", "function"})


def _message_tag(value: Any) -> str:
    if isinstance(value, dict) and not value.get("role"):  # an answer's, whose server gave none
        of_an_answer = value.keys() >= _DUMPED_MESSAGE or value.get("tool_calls")
        return "~assistant" if of_an_answer else "~other"
    role = tag_of(value, "role")
    return f"~{role}" if role in _KNOWN else "~other"


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


def settle_ids(messages: tuple[Any, ...]) -> tuple[Any, ...]:
    """Let results name the calls that they answer, also where a server repeated or left out ids.

    Ids that were made here are not used twice in a conversation.
    """
    settled = list(messages)
    made: set[str] = set()
    for at, message in enumerate(messages):
        if not isinstance(message, AssistantMessage) or not message.tool_calls:
            continue
        given = [call.id for call in message.tool_calls]
        ids = unique_ids(given, made)
        if ids != given:
            calls = _with_ids(message.tool_calls, ids)
            settled[at] = message.model_copy(update={"tool_calls": calls})
        made |= set(filter(is_made, ids))
        new = dict(zip(given, ids, strict=True))
        results = list(takewhile(lambda one: isinstance(one, ToolMessage), messages[at + 1 :]))
        named = (new.get(one.tool_call_id, one.tool_call_id) for one in results)
        for place, name in enumerate(answered_ids(ids, named), at + 1):
            if messages[place].tool_call_id != name:
                settled[place] = messages[place].model_copy(update={"tool_call_id": name})
    for place, one in enumerate(settled):
        if isinstance(one, ToolMessage) and one.tool_call_id is None:
            raise ValueError(f"[{place}].tool_call_id: no call waits for this result; name one")
    return tuple(settled)
