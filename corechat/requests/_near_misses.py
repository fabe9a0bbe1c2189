"""Words of a request that are nearly ones of the API: they are sent, and a warning names both."""

from collections.abc import Iterable, Iterator
from typing import Any

from corechat._errors.text import escape_controls, near_miss
from corechat._errors.warning import UnknownWordWarning, warn
from corechat.requests._base import OpenModel
from corechat.requests._messages import ROLES, OtherMessage, RequestMessage
from corechat.requests._parts import PART_TYPES, OtherPart
from corechat.requests._tools import Tool

_VALUES = {
    "tool_choice": ("none", "auto", "required", "any"),
    "reasoning_effort": ("none", "minimal", "low", "medium", "high", "xhigh", "max", "default"),
    "reasoning_format": ("hidden", "raw", "parsed"),
    "verbosity": ("low", "medium", "high"),
}
"""Of Groq, OpenAI and Mistral (``any``), by their API references."""

_TOOL_TYPES = ("function", "custom")

_Found = tuple[str, Any, Iterable[str]]
"""Where a word stands, the word, and those that it may have meant."""


def warn_of_near_misses(
    messages: Iterable[RequestMessage], tools: Iterable[Tool], values: dict[str, Any]
) -> None:
    """Warn of words in a request that are misspelt ones of the API, as far as anyone can tell."""
    found = [*_of_messages(messages), *_of_tools(tools)]
    found += [(name, values[name], known) for name, known in _VALUES.items() if values[name]]
    for path, word, known in found:
        guess = near_miss(word, known)
        if guess is not None:
            warn(
                f"{path}: {escape_controls(word)!r}: did you mean {guess!r}? It is sent as it is.",
                UnknownWordWarning,
            )


def _of_messages(messages: Iterable[RequestMessage]) -> Iterator[_Found]:
    for number, message in enumerate(messages):
        if type(message) is OtherMessage:
            yield f"messages[{number}].role", message.role, ROLES
        elif message.__pydantic_extra__:
            yield from _keys(f"messages[{number}]", message)
        if isinstance(message.content, tuple):
            for index, part in enumerate(message.content):
                if type(part) is OtherPart:
                    yield f"messages[{number}].content[{index}].type", part.type, PART_TYPES
                elif part.__pydantic_extra__:
                    yield from _keys(f"messages[{number}].content[{index}]", part)


def _of_tools(tools: Iterable[Tool]) -> Iterator[_Found]:
    for number, tool in enumerate(tools):
        if tool.type != "function":
            yield f"tools[{number}].type", tool.type, _TOOL_TYPES
        for path, model in (("", tool), (".function", tool.function)):
            if model is not None and model.__pydantic_extra__:
                yield from _keys(f"tools[{number}]{path}", model)


def _keys(path: str, model: OpenModel) -> Iterator[_Found]:
    """Find the keys that a model does not know, beside those that it knows and that are not set."""
    left = type(model).model_fields.keys() - model.model_fields_set
    for key in model.__pydantic_extra__ or ():
        yield f"{path}.{key}", key, left
