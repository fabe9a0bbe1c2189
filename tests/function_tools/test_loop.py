import threading
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from typing import Any

import pytest

from corechat._tools import FunctionTool, ToolStep, run_tools, tool
from corechat.errors import (
    APIStatusError,
    BadRequestError,
    ConfigurationError,
    InvalidToolArgumentsError,
)
from corechat.requests import ChatRequest
from corechat.responses import ChatResponse

ASK = ChatRequest(model="m", messages=[{"role": "user", "content": "How much is 1 + 2?"}])
WHO: ContextVar[str] = ContextVar("WHO", default="nobody")


@tool
def add(a: int, b: int) -> int:
    """Add two numbers."""
    return a + b


@tool
def divide(a: int, b: int) -> float:
    """Divide two numbers."""
    return a / b


def answer(text: str = "3") -> dict[str, Any]:
    return {"role": "assistant", "content": text}


def calls(*asked: tuple[str, str], ids: bool = True) -> dict[str, Any]:
    made = [
        {"type": "function", "function": {"name": name, "arguments": text}}
        | ({"id": f"c{number}"} if ids else {})
        for number, (name, text) in enumerate(asked)
    ]
    return {"role": "assistant", "content": None, "tool_calls": made, "executed_tools": []}


class Model:
    """Gives prepared answers, and keeps what it was asked."""

    def __init__(self, *answers: dict[str, Any] | APIStatusError) -> None:
        self._answers: Iterator[dict[str, Any] | APIStatusError] = iter(answers)
        self.asked: list[ChatRequest] = []

    def __call__(self, request: ChatRequest) -> ChatResponse:
        self.asked.append(request)
        said = next(self._answers)
        if isinstance(said, APIStatusError):
            raise said
        reason = "tool_calls" if said.get("tool_calls") else "stop"
        return ChatResponse.model_validate(
            {
                "choices": [{"index": 0, "message": said, "finish_reason": reason}],
                "usage": {"prompt_tokens": 7, "completion_tokens": 3, "total_tokens": 10},
            }
        )

    def told(self) -> list[Any]:
        """Give the contents of the tool messages of the last request."""
        return [m.content for m in self.asked[-1].messages if m.role == "tool"]


def test_a_call_is_run_and_its_result_told() -> None:
    model = Model(calls(("add", '{"a": 1, "b": 2}')), answer())
    run = run_tools(model, ASK, [add])
    assert (run.response.text, run.rounds, run.stop_reason) == ("3", 2, "answer")
    assert [m.role for m in run.transcript] == ["user", "assistant", "tool", "assistant"]
    assert model.told() == ["3"]
    assert run.usage.total_tokens == 20
    assert b"executed_tools" not in model.asked[1].to_json()


def test_an_answer_without_calls_ends_the_run_at_once() -> None:
    run = run_tools(Model(answer("Hi!")), ASK, [add])
    assert (run.response.text, run.rounds, len(run.transcript)) == ("Hi!", 1, 2)


def test_several_calls_run_at_the_same_time_and_are_told_in_order() -> None:
    both = threading.Barrier(2, timeout=30)

    @tool
    def meet(name: str) -> str:
        both.wait()  # breaks unless both calls run at once
        return f"{name} for {WHO.get()}"

    token = WHO.set("Ada")
    try:
        model = Model(calls(("meet", '{"name": "x"}'), ("meet", '{"name": "y"}')), answer())
        run_tools(model, ASK, [meet])
    finally:
        WHO.reset(token)
    assert model.told() == ["x for Ada", "y for Ada"]


def test_one_call_runs_in_the_callers_thread() -> None:
    seen: list[threading.Thread] = []

    @tool
    def where() -> None:
        seen.append(threading.current_thread())

    run_tools(Model(calls(("where", "")), answer()), ASK, [where])
    assert seen == [threading.current_thread()]


def test_what_goes_wrong_is_told_to_the_model() -> None:
    model = Model(
        calls(("divide", '{"a": 1, "b": 0}'), ("multiply", "{}"), ("add", '{"a": "x"}')), answer()
    )
    run_tools(model, ASK, [add, divide])
    crashed, unknown, invalid = model.told()
    assert crashed == "Error: ZeroDivisionError: division by zero"
    assert "no tool named 'multiply'" in unknown
    assert "are not valid" in invalid


@pytest.mark.parametrize(
    ("result", "text"),
    [("a", "a"), (None, "null"), ({"x": 1}, '{"x":1}'), ([1.5], "[1.5]"), (b"a", '"a"')],
)
def test_a_result_that_is_no_text_is_told_as_json(result: Any, text: str) -> None:
    @tool
    def give() -> Any:
        return result

    model = Model(calls(("give", "{}")), answer())
    run_tools(model, ASK, [give])
    assert model.told() == [text]


def test_a_result_that_is_no_json_is_told_as_an_error() -> None:
    @tool
    def give() -> Any:
        return object()

    model = Model(calls(("give", "{}")), answer())
    run_tools(model, ASK, [give])
    assert "cannot be written as JSON" in model.told()[0]


def test_the_run_stops_at_the_bound_on_rounds() -> None:
    model = Model(*[calls(("add", '{"a": 1, "b": 2}'))] * 5)
    run = run_tools(model, ASK, [add], max_rounds=3)
    assert (run.rounds, run.stop_reason, len(model.asked)) == (3, "max_rounds", 3)
    assert run.response.tool_calls
    assert len(run.transcript) == 1 + 2 + 2 + 1


def test_the_run_stops_at_the_budget_of_tokens() -> None:
    model = Model(*[calls(("add", '{"a": 1, "b": 2}'))] * 5)
    run = run_tools(model, ASK, [add], max_total_tokens=20)
    assert (run.rounds, run.stop_reason) == (2, "max_total_tokens")
    assert run.usage.total_tokens == 20


def test_each_round_is_told_as_it_ends() -> None:
    steps: list[ToolStep] = []
    model = Model(calls(("add", '{"a": 1, "b": 2}')), answer())
    run = run_tools(model, ASK, [add], on_step=steps.append)
    assert [step.number for step in steps] == [1, 2]
    assert [one["content"] for one in steps[0].results] == ["3"]
    assert steps[1].response is run.response


def test_a_choice_that_forces_a_call_does_so_once() -> None:
    model = Model(calls(("add", '{"a": 1, "b": 2}')), answer())
    run_tools(model, ASK.replace(tool_choice="required"), [add])
    assert [request.tool_choice for request in model.asked] == ["required", "auto"]


def test_tools_of_the_request_itself_stay_offered() -> None:
    model = Model(answer())
    run_tools(model, ASK.replace(tools=[{"type": "browser_search"}]), [add])
    assert [one.type for one in model.asked[0].tools or ()] == ["browser_search", "function"]


def test_calls_without_an_id_are_given_one() -> None:
    model = Model(calls(("add", '{"a": 1, "b": 2}'), ("add", "{}"), ids=False), answer())
    run = run_tools(model, ASK, [add])
    _, said, first, second, _ = run.transcript
    ids = [call.id for call in said.tool_calls or ()]  # type: ignore[union-attr]
    assert ids == [first.tool_call_id, second.tool_call_id]  # type: ignore[union-attr]
    assert len(set(ids)) == 2
    assert None not in ids


REFUSED = BadRequestError(
    "Failed to call a function.",
    status_code=400,
    code="tool_use_failed",
    failed_generation='{"name": "add", "arguments": {"a": "x"}}',
)


def test_groqs_refusal_of_its_models_call_is_told_to_the_model() -> None:
    steps: list[ToolStep] = []
    model = Model(REFUSED, answer())
    run = run_tools(model, ASK, [add], on_step=steps.append)
    assert run.stop_reason == "answer"
    assert "not valid" in model.told()[0]
    assert steps[0].response is None
    assert isinstance(steps[0].error, InvalidToolArgumentsError)


def test_groqs_refusal_in_the_last_round_is_raised_as_the_tool_error() -> None:
    with pytest.raises(InvalidToolArgumentsError):
        run_tools(Model(REFUSED, REFUSED), ASK, [add], max_rounds=2)


def test_other_errors_end_the_run() -> None:
    with pytest.raises(BadRequestError):
        run_tools(Model(BadRequestError("no", status_code=400)), ASK, [add])


@pytest.mark.parametrize(
    "ask",
    [
        lambda: run_tools(Model(), ASK, [add, tool(name="add")(divide.__wrapped__)]),
        lambda: run_tools(Model(), ASK, [add], max_rounds=0),
        lambda: run_tools(
            Model(calls(("f", "{}"))), ASK, [FunctionTool.from_schema("f", {"type": "object"})]
        ),
    ],
    ids=["two of a name", "no rounds", "no function"],
)
def test_what_cannot_be_run_is_a_configuration_error(ask: Callable[[], Any]) -> None:
    with pytest.raises(ConfigurationError):
        ask()
