"""Groq's ``tool_use_failed``: a 400 whose ``failed_generation`` holds what the model wrote."""

import re
from collections.abc import Iterable
from typing import Any

from pydantic_core import to_json

from corechat._structured.readers import UnreadableError, read_json
from corechat._structured.vocabulary import is_list, is_object
from corechat._tools.validation import (
    AnyTool,
    call_context,
    invalid_arguments,
    tools_by_name,
    unknown_tool,
)
from corechat.errors import (
    APIStatusError,
    RefusedToolArgumentsError,
    RefusedToolCallError,
    RefusedUnknownToolError,
    ToolNotCalledError,
)
from corechat.errors._text import MAX_ERROR_TEXT, excerpt

_CODE = "tool_use_failed"
_NOT_CALLED = "did not call a tool"
_TAG, _END_TAG = "<tool_call>", "</tool_call>"
_FUNCTION = re.compile(r"<function=([\w-]{1,64})[^\w{]{0,8}(\{.*\})", re.DOTALL)


def tool_error_from_status(
    error: APIStatusError, tools: Iterable[AnyTool] = ()
) -> RefusedToolCallError | None:
    """Return the error of Groq's 400 ``tool_use_failed``; None if the status says another thing.

    The tools that were offered tell what is wrong with the call.
    """
    if error.code != _CODE:
        return None
    name, arguments = read_failed_generation(error.failed_generation or "")
    context = {**call_context(name, arguments, None, None), "refusal": error}
    named = tools_by_name(tools)
    if name and named and name not in named:
        return unknown_tool(named, context, RefusedUnknownToolError)
    if name in named:
        try:
            named[name].read(arguments)
        except UnreadableError as unreadable:
            return invalid_arguments(unreadable, context, RefusedToolArgumentsError)
    not_called = not name and _NOT_CALLED in error.message
    kind = ToolNotCalledError if not_called else RefusedToolCallError
    what = "that the model called no tool" if not_called else "the model's tool call"
    return kind(excerpt(f"The server refused {what}: {error.message}", MAX_ERROR_TEXT), **context)


def read_failed_generation(written: str) -> tuple[str, str]:
    """Return the tool that the model meant and its arguments; ``""`` and the text if not to tell.

    Groq's models are seen to write ``{"name": …, "arguments": …}``, bare, in a list or in
    ``<tool_call>`` tags; or ``<function=name>{…}``.
    """
    _, tag, tagged = written.partition(_TAG)
    call = _call_in(tagged.partition(_END_TAG)[0] if tag else written)
    if call is not None:
        return call
    function = _FUNCTION.match(written, max(0, written.find("<function=")))
    return (function[1], function[2]) if function else ("", written)


def _call_in(text: str) -> tuple[str, str] | None:
    try:
        value: Any = read_json(text)
    except ValueError:
        return _cut_call(text)
    if is_list(value) and value:
        value = value[0]
    if not is_object(value) or not isinstance(value.get("name"), str):
        return None
    arguments = value.get("arguments", value.get("parameters", {}))
    if isinstance(arguments, str):
        return value["name"], arguments
    return value["name"], to_json(arguments).decode()


_CUT = re.compile(
    r'\A\s*\[?\s*\{\s*"name"\s*:\s*"([\w-]{1,64})"\s*,\s*"(?:arguments|parameters)"\s*:'
)


def _cut_call(text: str) -> tuple[str, str] | None:
    found = _CUT.match(text)
    return (found[1], text[found.end() :].strip()) if found else None
