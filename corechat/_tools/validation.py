"""validate_call: from the model's tool call to a tool and typed arguments, or a typed error."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from corechat._errors.text import MAX_ERROR_TEXT, excerpt
from corechat._structured.readers import UnreadableError
from corechat._tools.function_tool import FunctionTool
from corechat.errors import InvalidToolArgumentsError, UnknownToolError
from corechat.requests import Tool
from corechat.requests._call_ids import name_text
from corechat.responses import ChatResponse, ToolCall
from corechat.responses._message import tool_calls_of
from corechat.responses._output_errors import ArgumentsFailure, write_details

U = TypeVar("U", bound=UnknownToolError)
A = TypeVar("A", bound=InvalidToolArgumentsError)
AnyTool = FunctionTool[..., Any] | Tool | Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ValidCall:
    """Hold a tool call that can be carried out.

    Attributes:
        tool: which tool.
        arguments: its arguments, typed: of a function a dict, of a model an instance, of a custom
            tool its text.
        tool_call_id: the call's id; None if the server gave none.
    """

    tool: FunctionTool[..., Any]
    arguments: Any
    tool_call_id: str | None = None


def tool_names(tools: Iterable[AnyTool]) -> list[str]:
    """Name the tools that a request offers; those that the server runs do not have one."""
    made = [one if isinstance(one, FunctionTool | Tool) else Tool(**dict(one)) for one in tools]
    names: list[Any] = []
    for one in made:
        if isinstance(one, FunctionTool):
            names.append(one.name)
        elif one.function is not None:
            names.append(one.function.name)
        elif one.custom is not None:
            names.append(one.custom.get("name"))
    return [name for name in names if isinstance(name, str)]


def tools_by_name(tools: Iterable[AnyTool]) -> dict[str, FunctionTool[..., Any]]:
    """Make tools of what a request offers, by name; those that the server runs are left out."""
    made = (one if isinstance(one, FunctionTool) else _from_request(one) for one in tools)
    return {one.name: one for one in made if one is not None}


def validate_call(
    call: ToolCall, tools: Iterable[AnyTool], *, response: ChatResponse | None = None
) -> ValidCall:
    """Find the tool that the model called, and read its arguments.

    Args:
        call: what the model asked for.
        tools: what was offered.
        response: the whole answer, for the error; it also says whether the arguments were cut.

    Raises:
        UnknownToolError: the tool was not offered.
        InvalidToolArgumentsError: the arguments are cut, not JSON, or do not fit.
    """
    named = tools_by_name(tools)
    text = call.arguments
    identity = name_text(call.id)
    context = call_context(call.name, text, identity, response)
    found = named.get(call.name)
    if found is None:
        raise unknown_tool(named, context, UnknownToolError)
    try:
        return ValidCall(found, found.read(text), identity)
    except UnreadableError as error:
        cut = response is not None and _is_cut(response, call)
        raise invalid_arguments(error, context, InvalidToolArgumentsError, cut=cut) from None


def call_context(
    name: str, arguments: str, tool_call_id: str | None, response: ChatResponse | None
) -> dict[str, Any]:
    """Return the fields that every `ToolCallError` keeps."""
    context: dict[str, Any] = {"name": name, "arguments": arguments, "tool_call_id": tool_call_id}
    if response is None:
        return context
    return {
        **context,
        "response": response,
        "status_code": response.http.status,
        "request_id": response.request_id,
        "attempts": response.http.attempts,
    }


def unknown_tool(known: Iterable[str], context: Mapping[str, Any], kind: type[U]) -> U:
    """Return the error of a tool that was not among the known ones."""
    names = tuple(known)
    text = f"The model called a tool {context['name']!r} that was not offered. Offered: "
    return kind(
        excerpt(text + (", ".join(names) or "none"), MAX_ERROR_TEXT), known=names, **context
    )


def invalid_arguments(
    error: UnreadableError,
    context: Mapping[str, Any],
    kind: type[A],
    *,
    cut: bool = False,
) -> A:
    """Return the error of arguments that do not fit, or whose answer was cut."""
    reason: ArgumentsFailure = "wrong_shape" if error.is_json else "invalid_json"
    if cut and (not error.is_json or not context["arguments"].strip()):
        reason = "length"
    says = {
        "length": "were cut off at the bound on the answer's tokens; raise max_completion_tokens",
        "invalid_json": "are not valid JSON",
    }.get(reason, "do not fit")
    details = excerpt(write_details(error.errors), 600)
    return kind(
        excerpt(f"The arguments of {context['name']} {says}: {details}", MAX_ERROR_TEXT),
        reason=reason,
        errors=error.errors,
        **context,
    )


def _is_cut(response: ChatResponse, call: ToolCall) -> bool:
    for choice in response.choices:
        if any(one is call for one in tool_calls_of(choice.message)):
            return choice.cut_off
    return response.cut_off


def _from_request(given: Tool | Mapping[str, Any]) -> FunctionTool[..., Any] | None:
    offered = given if isinstance(given, Tool) else Tool(**dict(given))
    if offered.custom is not None:
        name = str(offered.custom.get("name", "custom"))
        return FunctionTool(name, "", {}, str)  # its input is free text
    if offered.function is None:
        return None
    function = offered.function
    return FunctionTool.from_schema(
        function.name,
        function.parameters or {},
        description=function.description or "",
        strict=bool(function.strict),
    )
