"""Values of other types than the API's: they are kept, and whatever uses them as typed copes."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corechat import ChatRequest, Usage
from corechat.requests._repeating import EVERY_KEY
from corechat.responses import ChatResponse
from corechat.responses._usage import tokens_of
from tests.core.json_values import JSON
from tests.core.support import (
    MESSAGES,
    REQUEST,
    ScriptedTransport,
    answer,
    client_over,
    completion,
    decode,
    with_message,
)

ODD: list[Any] = [None, True, 5, -1, 1.5, "", "x", [], ["x"], [None], {}, {"a": [1]}]
CALL = {"id": "c", "type": "function", "function": {"name": "f", "arguments": "{}"}}


def repeated(reply: ChatResponse) -> dict[str, Any]:
    """Repeat an answer in a request, and read what is sent."""
    request = ChatRequest(messages=[*MESSAGES, reply.message.to_request(reasoning=True)])
    sent: dict[str, Any] = json.loads(request.to_json())["messages"][-1]
    return sent


@pytest.mark.parametrize(
    ("usage", "total"),
    [
        ({"total_tokens": 10}, 10),
        ({"total_tokens": "10"}, 10),
        ({"total_tokens": 10.0}, 10),
        ({"total_tokens": "10.0"}, 10),
        ({"prompt_tokens": 3, "completion_tokens": 4}, 7),
        ({"prompt_tokens": "3", "completion_tokens": 4.0, "total_tokens": None}, 7),
        ({"prompt_tokens": 3, "completion_tokens": None}, 3),
        ({"prompt_tokens": 3, "total_tokens": 0}, 3),
        ({"prompt_tokens": 3, "total_tokens": "many"}, 3),
        ({"prompt_tokens": [3], "total_tokens": {"a": 1}}, 0),
        ({"total_tokens": True}, 0),
        ({"total_tokens": -5}, 0),
        ({"total_tokens": "nan"}, 0),
        ({"total_tokens": "1e999"}, 0),
        ({}, 0),
        ([], 0),
        ("10", 0),
        (10, 0),
        (None, 0),
    ],
    ids=str,
)
def test_tokens_are_counted_whatever_their_types(usage: Any, total: int) -> None:
    assert tokens_of(decode(completion(usage=usage)).usage)["total_tokens"] == total


@pytest.mark.parametrize(
    "usage", [{"total_tokens": "10"}, {"prompt_tokens": 8, "completion_tokens": 2}]
)
def test_a_run_of_tools_survives_odd_usage_and_stops_at_its_bound(usage: Any) -> None:
    def f() -> str:
        return "done"

    calls = {"role": "assistant", "content": None, "tool_calls": [CALL]}
    body = completion(usage=usage, choices=[{"message": calls}])
    transport = ScriptedTransport(answer(body))
    run = client_over(transport).run_tools(REQUEST, [f], max_total_tokens=15)
    assert run.stop_reason == "max_total_tokens"
    assert run.usage == Usage.model_validate(
        {**run.usage.model_dump(exclude_unset=True), "total_tokens": 20}
    )
    assert len(transport.requests) == 2


@pytest.mark.parametrize(
    ("call", "sent"),
    [
        ({**CALL, "id": 7}, {**CALL, "id": "7"}),
        ({**CALL, "id": ["x"]}, {**CALL, "id": None}),
        ({**CALL, "type": 1}, CALL),
        (
            {**CALL, "function": {"name": 5, "arguments": "{}"}},
            {**CALL, "function": {"name": "5", "arguments": "{}"}},
        ),
        (
            {**CALL, "function": {"name": "f", "arguments": {"a": 1}}},
            {**CALL, "function": {"name": "f", "arguments": '{"a":1}'}},
        ),
        ({**CALL, "custom": 5}, CALL),
        (
            {"id": "c", "type": "custom", "custom": {"name": 5, "input": {"a": 1}}},
            {"id": "c", "type": "custom", "custom": {"name": "5", "input": '{"a":1}'}},
        ),
    ],
    ids=str,
)
def test_a_call_with_odd_values_is_repeated_with_the_types_of_the_api(
    call: dict[str, Any], sent: dict[str, Any]
) -> None:
    assert repeated(with_message(tool_calls=[call]))["tool_calls"] == [sent]


@pytest.mark.parametrize(
    ("content", "sent", "text"),
    [
        (
            ["Hello", " world"],
            [{"type": "text", "text": "Hello"}, {"type": "text", "text": " world"}],
            "Hello world",
        ),
        (
            [{"type": "text", "text": "a"}, {"type": "text"}, None, 5],
            [{"type": "text", "text": "a"}],
            "a",
        ),
        ([{"type": "text"}], "", ""),
        ([{"type": "text", "text": None}], "", ""),
        ([{"type": "image_url"}, {"type": "x", "y": 1}], [{"type": "x", "y": 1}], ""),
        ([], "", ""),
        ({"type": "text"}, "", ""),
        ({"title": "x"}, [{"title": "x"}], ""),
    ],
    ids=str,
)
def test_a_content_with_odd_parts_is_repeated_without_them(
    content: Any, sent: Any, text: str
) -> None:
    reply = with_message(content=content)
    assert reply.text == text
    assert repeated(reply)["content"] == sent


@pytest.mark.parametrize("value", ODD, ids=str)
def test_a_call_is_typed_whatever_a_server_put_into_it(value: Any) -> None:
    calls: list[Any] = [
        {**CALL, "id": value},
        {**CALL, "type": value},
        {**CALL, "function": value},
        {**CALL, "custom": value},
        {**CALL, "function": {"name": value, "arguments": value}},
        {"type": "custom", "custom": {"name": value, "input": value}},
    ]
    reply = with_message(tool_calls=calls)
    for call in reply.tool_calls:
        assert isinstance(call.name, str)
        assert isinstance(call.arguments, str)
    assert len(repeated(reply)["tool_calls"]) == len(calls)


@pytest.mark.parametrize("value", ODD, ids=str)
def test_a_run_of_tools_survives_odd_values_in_a_call(value: Any) -> None:
    def f(a: Any = None) -> str:
        return f"got {a}"

    calls: list[Any] = [
        {**CALL, "id": value},
        {**CALL, "function": value},
        {**CALL, "function": {"name": value, "arguments": value}},
        {**CALL, "function": {"name": "f", "arguments": value}},
        {"type": "custom", "custom": {"name": value, "input": value}},
    ]
    message = {"role": "assistant", "content": [value], "refusal": value, "tool_calls": calls}
    asks = answer(completion(choices=[{"message": message, "finish_reason": value}], usage=value))
    run = client_over(ScriptedTransport(asks, answer())).run_tools(REQUEST, [f])
    assert run.response.text == "Hello!"


MESSAGE = st.dictionaries(
    st.sampled_from(["role", "reasoning", "refusal", "tool_calls", "function_call", "audio"]),
    JSON | st.lists(st.dictionaries(st.sampled_from(["id", "type", "function", "custom"]), JSON)),
)


@settings(deadline=None, max_examples=150)
@given(MESSAGE, st.lists(JSON | st.dictionaries(st.sampled_from(["type", "text"]), JSON)))
def test_any_answer_can_be_repeated(message: dict[str, Any], content: list[Any]) -> None:
    said = with_message(**{**message, "content": content}).message
    again = said.to_request(keep=EVERY_KEY)
    request = ChatRequest(messages=[again])
    for dumped in (said.model_dump(), json.loads(said.model_dump_json())):
        assert ChatRequest(messages=[dumped]) == request
