"""Carry out the tool calls of one answer; what goes wrong becomes a message to the model."""

import contextvars
import json
import re
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

from pydantic_core import PydanticSerializationError, to_json, to_jsonable_python

from corechat._errors.text import exception_text, excerpt
from corechat._tools.function_tool import FunctionTool
from corechat._tools.validation import ValidCall, tool_names, validate_call
from corechat.errors import ConfigurationError, ToolCallError
from corechat.requests import AssistantMessage, ChatRequest
from corechat.requests._json import plain, replace_half_surrogates
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
    for name in tool_names(request.tools or ()):
        if name in named:
            raise ConfigurationError(
                f"The request itself offers a tool {name}, too; leave one out."
            )
    return named


def _message(identity: str, content: Any) -> dict[str, Any]:
    return {"role": "tool", "tool_call_id": identity, "content": content}


def _answer(identity: str, valid: ValidCall) -> dict[str, Any]:
    return _message(identity, _result(valid))


def _result(valid: ValidCall) -> str:
    try:
        return _text_of(valid.tool.run(valid.arguments))
    except PydanticSerializationError as error:
        text = excerpt(exception_text(error), 500)
        return f"Error: the result cannot be written as JSON: {text}"
    except Exception as error:  # noqa: BLE001 - the model is told what the tool raised
        text = f"Error: {type(error).__name__}: {exception_text(error)}"
        return excerpt(text, _MOST_ERROR_TEXT)


_HALF_SURROGATE = re.compile(
    "[\ud800-\udfff]"
)  # what os.listdir gives for a byte that is not UTF-8


def _text_of(result: Any) -> str:
    if isinstance(result, str):
        return _HALF_SURROGATE.sub("\ufffd", result)
    try:
        return to_json(result, fallback=plain).decode()
    except ValueError:  # a half of a surrogate pair in it, or what JSON does not have
        written = json.dumps(result, default=partial(to_jsonable_python, fallback=plain))
        return replace_half_surrogates(written.encode()).decode()
