"""Carry out the tool calls of one answer; what goes wrong becomes a message to the model."""

import contextvars
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

from pydantic_core import PydanticSerializationError, to_json

from corechat._tools.function_tool import FunctionTool
from corechat._tools.validation import ValidCall, validate_call
from corechat.errors import ConfigurationError, ToolCallError
from corechat.errors._text import excerpt
from corechat.requests import AssistantMessage
from corechat.responses import ChatResponse

_MOST_THREADS = 8
_MOST_ERROR_TEXT = 2000


def carry_out(
    response: ChatResponse, repeated: AssistantMessage, tools: Mapping[str, FunctionTool[..., Any]]
) -> tuple[dict[str, Any], ...]:
    """Run the tools that an answer calls, several in threads; return one tool message a call."""
    jobs: list[Callable[[], dict[str, Any]]] = []
    for call, said in zip(response.tool_calls, repeated.tool_calls or (), strict=True):
        identity = str(said.id)
        try:
            valid = validate_call(call, tools.values(), response=response)
        except ToolCallError as error:
            jobs.append(partial(_message, identity, error.tool_message()["content"]))
        else:
            jobs.append(partial(_answer, identity, valid))
    if len(jobs) == 1:
        return (jobs[0](),)
    with ThreadPoolExecutor(min(len(jobs), _MOST_THREADS)) as pool:
        contexts = [contextvars.copy_context() for _ in jobs]
        futures = [pool.submit(one.run, job) for one, job in zip(contexts, jobs, strict=True)]
        return tuple(future.result() for future in futures)


def with_ids(message: AssistantMessage, number: int) -> AssistantMessage:
    """Give an id to calls that have none: a tool message must name the call that it answers."""
    calls = message.tool_calls or ()
    if all(call.id for call in calls):
        return message
    named = tuple(
        call if call.id else call.model_copy(update={"id": f"call_{number}_{index}"})
        for index, call in enumerate(calls)
    )
    return message.model_copy(update={"tool_calls": named})


def offered_names(tools: Iterable[FunctionTool[..., Any]]) -> dict[str, FunctionTool[..., Any]]:
    """Sort tools by name, and refuse two of one name."""
    named: dict[str, FunctionTool[..., Any]] = {}
    for one in tools:
        if named.setdefault(one.name, one) is not one:
            raise ConfigurationError(f"Two tools are named {one.name}; say name=… for one of them.")
    return named


def _message(identity: str, content: Any) -> dict[str, Any]:
    return {"role": "tool", "tool_call_id": identity, "content": content}


def _answer(identity: str, valid: ValidCall) -> dict[str, Any]:
    return _message(identity, _result(valid))


def _result(valid: ValidCall) -> str:
    try:
        result = valid.tool.run(valid.arguments)
        return result if isinstance(result, str) else to_json(result).decode()
    except ConfigurationError:
        raise
    except PydanticSerializationError as error:
        return f"Error: the result cannot be written as JSON: {excerpt(str(error), 500)}"
    except Exception as error:  # noqa: BLE001 - the model is told what the tool raised
        return excerpt(f"Error: {type(error).__name__}: {error}", _MOST_ERROR_TEXT)
