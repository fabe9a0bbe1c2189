"""Messages: one model a role (API reference, "Create chat completion", messages)."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import takewhile
from typing import Annotated, Any, ClassVar, Literal

from pydantic import BaseModel, Discriminator, Field, Tag, model_validator

from corechat.requests._base import JsonData, JsonObject, OpenModel, TaggedModel, tag_of
from corechat.requests._call_ids import Identity, answered_ids, is_made, unique_ids
from corechat.requests._parts import Part
from corechat.requests._repeating import EVERY_KEY, repeat_call, repeat_message, with_own_ids

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


_TEXT = frozenset({"role", "content"})
_DUMPED_MESSAGE = frozenset({"annotations", "executed_tools", "function_call"})
_DUMPED_CALL = frozenset({"function", "custom"})
"""A dump of an answer's message, or of its call, has a null for each key that was not there."""


def _is_dump(given: Mapping[Any, Any]) -> bool:
    """Tell whether a message is a dump: only that holds a null for the deprecated key."""
    if given.keys() >= _DUMPED_MESSAGE:
        return True
    return given.get("role") == "assistant" and given.get("function_call", given) is None


def _is_text(given: Any) -> bool:
    """Tell whether a message is only a text of a role, as most are."""
    if type(given) is not dict or given.keys() != _TEXT:
        return False
    return type(given["content"]) is str and isinstance(given["role"], str) and given["role"] != ""


def _put_back_message(given: Any) -> Any:
    """Take an answer as it is put back by hand: its parts repeat themselves, nulls are left out."""
    if _is_text(given) or not isinstance(given, Mapping):
        return given
    given = {key: _listed(value) for key, value in given.items()}
    fields = {key: repeat(value) for key, value in given.items()}
    if _is_dump(given):
        return repeat_message(fields, EVERY_KEY)
    calls = given.get("tool_calls")
    if isinstance(calls, list) and any(map(_is_of_an_answer, calls)):
        fields["tool_calls"] = with_own_ids([dict(one) for one in fields["tool_calls"]])
    if not fields.get("role"):
        fields["role"] = "assistant"
    return fields


def _put_back_call(given: Any) -> Any:
    if not isinstance(given, Mapping):
        return given
    fields = {key: repeat(value) for key, value in given.items()}
    return repeat_call(fields, EVERY_KEY) if given.keys() >= _DUMPED_CALL else fields


def _is_of_an_answer(call: Any) -> bool:
    return call.keys() >= _DUMPED_CALL if isinstance(call, dict) else hasattr(call, "to_request")


def repeat(value: Any) -> Any:
    """Let a part of an answer, or each of several, make what repeats it; others stay as they are.

    Args:
        value: anything that a caller puts into a request.
    """
    value = _listed(value)
    if not isinstance(value, list):
        return _repeat_one(value)
    return [one if type(one) is dict else _repeat_one(one) for one in value]


def _listed(value: Any) -> Any:
    """Make a list of several values, which a generator gives only once."""
    single = value is None or isinstance(value, str | dict | bytes | BaseModel | Mapping)
    return value if single or not isinstance(value, Iterable) else list(value)


def _repeat_one(value: Any) -> Any:
    if isinstance(value, str | dict | type):
        return value
    if hasattr(value, "to_request"):
        return value.to_request()
    if isinstance(value, BaseModel) and not isinstance(value, OpenModel):  # another client's
        return value.model_dump(mode="json", exclude_unset=True)
    return value


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

    _of_an_answer = model_validator(mode="before")(_put_back_call)


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

    _of_an_answer = model_validator(mode="before")(_put_back_message)


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


ROLES = frozenset({"system", "developer", "user", "assistant", "tool", "function"})


_TAGS = {role: f"~{role}" for role in ROLES}


def _message_tag(value: Any) -> str:
    if _is_text(value):
        return _TAGS.get(value["role"], "~other")
    role = tag_of(value, "role")
    if isinstance(value, Mapping):
        # an answer's role is the assistant's, whatever its server said
        calls = value.get("tool_calls") and not value.get("role")
        role = "assistant" if calls or _is_dump(value) else role
    return _TAGS.get(role, "~other")


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
        if type(message) is AssistantMessage and message.tool_calls:
            results = list(takewhile(lambda one: isinstance(one, ToolMessage), messages[at + 1 :]))
            settled[at : at + 1 + len(results)] = _settle(
                message, message.tool_calls, results, made
            )
    for at, one in enumerate(settled):
        if type(one) is ToolMessage and one.tool_call_id is None:
            raise ValueError(f"no call waits for the result [{at}]; say its tool_call_id")
    return tuple(settled)


def _settle(
    message: AssistantMessage,
    calls: tuple[RequestToolCall, ...],
    results: list[ToolMessage],
    made: set[str],
) -> list[Any]:
    ids = [call.id for call in calls]
    named = [one.tool_call_id for one in results]
    known = [one for one in ids if one]
    whole = len(known) == len(ids) or not results
    if whole and all(named) and _differ(named) and _differ(known) and made.isdisjoint(known):
        made.update(filter(is_made, known))
        return [message, *results]
    own = unique_ids(ids, made)
    renamed: dict[str | None, str] = dict(zip(unique_ids(ids), own, strict=True))
    names = answered_ids(own, [renamed.get(name) or name for name in named])
    made.update(filter(is_made, own))
    return [
        message.model_copy(update={"tool_calls": tuple(map(_with("id"), calls, own))}),
        *map(_with("tool_call_id"), results, names),
    ]


def _with(field: str) -> Callable[[Any, str | None], Any]:
    return lambda model, value: model.model_copy(update={field: value})


def _differ(names: Sequence[str | None]) -> bool:
    return len({*names}) == len(names)
