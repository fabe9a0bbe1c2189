from typing import Any

import pytest

from corechat._providers.unsupported import (
    UnsupportedFieldWarning,
    check,
    drop_unsupported,
    refuse_unsupported,
)
from corechat.errors import RequestValidationError
from corechat.requests import ChatRequest

USER = {"role": "user", "content": "?"}


def request(**fields: Any) -> ChatRequest:
    return ChatRequest(**{"model": "m", "messages": [USER], **fields})


REFUSED_BY_GROQ = [
    ({"logprobs": True}, ["logprobs"]),
    ({"logprobs": True, "top_logprobs": 2}, ["logprobs", "top_logprobs"]),
    ({"logit_bias": {"5": 1}}, ["logit_bias"]),
    ({"n": 2}, ["n"]),
    ({"messages": [{**USER, "name": "Ada"}]}, ["messages[0].name"]),
    ({"messages": [USER, {**USER, "timestamp": 5}]}, ["messages[1].timestamp"]),
    (
        {"messages": [USER, {"role": "assistant", "content": "a", "executed_tools": []}, USER]},
        ["messages[1].executed_tools"],
    ),
    ({"verbosity": "low", "web_search_options": {"x": 1}}, ["verbosity", "web_search_options"]),
]

TAKEN_BY_GROQ = [
    {},
    {"n": 1},
    {"n": None, "logprobs": None, "logit_bias": None},
    {"logprobs": False},
    {"include_reasoning": False},
    {"reasoning_format": "hidden", "include_reasoning": None},
    {"documents": [{"source": {"type": "text", "text": "a"}}], "citation_options": "enabled"},
    {"extra_body": {"logprobs": True, "n": 3, "anything": 1}},
    {"messages": [USER, {"role": "function", "name": "f", "content": "1"}]},
    {
        "messages": [
            USER,
            {
                "role": "assistant",
                "content": None,
                "reasoning": "hm",
                "tool_calls": [
                    {"id": "c", "type": "function", "function": {"name": "f", "arguments": "{}"}}
                ],
            },
            {"role": "tool", "tool_call_id": "c", "content": "1"},
        ]
    },
]


@pytest.mark.parametrize(("fields", "paths"), REFUSED_BY_GROQ, ids=str)
def test_what_groq_refuses_is_found_before_it_is_sent(
    fields: dict[str, Any], paths: list[str]
) -> None:
    found = request(**fields)
    assert [path for path, _ in check(found, "groq")] == paths
    with pytest.raises(RequestValidationError) as caught:
        refuse_unsupported(found, "groq")
    assert [path for path, _ in caught.value.problems] == paths
    assert all(path in caught.value.message for path in paths)


@pytest.mark.parametrize(("fields", "paths"), REFUSED_BY_GROQ, ids=str)
def test_by_choice_it_is_left_out_with_a_warning(fields: dict[str, Any], paths: list[str]) -> None:
    found = request(temperature=0.5, **fields)
    with pytest.warns(UnsupportedFieldWarning, match="left out") as warned:
        left = drop_unsupported(found, "groq")
    assert warned[0].filename == __file__
    assert all(path in str(warned[0].message) for path in paths)
    assert check(left, "groq") == ()
    assert left.temperature == 0.5
    assert len(left.messages) == len(found.messages)
    assert check(found, "groq") != ()


@pytest.mark.parametrize("fields", TAKEN_BY_GROQ, ids=str)
def test_what_groq_takes_is_left_alone(fields: dict[str, Any]) -> None:
    found = request(**fields)
    assert check(found, "groq") == ()
    refuse_unsupported(found, "groq")
    assert drop_unsupported(found, "groq") is found


def test_openai_does_not_know_groqs_own_fields() -> None:
    found = request(search_settings={"country": "de"}, reasoning_format="raw", n=2, logprobs=True)
    assert [path for path, _ in check(found, "openai")] == ["reasoning_format", "search_settings"]
    with pytest.warns(UnsupportedFieldWarning):
        left = drop_unsupported(found, "openai")
    assert left == request(n=2, logprobs=True)


@pytest.mark.parametrize(("fields", "_paths"), REFUSED_BY_GROQ, ids=str)
def test_of_an_endpoint_that_is_not_known_nothing_is_refused(
    fields: dict[str, Any], _paths: list[str]
) -> None:
    for provider in ("custom", "openrouter", "llamacpp", ""):
        assert check(request(**fields), provider) == ()


def test_extra_body_is_kept_when_fields_are_left_out() -> None:
    with pytest.warns(UnsupportedFieldWarning):
        left = drop_unsupported(request(n=2, extra_body={"debug": True}), "groq")
    assert b'"debug":true' in left.to_json()
    assert b'"n"' not in left.to_json()
