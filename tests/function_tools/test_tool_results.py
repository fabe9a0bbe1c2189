"""What a tool gives or raises is told to the model, whatever it is."""

from typing import Any

import pytest

from corechat import ChatRequest, ConfigurationError, FunctionTool, RequestValidationError, tool
from corechat._tools import run_tools
from tests.core.support import MESSAGES, REQUEST, ScriptedTransport, client_over
from tests.function_tools.test_loop import ASK, Model, add, answer, calls


class SilentError(Exception):
    def __str__(self) -> str:
        raise RuntimeError("no text")


class SilentValueError(ValueError):
    def __str__(self) -> str:
        raise ValueError("no text")


class Lazy:
    def __init__(self, error: Exception) -> None:
        self.error = error

    def __getattribute__(self, name: str) -> Any:
        raise object.__getattribute__(self, "error")


@pytest.mark.parametrize(
    "error",
    [
        SilentError(),
        SilentValueError(),
        ValueError("caf\udce9.txt"),
        FileNotFoundError(2, "No such file", "caf\udce9.txt"),
        UnicodeDecodeError("utf-8", b"\xe9", 0, 1, "bad"),
        ConfigurationError("of another client"),
        RecursionError(),
        KeyError(SilentError()),
    ],
    ids=lambda error: type(error).__name__,
)
def test_whatever_a_tool_raises_is_told_and_the_run_goes_on(error: Exception) -> None:
    @tool
    def fail() -> str:
        raise error

    model = Model(calls(("fail", "{}")), answer())
    assert run_tools(model, ASK, [fail]).stop_reason == "answer"
    assert model.told()[0].startswith(f"Error: {type(error).__name__}")
    model.asked[-1].to_json()


@pytest.mark.parametrize(
    ("result", "told"),
    [
        ("caf\udce9.txt", "caf\ufffd.txt"),
        (["caf\udce9.txt"], '["caf\\ufffd.txt"]'),
        ({"caf\udce9": ["\ud83d"]}, '{"caf\\ufffd": ["\\ufffd"]}'),
        (("\ud83d", b"x"), '["\\ufffd", "x"]'),
        ("\U0001f600", "\U0001f600"),
        (["\U0001f600"], '["\U0001f600"]'),
    ],
    ids=ascii,
)
def test_half_a_surrogate_pair_in_a_result_is_told_as_the_replacement_character(
    result: Any, told: str
) -> None:
    @tool
    def give() -> Any:
        return result

    model = Model(calls(("give", "{}")), answer())
    run_tools(model, ASK, [give])
    assert model.told() == [told]
    model.asked[-1].to_json()


def test_a_result_that_cannot_be_shown_is_told_as_an_error() -> None:
    @tool
    def give() -> Any:
        return [Lazy(SilentError())]

    model = Model(calls(("give", "{}")), answer())
    run_tools(model, ASK, [give])
    assert model.told()[0].startswith("Error: ")


OFFERED = ASK.replace(tools=[add.to_tool()])
CUSTOM = ASK.replace(tools=[{"type": "custom", "custom": {"name": "add"}}])


@pytest.mark.parametrize(
    ("request_", "tools"),
    [
        (ASK, [add, FunctionTool.from_schema("add", {}, function=print)]),
        (ASK, [add, FunctionTool.from_schema("other", {"type": "object"})]),
        (ASK, [FunctionTool.from_model(dict[str, int], name="any")]),
        (OFFERED, [add]),
        (CUSTOM, [add]),
        (OFFERED, [FunctionTool.from_schema("other", {}, function=print)]),
        (ASK.replace(functions=[{"name": "add"}]), [add]),
    ],
    ids=["two of one name", "no function", "a model", "offered before", "a custom tool",
         "offered alone", "an old one"],
)  # fmt: skip
def test_tools_that_cannot_be_run_are_told_before_anything_is_paid(
    request_: ChatRequest, tools: list[Any]
) -> None:
    model = Model(answer())
    with pytest.raises(ConfigurationError):
        run_tools(model, request_, tools)
    assert model.asked == []


@pytest.mark.parametrize(
    "other", [add, add.to_tool(), {"type": "function", "function": {"name": "add"}}]
)
def test_two_tools_of_one_name_are_refused_before_a_call(other: Any) -> None:
    transport = ScriptedTransport()
    with pytest.raises(RequestValidationError, match="Two tools are named add"):
        client_over(transport).complete(messages=MESSAGES, tools=[add, other])
    assert transport.requests == []


@pytest.mark.parametrize(
    ("request_", "tools"),
    [(REQUEST, None), (REQUEST, print), (REQUEST, "add"), ({"messages": MESSAGES}, [add])],
    ids=["none", "a function", "a text", "a dict as a request"],
)
def test_what_is_not_a_request_or_not_a_list_of_tools_is_refused(request_: Any, tools: Any) -> None:
    transport = ScriptedTransport()
    with pytest.raises(RequestValidationError, match="must be a"):
        client_over(transport).run_tools(request_, tools)
    assert transport.requests == []
