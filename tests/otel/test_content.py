"""Content: messages stand in a span only when asked for, in the conventions' form."""

import json
from typing import Any

import pytest

from corechat import RequestValidationError, UnmatchedRequestError
from tests.core.support import MESSAGES, ScriptedTransport, answer, client_over, completion
from tests.otel.kept import Kept

VARIABLE = "OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT"
CALLED = {"name": "weather", "arguments": '{"city": "Paris"}'}
TOOL = {"name": "weather", "description": "Tell it.", "parameters": {"type": "object"}}


def ask(kept: Kept, body: object = None, **params: Any) -> dict[str, Any]:
    """Ask with content, and give the attributes that are JSON, read."""
    client = client_over(ScriptedTransport(answer(body)), plugins=[kept.plugin(content=True)])
    client.complete(**{"model": "m", "messages": MESSAGES, **params})
    found = kept.attributes
    return {name: json.loads(found[name]) for name in found if str(found[name])[0] in "[{"}


def test_messages_are_written_with_roles_and_parts(kept: Kept) -> None:
    messages = [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": [{"type": "text", "text": "Wie heißt das?"}]},
        {
            "role": "assistant",
            "content": None,
            "tool_calls": [{"id": "1", "type": "function", "function": CALLED}],
        },
        {"role": "tool", "tool_call_id": "1", "content": "sunny"},
        {"role": "user", "content": [{"type": "image_url", "image_url": {"url": "https://h/i"}}]},
    ]
    found = ask(kept, messages=messages, tools=[{"type": "function", "function": TOOL}])
    call = {"type": "tool_call", "id": "1", "name": "weather", "arguments": {"city": "Paris"}}
    assert found["gen_ai.input.messages"] == [
        {"role": "system", "parts": [{"type": "text", "content": "Be brief."}]},
        {"role": "user", "parts": [{"type": "text", "content": "Wie heißt das?"}]},
        {"role": "assistant", "parts": [call]},
        {
            "role": "tool",
            "parts": [{"type": "tool_call_response", "id": "1", "response": "sunny"}],
        },
        {"role": "user", "parts": [{"type": "image_url", "image_url": {"url": "https://h/i"}}]},
    ]
    assert found["gen_ai.tool.definitions"] == [{"type": "function", **TOOL}]
    assert "heißt" in kept.attributes["gen_ai.input.messages"]


def test_an_answer_is_written_with_reasoning_calls_and_finish_reason(kept: Kept) -> None:
    message = {
        "role": "assistant",
        "reasoning": "Think.",
        "content": "Let me look.",
        "tool_calls": [{"id": "1", "type": "function", "function": CALLED}],
    }
    choice = {"index": 0, "message": message, "finish_reason": "tool_calls"}
    found = ask(kept, completion(choices=[choice]))
    (said,) = found["gen_ai.output.messages"]
    assert said["role"] == "assistant"
    assert said["finish_reason"] == "tool_calls"
    assert [part["type"] for part in said["parts"]] == ["reasoning", "text", "tool_call"]


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, False),
        ("", False),
        ("false", False),
        ("NO_CONTENT", False),
        ("event_only", False),
        ("true", True),
        ("True", True),
        ("SPAN_ONLY", True),
        ("span_and_event", True),
    ],
)
def test_the_variable_decides_where_the_program_does_not(
    kept: Kept, monkeypatch: pytest.MonkeyPatch, value: str | None, *, shown: bool
) -> None:
    client = client_over(ScriptedTransport(), plugins=[kept.plugin()])
    if value is None:
        monkeypatch.delenv(VARIABLE, raising=False)
    else:
        monkeypatch.setenv(VARIABLE, value)
    client.complete(model="m", messages=MESSAGES)
    assert ("gen_ai.input.messages" in kept.attributes) is shown
    assert ("Say hello." in kept.text()) is shown
    assert ("Hello!" in kept.text()) is shown


def test_the_program_decides_before_the_variable(
    kept: Kept, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(VARIABLE, "true")
    client = client_over(ScriptedTransport(), plugins=[kept.plugin(content=False)])
    client.complete(model="m", messages=MESSAGES)
    assert "gen_ai.output.messages" not in kept.attributes


@pytest.mark.parametrize("content", [True, False])
def test_an_error_that_quotes_the_request_is_shown_with_content_only(
    kept: Kept, *, content: bool
) -> None:
    unmatched = UnmatchedRequestError("messages[0].content: 'Say hello.'")
    client = client_over(ScriptedTransport(unmatched), plugins=[kept.plugin(content=content)])
    with pytest.raises(UnmatchedRequestError):
        client.complete(model="m", messages=MESSAGES)
    assert ("Say hello." in kept.text()) is content
    assert kept.span.status.description == (str(unmatched) if content else None)


@pytest.mark.parametrize("own", [{"messages": None}, {"tools": 5}, {"tools": ["f"], "messages": 1}])
def test_odd_fields_of_extra_body_are_written_and_stop_nothing(
    kept: Kept, own: dict[str, Any]
) -> None:
    assert "gen_ai.input.messages" in ask(kept, extra_body=own)


ODD: list[dict[str, Any]] = [
    {"content": {"text": "an object"}},
    {"content": ["text", 3, {"type": "text"}, {"type": "text", "text": 5}, None]},
    {"content": None, "tool_calls": {"id": 1}},
    {"content": "", "tool_calls": ["f", {"function": "f"}, {"function": {"name": 3}}]},
    {"content": "", "tool_calls": [{"function": {"name": "f", "arguments": {"a": 1}}}]},
    {"content": "", "tool_calls": [{"function": {"name": "f", "arguments": '{"a": '}}]},
    {"content": "", "tool_calls": [{"type": "custom", "custom": {"name": "f", "input": "x"}}]},
    {"content": "", "role": 5, "reasoning": {"a": 1}, "refusal": ["no"]},
]


@pytest.mark.parametrize("message", ODD)
def test_an_odd_answer_is_written_and_stops_nothing(kept: Kept, message: dict[str, Any]) -> None:
    odd = {"id": 5, "model": ["m"], "usage": {"prompt_tokens": "3", "completion_tokens": 2.5}}
    choices = [{"message": message, "finish_reason": 3}]
    found = ask(kept, {**odd, "choices": choices})
    assert len(found["gen_ai.output.messages"]) == 1
    assert "gen_ai.response.id" not in kept.attributes
    assert "gen_ai.usage.input_tokens" not in kept.attributes


def test_a_request_that_cannot_be_written_fails_as_it_does_without_the_plugin(kept: Kept) -> None:
    with pytest.raises(RequestValidationError, match="half of a surrogate"):
        ask(kept, messages=[{"role": "user", "content": "half \ud83d of a sign"}])
    assert kept.attributes["error.type"] == "RequestValidationError"


def test_half_a_surrogate_of_an_answer_stops_no_exporter(kept: Kept) -> None:
    ask(kept, json.dumps(completion("half \ud83d of a sign")).encode())
    assert "half" in kept.attributes["gen_ai.output.messages"]
    kept.text().encode()
