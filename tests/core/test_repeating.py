"""An answer repeated in the next request: only what request messages may hold."""

import json
from typing import Any

import pytest

from corechat import ChatRequest
from tests.core.support import MESSAGES, with_message


def test_the_message_repeats_in_the_next_request_without_what_requests_may_not_hold() -> None:
    call = {"id": "1", "type": "function", "function": {"name": "f", "arguments": "{}"}, "index": 0}
    reply = with_message(
        content="a",
        tool_calls=[call],
        executed_tools=[{"type": "search"}],
        annotations=[],
        reasoning="because",
        refusal=None,
        timestamp="2026",
    )
    request = ChatRequest(messages=[*MESSAGES, reply.message.to_request()])
    assert json.loads(request.to_json())["messages"][1] == {
        "role": "assistant",
        "content": "a",
        "tool_calls": [
            {"id": "1", "type": "function", "function": {"name": "f", "arguments": "{}"}}
        ],
    }
    assert reply.message.to_request(reasoning=True).reasoning == "because"


CUSTOM = {"id": "1", "type": "custom", "custom": {"name": "g", "input": "x"}}


@pytest.mark.parametrize(
    ("fields", "sent"),
    [
        ({"content": None, "refusal": "No."}, {"content": None, "refusal": "No."}),
        ({"audio": {"id": "a", "data": "x"}}, {"content": None, "audio": {"id": "a"}}),
        ({"content": [{"type": "text", "text": "a", "annotations": []}]}, None),
        ({"content": {"type": "text", "text": "a"}}, {"content": [{"type": "text", "text": "a"}]}),
        (
            {"function_call": {"name": "f", "arguments": "{}"}},
            {"content": None, "function_call": {"name": "f", "arguments": "{}"}},
        ),
        (
            {"tool_calls": [CUSTOM]},
            {"content": None, "tool_calls": [CUSTOM]},
        ),
        (
            {"tool_calls": [{"id": "1", "function": {"name": "f", "arguments": {"a": 1}}}]},
            {
                "content": None,
                "tool_calls": [
                    {
                        "id": "1",
                        "type": "function",
                        "function": {"name": "f", "arguments": '{"a":1}'},
                    }
                ],
            },
        ),
    ],
)  # fmt: skip
def test_each_kind_of_answer_repeats(fields: dict[str, Any], sent: dict[str, Any] | None) -> None:
    repeated = with_message(**fields).message.to_request()
    request = ChatRequest(messages=[repeated])
    expected = sent or {"content": fields["content"]}
    assert json.loads(request.to_json())["messages"] == [{"role": "assistant", **expected}]
