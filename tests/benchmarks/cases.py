"""What the benchmarks' clients ask: the parameters of each case."""

from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pydantic import BaseModel

Params = dict[str, Any]


def _messages(count: int) -> list[dict[str, str]]:
    roles = ("user", "assistant")
    turns = [
        {"role": roles[turn % 2], "content": f"Turn {turn}: " + "fast inference, plainly. " * 8}
        for turn in range(count - 1)
    ]
    return [{"role": "system", "content": "Answer in one line."}, *turns]


def _tool(number: int) -> dict[str, Any]:
    properties = {
        name: {"type": "string", "description": f"The {name} of what is looked up."}
        for name in ("city", "country", "unit")
    }
    parameters = {"type": "object", "properties": properties, "required": ["city"]}
    function = {"name": f"look_up_{number}", "description": "Look up.", "parameters": parameters}
    return {"type": "function", "function": function}


_SMALL: Params = {"model": "m", "messages": _messages(3)}
CASES: dict[str, Params] = {
    "small": _SMALL,
    "large": {"model": "m", "messages": _messages(20), "tools": [_tool(n) for n in range(5)]},
    "tool-call": {**_SMALL, "tools": [_tool(0)]},
    "text": _SMALL,
    "logprobs": {**_SMALL, "logprobs": True, "top_logprobs": 5},
    "structured": _SMALL,
}
"""3 messages; 20 messages and 5 tools; 3 messages that get a tool call, a text of 64 kB, 56 kB of
log probabilities, and JSON to be read as a type (see `resident`)."""


def params_of(case: str) -> Params:
    """Give a case's parameters; ``messages-20`` asks with so many, ``bytes-1000`` as small."""
    if case.startswith("messages-"):
        return {"model": "m", "messages": _messages(int(case.removeprefix("messages-")))}
    return CASES.get(case, _SMALL)


@cache
def resident() -> "type[BaseModel]":
    """Make the type that the structured case asks for; imports pydantic."""
    from pydantic import create_model

    return create_model("Resident", name=(str, ...), city=(str, ...))


def resident_format() -> Params:
    """Write that type as a client must that does not take types."""
    schema = {**resident().model_json_schema(), "additionalProperties": False}
    named = {"name": "Resident", "schema": schema, "strict": True}
    return {"type": "json_schema", "json_schema": named}
