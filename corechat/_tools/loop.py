"""run_tools: ask, run the tools that the model calls, tell it the results, and ask again."""

from collections.abc import Callable, Iterable
from typing import Any, Literal

from corechat._providers.schema_rules import UNKNOWN, SchemaRules
from corechat._tools.execution import carry_out, offered_names, raise_first
from corechat._tools.failed_generation import tool_error_from_status
from corechat._tools.function_tool import FunctionTool
from corechat._tools.tool_run import StopReason, ToolRun, ToolStep
from corechat.errors import APIStatusError, ConfigurationError
from corechat.requests import ChatRequest
from corechat.responses import ChatResponse, Usage
from corechat.responses._usage import tokens_of


def run_tools(  # noqa: PLR0913 - two bounds, a callback and the endpoint's rules, all by name
    complete: Callable[[ChatRequest], ChatResponse],
    request: ChatRequest,
    tools: Iterable[FunctionTool[..., Any]],
    *,
    max_rounds: int = 8,
    max_total_tokens: int | None = None,
    on_step: Callable[[ToolStep], object] | None = None,
    tool_errors: Literal["tell", "raise"] = "tell",
    rules: SchemaRules = UNKNOWN,
) -> ToolRun:
    """Ask the model, run the tools that it calls, and ask again until it answers.

    What goes wrong in a call (an unknown tool, arguments that do not fit, an exception of the
    tool) is told to the model. A ``tool_choice`` that forces a call does so in the first round
    only.
    """
    if max_rounds < 1:
        raise ConfigurationError(f"max_rounds must be at least 1, not {max_rounds}.")
    if tool_errors not in ("tell", "raise"):
        raise ConfigurationError(f"tool_errors must be 'tell' or 'raise', not {tool_errors!r}.")
    named, usage = offered_names(tools, request), Usage()
    offered = [one.to_tool(rules) for one in named.values()]
    request = request.replace(tools=[*(request.tools or ()), *offered])
    tell = on_step or (lambda _: None)
    for number in range(1, max_rounds + 1):
        try:
            response = complete(request)
        except APIStatusError as error:
            refused = tool_error_from_status(error, named.values())
            if refused is None:
                raise
            if number == max_rounds:
                raise refused from error
            tell(ToolStep(number, None, (refused.tool_message(),), refused))
            request = _continue(request, refused.assistant_message(), refused.tool_message())
            continue
        usage += Usage.model_validate(tokens_of(response.usage))
        said = response.message.to_request()
        stop = _stop_reason(response, usage, max_total_tokens, last=number == max_rounds)
        if stop is not None:
            tell(ToolStep(number, response))
            return ToolRun(response, (*request.messages, said), number, usage, stop)
        results = carry_out(response, said, named)
        messages = tuple(one.message for one in results)
        failed = next((one.error for one in results if one.error is not None), None)
        tell(ToolStep(number, response, messages, failed))
        if tool_errors == "raise":
            raise_first(results)
        request = _continue(request, said, *messages)
    raise AssertionError("the last round returns or raises")


def _stop_reason(
    response: ChatResponse, usage: Usage, max_total_tokens: int | None, *, last: bool
) -> StopReason | None:
    if not response.tool_calls:
        return "answer"
    if max_total_tokens is not None and (usage.total_tokens or 0) >= max_total_tokens:
        return "max_total_tokens"
    return "max_rounds" if last else None


def _continue(request: ChatRequest, *messages: Any) -> ChatRequest:
    more: dict[str, Any] = {"messages": [*request.messages, *messages]}
    if request.tool_choice not in (None, "auto", "none"):
        more["tool_choice"] = "auto"
    return request.replace(**more)
