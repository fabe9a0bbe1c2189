"""ChatRequest: every parameter of the API is there, and each is checked where the API says so."""

import inspect
import json
import re
from typing import Any, get_type_hints

import pytest

from corechat import ChatRequest, RequestValidationError
from corechat.requests import ChatChanges, ChatParams, TypedChatParams
from tests.core.support import KEY, MESSAGES

GROQ = set(
    re.findall(
        r"\w+",
        """messages model citation_options compound_custom disable_tool_validation documents
exclude_domains include_domains frequency_penalty presence_penalty function_call functions
include_reasoning logit_bias logprobs top_logprobs max_completion_tokens max_tokens metadata n
parallel_tool_calls reasoning_effort reasoning_format response_format search_settings seed
service_tier stop store stream temperature tool_choice tools top_p user""",
    )
)
OPENAI = set(
    re.findall(
        r"\w+",
        """audio modalities moderation prediction prompt_cache_key prompt_cache_options
prompt_cache_retention safety_identifier stream_options verbosity web_search_options""",
    )
)

SENDABLE: dict[str, Any] = {
    "model": "openai/gpt-oss-20b",
    "audio": {"voice": "alloy", "format": "wav"},
    "citation_options": "enabled",
    "compound_custom": {"tools": {"enabled_tools": ["web_search"]}},
    "disable_tool_validation": True,
    "documents": [{"source": {"type": "text", "text": "a fact"}, "id": "d1"}],
    "exclude_domains": ["example.com"],
    "include_domains": ["example.org"],
    "frequency_penalty": -2,
    "presence_penalty": 2.0,
    "function_call": {"name": "f"},
    "functions": [{"name": "f", "parameters": {"type": "object"}}],
    "include_reasoning": False,
    "logit_bias": {"50256": -100},
    "logprobs": True,
    "top_logprobs": 20,
    "max_completion_tokens": 10,
    "max_tokens": 10,
    "metadata": {"k": "v"},
    "modalities": ["text", "audio"],
    "moderation": {"model": "omni", "policy": "x"},
    "n": 2,
    "parallel_tool_calls": False,
    "prediction": {"type": "content", "content": "x"},
    "prompt_cache_key": "k",
    "prompt_cache_options": {"mode": "auto", "ttl": 60},
    "prompt_cache_retention": "24h",
    "reasoning_effort": "high",
    "response_format": {"type": "json_schema", "json_schema": {"name": "a-B_9", "schema": {}}},
    "safety_identifier": "u",
    "search_settings": {"country": "ch"},
    "seed": -(2**63),
    "service_tier": "flex",
    "stop": ["a", "b", "c", "d"],
    "store": False,
    "stream": False,
    "stream_options": None,
    "temperature": 0,
    "tool_choice": {"type": "function", "function": {"name": "f"}},
    "tools": [
        {"type": "function", "function": {"name": "f" * 64, "strict": True}},
        {"type": "custom", "custom": {"name": "g"}},
        {"type": "browser_search"},
    ],
    "top_p": 1,
    "user": "u",
    "verbosity": "low",
    "web_search_options": {"search_context_size": "low"},
}


def refused(**params: Any) -> RequestValidationError:
    given: dict[str, Any] = {"messages": MESSAGES, **params}
    with pytest.raises(RequestValidationError) as caught:
        ChatRequest(**given)
    assert len(caught.value.message.encode()) <= 1024
    return caught.value


def test_every_parameter_of_groq_and_openai_exists_and_no_other() -> None:
    assert set(ChatRequest.model_fields) == GROQ | OPENAI | {"extra_body"}


def test_checkers_and_editors_know_the_same_parameters() -> None:
    assert set(get_type_hints(ChatParams)) == set(ChatRequest.model_fields)
    assert set(get_type_hints(ChatChanges)) == set(ChatRequest.model_fields)
    assert set(get_type_hints(TypedChatParams)) == (
        set(ChatRequest.model_fields) - {"response_format"}
    )


def test_every_parameter_is_explained_in_the_docstring() -> None:
    text = inspect.getdoc(ChatRequest) or ""  # from 3.13 on __doc__ has less indentation
    missing = [name for name in ChatRequest.model_fields if f"\n    {name}: " not in text]
    assert missing == []


def test_all_parameters_together_arrive_as_they_were_given() -> None:
    request = ChatRequest(messages=MESSAGES, reasoning_format=None, **SENDABLE)
    sent = {"messages": MESSAGES, "reasoning_format": None, **SENDABLE}
    assert json.loads(request.to_json()) == sent


@pytest.mark.parametrize("name", sorted((GROQ | OPENAI) - {"messages"}))
def test_an_explicit_none_is_sent_as_null(name: str) -> None:
    unset: dict[str, Any] = {name: None}
    request = ChatRequest(messages=MESSAGES, **unset)
    assert json.loads(request.to_json()) == {"messages": MESSAGES, name: None}


def test_only_what_was_set_is_sent() -> None:
    assert ChatRequest(messages=MESSAGES).to_json() == (
        b'{"messages":[{"role":"user","content":"Say hello."}]}'
    )


@pytest.mark.parametrize(
    ("params", "path"),
    [
        ({"temperature": -0.1}, "temperature"),
        ({"temperature": 2.1}, "temperature"),
        ({"temperature": "hot"}, "temperature"),
        ({"temperature": True}, "temperature"),
        ({"temperature": float("nan")}, "temperature"),
        ({"top_p": 1.01}, "top_p"),
        ({"top_p": -1}, "top_p"),
        ({"top_p": float("inf")}, "top_p"),
        ({"frequency_penalty": 2.5}, "frequency_penalty"),
        ({"presence_penalty": -3}, "presence_penalty"),
        ({"n": 0}, "n"),
        ({"n": 1.5}, "n"),
        ({"n": "1"}, "n"),
        ({"logprobs": True, "top_logprobs": 21}, "top_logprobs"),
        ({"logprobs": True, "top_logprobs": -1}, "top_logprobs"),
        ({"logit_bias": {"1": 101}}, "logit_bias"),
        ({"logit_bias": {"1": float("nan")}}, "logit_bias"),
        ({"max_completion_tokens": -1}, "max_completion_tokens"),
        ({"seed": 2**63}, "seed"),
        ({"seed": 10**5000}, "seed"),
        ({"stop": ["a", "b", "c", "d", "e"]}, "stop"),
        ({"tools": [{"type": "x"}] * 129}, "tools"),
        ({"tools": [{"type": "function", "function": {"name": "f" * 65}}]}, "tools[0]"),
        ({"tools": [{"type": "function"}]}, "tools[0]"),
        ({"tools": [{}]}, "tools[0]"),
        ({"model": ""}, "model"),
        ({"model": 5}, "model"),
        ({"stream": True}, "stream"),
        ({"stream": 1}, "stream"),
        ({"store": "yes"}, "store"),
        ({"user": 5}, "user"),
        ({"metadata": {"k": 5}}, "metadata"),
        ({"documents": ["text"]}, "documents[0]"),
        ({"audio": "alloy"}, "audio"),
        ({"audio": {"a": object()}}, "audio"),
        ({"audio": {"a": {"b": float("inf")}}}, "audio"),
        ({"response_format": {"type": "json_schema"}}, "response_format"),
        ({"response_format": {"type": 5}}, "response_format.type"),
        (
            {"response_format": {"type": "json_schema", "json_schema": {"name": "a b"}}},
            "response_format.json_schema.name",
        ),
        (
            {"response_format": {"type": "json_schema", "json_schema": {"name": "a" * 65}}},
            "response_format.json_schema.name",
        ),
        ({"extra_body": [1]}, "extra_body"),
        ({"extra_body": {"a": float("nan")}}, "extra_body"),
        ({"messages": []}, "messages"),
        ({"messages": "hello"}, "messages"),
        ({"messages": None}, "messages"),
        ({"messages": ["hello"]}, "messages[0]"),
        ({"messages": [{}]}, "messages[0]"),
        ({"messages": [*MESSAGES, {"content": "x"}]}, "messages[1].role"),
        ({"messages": [*MESSAGES, {"role": 5, "content": "x"}]}, "messages[1].role"),
        ({"messages": [{"role": "user"}]}, "messages[0].content"),
        ({"messages": [{"role": "user", "content": 5}]}, "messages[0].content"),
        (
            {"messages": [*MESSAGES, *MESSAGES, {"role": "tool", "content": "x"}]},
            "messages[2].tool_call_id",
        ),
        ({"messages": [{"role": "function", "content": "x"}]}, "messages[0].name"),
        (
            {"messages": [{"role": "user", "content": [{"type": "text"}]}]},
            "messages[0].content[0].text",
        ),
        (
            {"messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {}}]}]},
            "messages[0].content[0].image_url.url",
        ),
        (
            {"messages": [{"role": "user", "content": [{"type": "text", "text": "a"}, 5]}]},
            "messages[0].content[1]",
        ),
        (
            {"messages": [{"role": "assistant", "tool_calls": [{"function": {}}]}]},
            "messages[0].tool_calls[0].function.name",
        ),
    ],
)
def test_a_wrong_value_is_refused_with_its_path(params: dict[str, Any], path: str) -> None:
    error = refused(**params)
    assert any(found.startswith(path) for found, _ in error.problems), error.problems
    assert path in error.message
    assert "nothing was sent" in error.message


@pytest.mark.parametrize(
    ("word", "meant"),
    [
        ("temprature", "temperature"),
        ("Temperature", "temperature"),
        ("max_token", "max_tokens"),
        ("maxtokens", "max_tokens"),
        ("mesages", "messages"),
        ("respones_format", "response_format"),
        ("reasoning_efort", "reasoning_effort"),
    ],
)
def test_a_misspelt_keyword_names_the_nearest_one(word: str, meant: str) -> None:
    error = refused(**{word: 1})
    assert f"{word}: unknown parameter; did you mean '{meant}'?" in error.message
    assert "extra_body" in error.message


def test_a_keyword_near_to_none_is_refused_without_a_guess() -> None:
    error = refused(qqqq=1)
    assert "did you mean" not in error.message
    assert "extra_body" in error.message


def test_several_problems_are_told_together_and_the_rest_is_counted() -> None:
    error = refused(messages=[{"role": "tool"} for _ in range(10)])
    assert len(error.problems) == 20
    assert "messages[0].tool_call_id" in error.message
    assert "and 15 more" in error.message


def test_one_wrong_number_is_one_problem() -> None:
    assert len(refused(temperature="hot").problems) == 1
    assert len(refused(temperature=2.5).problems) == 1


def test_top_logprobs_alone_and_reasoning_said_twice_are_refused() -> None:
    assert "logprobs=True" in refused(top_logprobs=1).message
    both = refused(include_reasoning=True, reasoning_format="raw")
    assert "include_reasoning" in both.message
    assert "reasoning_format" in both.message


@pytest.mark.parametrize("extra", [{"stream": True}, {"stream": 1}])
def test_streaming_is_refused_with_the_reason_wherever_it_is_asked_for(extra: Any) -> None:
    assert "does not stream" in refused(extra_body=extra).message
    assert "does not stream" in refused(stream=True).message


@pytest.mark.parametrize(
    "params",
    [
        {"temperature": KEY},
        {"model": [KEY]},
        {"stop": [1, KEY]},
        {"n": KEY},
        {"stream": KEY},
        {"tools": KEY},
        {"tool_choice": [KEY]},
        {"response_format": KEY},
        {"response_format": {"type": "json_schema", "json_schema": {"name": KEY}}},
        {"extra_body": KEY},
        {"metadata": {"a": [KEY]}},
        {"messages": KEY},
        {"messages": [KEY]},
        {"messages": [{"role": KEY}, {"content": KEY}, {"role": "tool", "content": KEY}]},
        {"messages": [{"role": "user", "content": [KEY, {"type": "text", "text": [KEY]}]}]},
        {"messages": [{"role": "assistant", "tool_calls": KEY}]},
        {"audio": {"a": float("nan"), "b": KEY}},
    ],
)
def test_what_looks_like_a_key_is_in_no_error(params: dict[str, Any]) -> None:
    error = refused(**params)
    assert KEY not in f"{error!r} {error} {error.problems} {vars(error)}"
