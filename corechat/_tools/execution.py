"""Carry out the tool calls of one answer; what goes wrong becomes a message to the model."""

import contextvars
import json
import logging
import traceback
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, NamedTuple

from pydantic_core import PydanticSerializationError, to_json, to_jsonable_python

from corechat._errors.text import describe_exception, exception_text, excerpt
from corechat._tools.function_tool import FunctionTool
from corechat._tools.validation import ValidCall, tool_names, validate_call
from corechat.errors import ConfigurationError, ToolCallError
from corechat.requests import AssistantMessage, ChatRequest
from corechat.requests._call_ids import unique_ids
from corechat.requests._json import plain, replace_half_surrogates, whole_characters
from corechat.responses import ChatResponse

_log = logging.getLogger("corechat")
_MOST_THREADS = 8
_MOST_ERROR_TEXT = 2000


class ToolResult(NamedTuple):
    """Hold the message that tells the model a call's result, and what went wrong."""

    message: dict[str, Any]
    error: Exception | None = None


def carry_out(
    response: ChatResponse, repeated: AssistantMessage, tools: Mapping[str, FunctionTool[..., Any]]
) -> tuple[ToolResult, ...]:
    """Run the tools that an answer calls, several in threads; return one result a call."""
    jobs: list[Callable[[], ToolResult]] = []
    ids = unique_ids([said.id for said in repeated.tool_calls or ()])
    for call, identity in zip(response.tool_calls, ids, strict=True):
        try:
            valid = validate_call(call, tools.values(), response=response)
        except ToolCallError as error:
            told = _message(identity, error.tool_message()["content"])
            jobs.append(partial(ToolResult, told, error))
        else:
            jobs.append(partial(_answer, identity, valid))
    if len(jobs) == 1:
        return (jobs[0](),)
    with ThreadPoolExecutor(min(len(jobs), _MOST_THREADS)) as pool:
        contexts = [contextvars.copy_context() for _ in jobs]
        futures = [pool.submit(one.run, job) for one, job in zip(contexts, jobs, strict=True)]
        return tuple(future.result() for future in futures)


def offered_names(
    tools: Iterable[FunctionTool[..., Any]], request: ChatRequest
) -> dict[str, FunctionTool[..., Any]]:
    """Sort tools by name, and refuse two of one name, and one that has not a function to run."""
    named: dict[str, FunctionTool[..., Any]] = {}
    for one in tools:
        if not one.can_run:
            raise ConfigurationError(
                f"The tool {one.name} has no function to run; make it with function=…, or offer it "
                "in a request of its own and run its calls yourself."
            )
        if named.setdefault(one.name, one) is not one:
            raise ConfigurationError(f"Two tools are named {one.name}; say name=… for one of them.")
    own = [*tool_names(request.tools or ()), *(one.name for one in request.functions or ())]
    if own:
        raise ConfigurationError(
            f"The request itself offers a tool {own[0]}, which could not be run; give its function "
            "in tools= alone."
        )
    return named


def _message(identity: str, content: Any) -> dict[str, Any]:
    return {"role": "tool", "tool_call_id": identity, "content": content}


def raise_first(results: Iterable[ToolResult]) -> None:
    """Raise what a tool raised; what the model did wrong is only told to it."""
    for one in results:
        if one.error is not None and not isinstance(one.error, ToolCallError):
            raise one.error


def _answer(identity: str, valid: ValidCall) -> ToolResult:
    try:
        return ToolResult(_message(identity, _text_of(valid.tool.run(valid.arguments))))
    except PydanticSerializationError as error:
        failed: Exception = error
        text = f"the result cannot be written as JSON: {excerpt(exception_text(error), 500)}"
    except Exception as error:  # noqa: BLE001 - the model is told what the tool raised
        failed = error
        text = describe_exception(error, _MOST_ERROR_TEXT)
    _log_raised(valid.tool.name, failed)
    return ToolResult(_message(identity, excerpt(f"Error: {text}", _MOST_ERROR_TEXT)), failed)


def _log_raised(name: str, error: Exception) -> None:
    told = "".join(traceback.format_exception(error))
    written = whole_characters(told)
    if written == told:
        _log.warning("the tool %s raised", name, exc_info=error)
    else:  # a handler could not write half a surrogate pair
        _log.warning("the tool %s raised\n%s", name, written)


def _text_of(result: Any) -> str:
    if isinstance(result, str):
        return whole_characters(result)
    try:
        return to_json(result, fallback=plain).decode()
    except ValueError:  # a half of a surrogate pair in it, or what JSON does not have
        written = json.dumps(result, default=partial(to_jsonable_python, fallback=plain))
        return replace_half_surrogates(written.encode()).decode()
