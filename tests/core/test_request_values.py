"""ChatRequest is a value: frozen, equal and hashable by what it sends, safe from later changes."""

import copy
import json
import pickle
from collections.abc import Callable
from enum import Enum
from typing import Any

import pytest
from pydantic import BaseModel, ValidationError

from corechat import ChatRequest, CorechatError, RequestValidationError
from corechat.requests import (
    AssistantMessage,
    SystemMessage,
    TextPart,
    Tool,
    ToolMessage,
    UserMessage,
)
from tests.core.support import MESSAGES

RICH: dict[str, Any] = {
    "messages": [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": [{"type": "text", "text": "Hi", "cache_control": {"t": 1}}]},
        {"role": "assistant", "tool_calls": [{"id": "1", "function": {"name": "f"}}]},
        {"role": "tool", "tool_call_id": "1", "content": "42"},
    ],
    "model": "m",
    "temperature": 0.5,
    "tools": [{"type": "function", "function": {"name": "f", "parameters": {"type": "object"}}}],
    "stop": ["a"],
    "metadata": {"b": "2", "a": "1"},
    "extra_body": {"new_thing": {"deep": [1, 2]}},
}


def rich(**changes: Any) -> ChatRequest:
    return ChatRequest(**{**copy.deepcopy(RICH), **changes})


def through_json(request: ChatRequest) -> ChatRequest:
    body = json.loads(request.to_json())
    body.pop("new_thing")
    return ChatRequest.model_validate_json(json.dumps({**body, "extra_body": RICH["extra_body"]}))


@pytest.mark.parametrize(
    "again",
    [
        lambda request: pickle.loads(pickle.dumps(request)),  # noqa: S301 - our own
        copy.copy,
        copy.deepcopy,
        lambda request: request.replace(),
        ChatRequest.model_validate,
        lambda _: ChatRequest.model_validate(RICH),
        through_json,
        lambda request: ChatRequest(
            **{name: getattr(request, name) for name in request.model_fields_set}
        ),
    ],
)
def test_every_way_to_copy_a_request_gives_an_equal_one(
    again: Callable[[ChatRequest], ChatRequest],
) -> None:
    request = rich()
    other = again(request)
    assert other == request
    assert hash(other) == hash(request)
    assert other.to_json() == request.to_json()
    assert other.model_fields_set == request.model_fields_set


def test_requests_are_equal_by_what_they_send() -> None:
    one = ChatRequest(messages=MESSAGES, temperature=1, metadata={"a": "1", "b": "2"})
    other = ChatRequest(metadata={"b": "2", "a": "1"}, temperature=1.0, messages=tuple(MESSAGES))
    assert one == other
    assert len({one, other}) == 1


def test_a_typed_message_equals_the_same_one_as_a_dict() -> None:
    typed = ChatRequest(
        messages=[
            SystemMessage(content="Be brief."),
            UserMessage(content=(TextPart(text="Hi"),)),
            AssistantMessage(content=None),
            ToolMessage(content="42", tool_call_id="1"),
        ],
        tools=[Tool(type="browser_search")],
    )
    plain = ChatRequest(
        messages=[
            {"role": "system", "content": "Be brief."},
            {"role": "user", "content": [{"type": "text", "text": "Hi"}]},
            {"role": "assistant", "content": None},
            {"role": "tool", "content": "42", "tool_call_id": "1"},
        ],
        tools=[{"type": "browser_search"}],
    )
    assert typed == plain
    assert typed.to_json() == plain.to_json()


@pytest.mark.parametrize(
    "change",
    [
        {"temperature": 0.6},
        {"temperature": None},
        {"extra_body": {"new_thing": {"deep": [2, 1]}}},
        {"extra_body": None},
        {"messages": MESSAGES},
        {"user": None},
    ],
)
def test_a_different_request_is_not_equal(change: dict[str, Any]) -> None:
    assert rich() != rich(**change)


def test_a_request_equals_nothing_but_a_request() -> None:
    assert rich() != RICH
    assert rich() != rich().to_json()


def test_a_request_and_all_inside_it_are_frozen() -> None:
    request = rich()
    assert request.tools is not None
    for target, name in [
        (request, "model"),
        (request.messages[0], "content"),
        (request.tools[0], "type"),
        (request, "new_name"),
    ]:
        with pytest.raises(ValidationError):
            setattr(target, name, "x")
    with pytest.raises(ValidationError):
        del request.model
    with pytest.raises(TypeError):
        request.messages[0] = request.messages[1]  # type: ignore[index]  # that is the test


def test_what_the_caller_changes_later_does_not_change_the_request() -> None:
    given = copy.deepcopy(RICH)
    request = ChatRequest(**given)
    before = request.to_json()
    given["messages"][1]["content"][0]["cache_control"]["t"] = 2
    given["messages"][1]["content"].append({"type": "text", "text": "more"})
    given["messages"].clear()
    given["tools"][0]["function"]["parameters"]["type"] = "array"
    given["stop"].append("b")
    given["metadata"]["c"] = "3"
    given["extra_body"]["new_thing"]["deep"].append(3)
    assert request.to_json() == before


def test_what_the_caller_changes_in_a_typed_message_does_not_change_the_request() -> None:
    hint = {"type": "ephemeral"}
    message = UserMessage.model_validate({"content": "Hi", "cache_control": hint})
    request = ChatRequest(messages=[message])
    hint["type"] = "forever"
    assert json.loads(request.to_json())["messages"][0]["cache_control"] == {"type": "ephemeral"}


def test_replace_changes_only_what_is_named_and_checks_it() -> None:
    request = rich()
    changed = request.replace(temperature=1.5, user="u")
    assert changed == rich(temperature=1.5, user="u")
    assert request == rich()
    with pytest.raises(RequestValidationError, match="did you mean 'model'"):
        request.replace(modle="x")  # type: ignore[call-arg]  # that is the test
    with pytest.raises(RequestValidationError, match="temperature"):
        request.replace(temperature=3)


def test_the_ways_around_validation_are_refused() -> None:
    with pytest.raises(RequestValidationError, match="replace"):
        rich().model_copy(update={"temperature": 99})


@pytest.mark.parametrize("given", [[1], "text", None, 5, {1: 2}, {"messages": MESSAGES, 5: 1}])
def test_what_is_no_mapping_of_parameters_is_refused(given: Any) -> None:
    with pytest.raises(RequestValidationError):
        ChatRequest.model_validate(given)


@pytest.mark.parametrize("text", ["", "{", "[]", "null", '{"messages": NaN}', "[" * 100_000])
def test_a_json_text_that_is_no_request_is_refused(text: str) -> None:
    with pytest.raises(RequestValidationError):
        ChatRequest.model_validate_json(text)


def test_a_request_inside_another_model_is_validated_there() -> None:
    class Job(BaseModel):
        request: ChatRequest

    assert Job.model_validate({"request": RICH}).request == rich()
    with pytest.raises(ValidationError) as caught:
        Job.model_validate({"request": {**RICH, "temperature": 3}})
    assert [error["loc"] for error in caught.value.errors()] == [("request", "temperature")]


LONELY = "half \ud83d"


@pytest.mark.parametrize(
    "params",
    [
        {"messages": [{"role": "user", "content": LONELY}]},
        {"messages": [{"role": "user", "content": [{"type": "text", "text": LONELY}]}]},
        {"messages": [{"role": "user", "content": "x", "unknown": LONELY}]},
        {"messages": [{"role": "user", "content": "x", LONELY: 1}]},
        {"messages": [{"role": LONELY, "content": "x"}]},
        {"metadata": {LONELY: "x"}},
        {"metadata": {"x": LONELY}},
        {"model": LONELY},
        {"user": LONELY},
        {"extra_body": {"x": LONELY}},
        {"extra_body": {"x": [{LONELY: 1}]}},
        {"tools": [{"type": LONELY}]},
        {LONELY: 1},
    ],
)
def test_a_lone_surrogate_is_a_typed_error_before_anything_is_sent(params: dict[str, Any]) -> None:
    given: dict[str, Any] = {"messages": MESSAGES, **params}
    with pytest.raises(RequestValidationError) as caught:
        ChatRequest(**given).to_json()
    caught.value.message.encode()


def test_a_request_that_cannot_be_written_says_so_when_compared() -> None:
    request = ChatRequest(messages=[{"role": "user", "content": LONELY}])
    with pytest.raises(CorechatError, match="surrogate"):
        hash(request)


def test_values_that_nest_too_deep_are_refused() -> None:
    deep: list[Any] = []
    for _ in range(100_000):
        deep = [deep]
    with pytest.raises(RequestValidationError, match="extra_body"):
        ChatRequest(messages=MESSAGES, extra_body={"deep": deep})


def test_the_secret_of_a_compound_system_is_not_in_the_repr() -> None:
    settings = {"tools": {"wolfram_settings": {"authorization": "wolfram-secret"}}}
    request = ChatRequest(messages=MESSAGES, compound_custom=settings)
    assert "wolfram-secret" not in repr(request)
    assert b"wolfram-secret" in request.to_json()


def test_a_request_shows_what_was_set_and_nothing_else() -> None:
    request = ChatRequest(model="m", messages=[{"role": "user", "content": "hi", "x": 1}])
    assert repr(request) == (
        "ChatRequest(messages=(UserMessage(role='user', content='hi', x=1),), model='m')"
    )


class Word(str, Enum):  # noqa: UP042 - what people have; format() gives "Word.USER"
    USER = "user"
    TOOL = "tool"
    ODD = "ipython"
    TEXT = "text"
    IMAGE = "image_url"
    FUNCTION = "function"
    AUTO = "auto"


class Plain(Enum):
    USER = "user"
    TEXT = "text"


@pytest.mark.parametrize(
    ("message", "sent"),
    [
        ({"role": Word.USER, "content": "Hi"}, {"role": "user", "content": "Hi"}),
        ({"role": Word.ODD, "content": "Hi"}, {"role": "ipython", "content": "Hi"}),
        ({"role": Plain.USER, "content": "Hi"}, {"role": "user", "content": "Hi"}),
        (
            {"role": Word.TOOL, "content": Word.TEXT, "tool_call_id": Word.AUTO},
            {"role": "tool", "content": "text", "tool_call_id": "auto"},
        ),
        (
            {"role": Word.USER, "content": [{"type": Word.TEXT, "text": Word.TEXT}]},
            {"role": "user", "content": [{"type": "text", "text": "text"}]},
        ),
        (
            {"role": "user", "content": [{"type": Plain.TEXT, "text": "Hi"}]},
            {"role": "user", "content": [{"type": "text", "text": "Hi"}]},
        ),
        (
            {"role": "user", "content": [{"type": Word.IMAGE, "image_url": {"url": "u"}}]},
            {"role": "user", "content": [{"type": "image_url", "image_url": {"url": "u"}}]},
        ),
        (
            {"role": "user", "content": [{"type": Word.ODD, "x": Word.ODD}]},
            {"role": "user", "content": [{"type": "ipython", "x": "ipython"}]},
        ),
    ],
    ids=str,
)
def test_a_member_of_an_enum_is_sent_as_its_value(
    message: dict[str, Any], sent: dict[str, Any]
) -> None:
    request = ChatRequest(messages=[message])  # type: ignore[list-item]  # a dict of objects
    assert json.loads(request.to_json())["messages"] == [sent]
    assert request == ChatRequest(messages=[sent])  # type: ignore[list-item]  # a dict of objects


def test_a_message_whose_role_is_a_member_of_an_enum_is_checked_as_any_other() -> None:
    with pytest.raises(RequestValidationError, match="tool_call_id"):
        ChatRequest(messages=[{"role": Word.TOOL, "content": "x"}])
    with pytest.raises(RequestValidationError, match="image_url"):
        ChatRequest(messages=[{"role": Word.USER, "content": [{"type": Word.IMAGE}]}])


def test_a_representation_fits_a_screen_line_or_two_however_much_it_holds() -> None:
    words = {"role": "user", "content": "many words " * 10_000}
    long = ChatRequest(model="m", messages=[words] * 500, temperature=1)
    for shown in (repr(long), str(long), repr(long.messages[0])):
        assert len(shown) <= 200
        assert shown.count("\n") == 0
    assert "… 499 more" in repr(long)
    assert "many words" in repr(long)
