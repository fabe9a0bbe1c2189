"""Groq's ``tool_use_failed``: a 400 whose ``failed_generation`` holds what the model wrote."""

import json
import re
from collections.abc import Iterable
from typing import Any

from pydantic_core import to_json

from corechat._errors.text import MAX_ERROR_TEXT, excerpt
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

_CODE = "tool_use_failed"
_NOT_CALLED = "did not call a tool"
_TAG, _END_TAG = "<tool_call>", "</tool_call>"
_END_FUNCTION = "</function>"
_FUNCTION = re.compile(r"[<(]function=([\w-]{1,64})[^\w{]{0,8}(?=\{)")
_WITHOUT_ARGUMENTS = re.compile(r"[<(]function=([\w-]{1,64})>?\s*(?:</function>)?\s*\Z")
_BEFORE = re.compile(r"\s*(?:<\|python_tag\|>|`{3,}\w*)\s*")
_CUT = re.compile(
    r'\A\s*\[?\s*\{\s*"name"\s*:\s*"([\w-]{1,64})"\s*,\s*"(?:arguments|parameters)"\s*:'
)
_BETWEEN = re.compile(r"(?:\s|[;,>)\]`]|</?function>|</?tool_call>)+")
_DECODER = json.JSONDecoder()


def tool_error_from_status(
    error: APIStatusError, tools: Iterable[AnyTool] = ()
) -> RefusedToolCallError | None:
    """Return the error of Groq's 400 ``tool_use_failed``; None if the status says another thing.

    The tools that were offered tell what is wrong with the call.
    """
    if error.code != _CODE:
        return None
    name, arguments, rest = read_failed_generation(error.failed_generation or "")
    made = _error_of_call(error, name, arguments, tools)
    made.rest = rest
    return made


def _error_of_call(
    error: APIStatusError, name: str, arguments: str, tools: Iterable[AnyTool]
) -> RefusedToolCallError:
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


def read_failed_generation(written: str) -> tuple[str, str, str]:
    """Return the tool that the model meant first, its arguments, and what the model wrote after.

    Groq's models are seen to write ``{"name": …, "arguments": …}``, bare, in a list, as the API
    writes its calls, or in ``<tool_call>`` tags; or ``<function=name>{…}``. Where it cannot be told
    which tool was meant, the name is ``""``, and the whole text stands for the arguments.
    """
    _, tag, tagged = written.partition(_TAG)
    begun = _BEFORE.match(written)
    call = _call_in(tagged if tag else written[begun.end() :] if begun else written)
    return call or _function_in(written) or ("", written, "")


def _call_in(text: str) -> tuple[str, str, str] | None:
    try:
        value, rest = _first_json(text)
    except ValueError:
        cut = _CUT.match(text)
        return (cut[1], text[cut.end() :].partition(_END_TAG)[0].strip(), "") if cut else None
    if is_object(value):
        value = value.get("tool_calls") or value
    if is_list(value) and value:
        value, others = value[0], value[1:]
        rest = to_json(others).decode() if others else rest
    if is_object(value) and is_object(value.get("function")):
        value = {**value, **value["function"]}
    if not is_object(value) or not isinstance(value.get("name"), str):
        return None
    arguments = value.get("arguments", value.get("parameters", {}))
    text = arguments if isinstance(arguments, str) else to_json(arguments).decode()
    return value["name"], text, _after(rest)


def _function_in(text: str) -> tuple[str, str, str] | None:
    found = _FUNCTION.search(text)
    if found is None:
        bare = _WITHOUT_ARGUMENTS.search(text)
        return (bare[1], "{}", "") if bare else None
    arguments = text[found.end() :]
    try:
        _, rest = _first_json(arguments)
    except ValueError:
        arguments, _, rest = arguments.partition(_END_FUNCTION)
        return found[1], arguments.strip(), _after(rest)
    return found[1], arguments[: len(arguments) - len(rest)].strip(), _after(rest)


def _after(rest: str) -> str:
    between = _BETWEEN.match(rest)
    return rest[between.end() :].rstrip() if between else rest.rstrip()


def _first_json(text: str) -> tuple[Any, str]:
    """Read the first JSON value of a text, and give what stands after it."""
    text = text.lstrip()
    try:
        value, end = _DECODER.raw_decode(text)
    except RecursionError:
        raise ValueError("nested too deep") from None
    read_json(text[:end])  # RFC 8259: not NaN, not infinity
    return value, text[end:]
