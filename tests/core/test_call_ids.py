"""Ids of tool calls: each call of an answer has one of its own, and the results follow."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corechat import ChatRequest, RequestValidationError, tool
from corechat.responses import ChatResponse
from tests.core.support import MESSAGES, REQUEST, ScriptedTransport, answer, client_over

GONE = "(gone)"


def message_with(ids: list[Any]) -> dict[str, Any]:
    """Make an answer's message that calls a tool once for each id."""
    calls = [
        {"id": one, "type": "function", "function": {"name": "f", "arguments": f'{{"x":{n}}}'}}
        for n, one in enumerate(ids)
    ]
    return {
        "role": "assistant",
        "content": None,
        "tool_calls": [{k: v for k, v in call.items() if v != GONE} for call in calls],
    }


def read(ids: list[Any]) -> ChatResponse:
    return ChatResponse.model_validate({"choices": [{"message": message_with(ids)}]})


def sent(*messages: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(ChatRequest(messages=messages).to_json())["messages"]
    return found


def told(messages: list[dict[str, Any]]) -> dict[str, str]:
    """Say which result each call is told, by what it was called with."""
    results = {one["tool_call_id"]: one["content"] for one in messages if one["role"] == "tool"}
    return {
        call["function"]["arguments"]: results[call["id"]]
        for one in messages
        for call in one.get("tool_calls", ())
    }


def result(identity: Any, content: str) -> dict[str, Any]:
    return {"role": "tool", "tool_call_id": identity, "content": content}


IDS: list[list[Any]] = [
    ["a", "a"],
    ["a", "a", "a"],
    ["a", "b", "a", "b"],
    ["a", "b", "a_2", "a"],
    ["a", "a", "a_2"],
    ["", ""],
    [None, None],
    [GONE, GONE],
    ["", "call_1", None],
    ["a", "", "a"],
    [7, 7],
    [7, "7", 8],
    [True, [1]],
    ["call_1"],
    ["x"],
    [None],
    [""],
]


SEVERAL = [ids for ids in IDS if len(ids) > 1]


@pytest.mark.parametrize("ids", SEVERAL, ids=repr)
def test_every_call_of_a_repeated_answer_has_an_id_of_its_own(ids: list[Any]) -> None:
    reply = read(ids)
    message = reply.message
    by_hand = {"role": "assistant", "tool_calls": message.tool_calls}
    for one in (message, message.to_request(), message.model_dump(), by_hand):
        (again,) = sent(one)
        found = [call["id"] for call in again["tool_calls"]]
        assert len({*found}) == len(ids)
        assert all(isinstance(one, str) and one for one in found)
    kept = [one for one in ids if isinstance(one, str) and one not in ("", GONE)]
    assert {*kept} <= {*found}


@pytest.mark.parametrize("ids", IDS, ids=repr)
def test_results_told_by_the_servers_ids_reach_the_right_calls(ids: list[Any]) -> None:
    reply = read(ids)
    message = reply.message
    by_id = [result(c.id, str(n)) for n, c in enumerate(reply.tool_calls)]
    expected = {call.arguments: str(n) for n, call in enumerate(reply.tool_calls)}
    if ids[0] is True:
        return
    for one in (message, message.to_request(), message.model_dump()):
        assert told(sent(*MESSAGES, one, *by_id)) == expected
    own = [result(c.id, str(n)) for n, c in enumerate(message.to_request().tool_calls or ())]
    assert told(sent(message, *own)) == expected
    assert told(sent(message, *reversed(own))) == expected


@pytest.mark.parametrize("ids", IDS, ids=repr)
def test_a_run_of_tools_tells_each_call_its_own_result(ids: list[Any]) -> None:
    @tool
    def f(x: int) -> int:
        return x

    bodies = [{"choices": [{"message": one}]} for one in (message_with(ids), message_with(ids))]
    done = {"choices": [{"message": {"content": "Done."}}]}
    transport = ScriptedTransport(*map(answer, [*bodies, done]))
    run = client_over(transport).run_tools(REQUEST, [f])
    messages = json.loads(transport.requests[2].body)["messages"]
    half = 1 + len(ids) + 1
    for part in (messages[:half], messages[half:]):
        assert told(part) == {f'{{"x":{n}}}': str(n) for n in range(len(ids))}
    assert run.response.text == "Done."


def test_ids_that_are_ours_are_not_repeated_in_a_later_answer() -> None:
    first, second = read(["", ""]), read([None, "x"])
    messages = sent(
        first.message, result("", "0"), result("", "1"), second.message, result(None, "2"),
        result("x", "3"),
    )  # fmt: skip
    calls = [call["id"] for one in messages for call in one.get("tool_calls", ())]
    answers = [one["tool_call_id"] for one in messages if one["role"] == "tool"]
    assert calls == answers
    assert len({*calls}) == 4


def test_ids_that_are_right_stay_as_they_are() -> None:
    message = message_with(["call_1", "b"])
    messages = [message, result("b", "1"), result("call_1", "0"), result("other", "?")]
    assert sent(*messages) == messages
    assert sent(message, *MESSAGES, result("b", "late")) == [
        message, *MESSAGES, result("b", "late"),
    ]  # fmt: skip


def test_a_result_that_no_call_waits_for_must_say_its_id() -> None:
    with pytest.raises(RequestValidationError, match="tool_call_id"):
        sent(message_with(["a"]), result("a", "0"), result(None, "1"))


@given(st.lists(st.sampled_from(["a", "a_2", "b", "", None, 1]), min_size=1, max_size=6))
def test_whatever_the_ids_each_result_reaches_its_call(ids: list[Any]) -> None:
    reply = read(ids)
    by_id = [result(c.id, str(n)) for n, c in enumerate(reply.tool_calls)]
    messages = sent(reply.message, *by_id)
    assert told(messages) == {call.arguments: str(n) for n, call in enumerate(reply.tool_calls)}
    assert sent(*messages) == messages
