"""Requests carry what corechat does not know: keys and kinds inside messages, and extra_body."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corechat import ChatRequest, RequestValidationError
from corechat.requests import (
    DocumentPart,
    JsonSchemaFormat,
    OtherMessage,
    OtherPart,
    ResponseFormat,
    TextPart,
    Tool,
    UserMessage,
)
from tests.core.corpus import strictly
from tests.core.json_values import JSON, WORD
from tests.core.support import MESSAGES


def sent(**params: Any) -> Any:
    given: dict[str, Any] = {"messages": MESSAGES, **params}
    return json.loads(ChatRequest(**given).to_json())


PARTS: list[dict[str, Any]] = [
    {"type": "text", "text": "a", "cache_control": {"type": "ephemeral"}},
    {"type": "image_url", "image_url": {"url": "https://x/y.png", "detail": "original", "z": 1}},
    {"type": "image_url", "image_url": "https://x/y.png"},
    {"type": "input_audio", "input_audio": {"data": "AAAA", "format": "wav"}},
    {"type": "input_audio", "input_audio": "data:AAAA"},
    {"type": "file", "file": {"file_id": "f", "prompt_cache_breakpoint": True}},
    {"type": "document", "document": {"data": {"a": 1}, "id": "d"}},
    {"type": "video_url", "video_url": {"url": "https://x/y.mp4"}},
    {"type": None, "x": 1},
    {"type": 5},
    {"no_type": True},
]

KEPT: list[dict[str, Any]] = [
    {"role": "system", "content": "a", "priority": 1},
    {"role": "developer", "content": [{"type": "text", "text": "a"}]},
    {"role": "user", "content": None},
    {"role": "user", "content": "", "name": "n"},
    {"role": "user", "content": PARTS},
    {"role": "assistant", "content": "a", "prefix": True, "reasoning": "b"},
    {"role": "assistant", "content": None, "refusal": "no", "audio": {"id": "a"}},
    {"role": "assistant", "content": None, "tool_calls": None},
    {"role": "assistant", "function_call": {"name": "f", "arguments": "{}"}},
    {
        "role": "assistant",
        "tool_calls": [
            {"id": "1", "type": "function", "function": {"name": "f", "arguments": "{"}, "x": 1},
            {"id": "2", "type": "function", "function": {"name": "f", "arguments": {"a": 1}}},
            {"id": "3", "type": "custom", "custom": {"name": "f", "input": "x"}},
            {"index": 0, "function": {"name": "f", "arguments": ""}},
        ],
    },
    {"role": "tool", "tool_call_id": "1", "content": [{"type": "text", "text": "a"}]},
    {"role": "function", "name": "f", "content": "a"},
    {"role": "ipython", "content": {"anything": [1, 2.5, None, "é"]}},
    {"role": "critic", "verdict": "good"},
]


@pytest.mark.parametrize("message", KEPT, ids=lambda message: message["role"])
def test_a_message_is_sent_with_every_key_it_came_with(message: dict[str, Any]) -> None:
    assert sent(messages=[message])["messages"] == [message]


@pytest.mark.parametrize("part", PARTS, ids=str)
def test_a_part_is_sent_with_every_key_it_came_with(part: dict[str, Any]) -> None:
    message = {"role": "user", "content": [part]}
    assert sent(messages=[message])["messages"] == [message]


@pytest.mark.parametrize(
    "tool",
    [
        {"type": "function", "function": {"name": "f", "cache_control": {"t": 1}}, "x": None},
        {"function": {"name": "f", "parameters": {}}},
        {"type": "custom", "custom": {"name": "f", "format": {"type": "grammar"}}},
        {"type": "browser_search"},
        {"type": "mcp", "server_label": "a", "headers": {"a": "b"}},
        {"type": "web_search_20260101", "max_uses": 5},
    ],
    ids=str,
)
def test_a_tool_of_any_kind_is_sent_unchanged(tool: dict[str, Any]) -> None:
    assert sent(tools=[tool])["tools"] == [tool]


@pytest.mark.parametrize(
    "choice",
    [
        "auto",
        "any",
        {"type": "function", "function": {"name": "f"}},
        {"type": "custom", "custom": {"name": "f"}},
        {"type": "allowed_tools", "allowed_tools": {"mode": "auto", "tools": []}},
    ],
    ids=str,
)
def test_a_tool_choice_of_any_kind_is_sent_unchanged(choice: Any) -> None:
    assert sent(tool_choice=choice)["tool_choice"] == choice


@pytest.mark.parametrize(
    "form",
    [
        {"type": "text"},
        {"type": "json_object", "schema": {"type": "object"}},
        {"type": "json_schema", "json_schema": {"schema": {}, "strict": None, "x": 1}},
        {"type": "grammar", "grammar": "root ::= x"},
    ],
    ids=str,
)
def test_a_response_format_of_any_kind_is_sent_unchanged(form: Any) -> None:
    assert sent(response_format=form)["response_format"] == form


def test_numbers_keep_their_spelling_and_texts_their_characters() -> None:
    body = ChatRequest(
        messages=[{"role": "user", "content": "é \x00 \u2028 🙂 </script>"}],
        temperature=1,
        top_p=1.0,
        presence_penalty=1e-8,
    ).to_json()
    assert b'"temperature":1,"top_p":1.0' in body.replace(b'"presence_penalty":1e-8,', b"")
    assert json.loads(body)["messages"][0]["content"] == "é \x00 \u2028 🙂 </script>"
    assert "🙂".encode() in body


def test_extra_body_is_merged_into_the_body_and_wins() -> None:
    body = sent(temperature=0.1, extra_body={"temperature": 0.9, "debug": True, "x": {"y": [1]}})
    assert body == {"messages": MESSAGES, "temperature": 0.9, "debug": True, "x": {"y": [1]}}


def test_the_extra_body_of_a_call_wins_over_that_of_the_request() -> None:
    request = ChatRequest(messages=MESSAGES, extra_body={"a": 1, "b": 1})
    body = json.loads(request.to_json({"b": 2, "c": {"d": 3}}))
    assert body == {"messages": MESSAGES, "a": 1, "b": 2, "c": {"d": 3}}


def test_an_extra_body_without_fields_changes_nothing() -> None:
    assert ChatRequest(messages=MESSAGES, extra_body={}).to_json({}) == (
        ChatRequest(messages=MESSAGES).to_json()
    )


@pytest.mark.parametrize(
    "extra", [{"a": float("nan")}, {"a": {"b": [float("-inf")]}}, {"a": object()}, {"a": "\ud800"}]
)
def test_an_extra_body_that_is_no_json_is_refused_at_the_call_too(extra: dict[str, Any]) -> None:
    with pytest.raises(RequestValidationError):
        ChatRequest(messages=MESSAGES).to_json(extra)


def test_a_typed_message_or_part_always_sends_its_role_or_type() -> None:
    assert sent(messages=[UserMessage(content="a")])["messages"] == [
        {"role": "user", "content": "a"}
    ]
    validated = UserMessage.model_validate({"content": [DocumentPart(document={"data": "x"})]})
    assert sent(messages=[validated])["messages"] == [
        {"role": "user", "content": [{"type": "document", "document": {"data": "x"}}]}
    ]


def test_models_for_what_is_not_known_send_what_they_were_given() -> None:
    other = OtherMessage.model_validate({"role": "critic", "verdict": 1})
    part = OtherPart.model_validate({"type": "video_url", "video_url": "u"})
    assert sent(messages=[other, UserMessage(content=(part,))])["messages"] == [
        {"role": "critic", "verdict": 1},
        {"role": "user", "content": [{"type": "video_url", "video_url": "u"}]},
    ]


def test_a_schema_goes_by_its_api_name() -> None:
    form = ResponseFormat(type="json_schema", json_schema=JsonSchemaFormat(name="n", schema={}))
    assert sent(response_format=form)["response_format"] == {
        "type": "json_schema",
        "json_schema": {"name": "n", "schema": {}},
    }


@pytest.mark.parametrize("given", [[1], None, {5: 1}, "x"])
def test_a_part_of_a_request_is_made_from_a_mapping_only(given: Any) -> None:
    with pytest.raises(RequestValidationError):
        Tool.model_validate(given)


def test_a_wrong_part_of_a_request_is_a_typed_error_on_its_own_too() -> None:
    wrong: dict[str, Any] = {"name": 5}
    with pytest.raises(RequestValidationError, match="UserMessage"):
        UserMessage(**wrong)
    with pytest.raises(RequestValidationError, match="UserMessage"):
        UserMessage.model_validate(wrong)


NAMES = WORD | st.sampled_from(["model_fields", "copy", "json", "self", "__class__", "schema"])


def unknown_to(*known: str) -> st.SearchStrategy[dict[str, Any]]:
    return st.dictionaries(NAMES.filter(lambda name: name not in known), JSON, max_size=3)


@settings(deadline=None, max_examples=120)
@given(
    unknown_to(*UserMessage.model_fields),
    unknown_to(*TextPart.model_fields),
    unknown_to(*Tool.model_fields),
    unknown_to("stream", "messages"),
    JSON,
)
def test_any_unknown_key_is_sent_as_it_came(
    in_message: Any, in_part: Any, in_tool: Any, extra_body: Any, content: Any
) -> None:
    part = {**in_part, "type": "text", "text": "a"}
    messages = [
        {**in_message, "role": "user", "content": [part]},
        {**in_message, "role": "someone", "content": content},
    ]
    tool = {**in_tool, "type": "odd"}
    body = ChatRequest(messages=messages, tools=[tool], extra_body=extra_body).to_json()
    wanted = {"messages": messages, "tools": [tool], **extra_body}
    assert strictly(json.loads(body)) == strictly(wanted)
