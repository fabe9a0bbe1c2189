import copy
import json
import pickle
from dataclasses import dataclass
from typing import Any

import pytest
from pydantic import BaseModel, field_validator

from corechat._structured import (
    OutputType,
    structured_error_from_status,
)
from corechat.errors import APIStatusError, BadRequestError, StructuredOutputError
from tests.core.support import MESSAGES, ScriptedTransport, client_over
from tests.core.support import answer as scripted
from tests.structured.answers import answer, failure

PERSON = {"type": "object", "properties": {"name": {"type": "string"}}, "required": ["name"]}


class Invoice(BaseModel):
    total: float


class Careless(BaseModel):
    name: str

    @field_validator("name")
    @classmethod
    def look_up(cls, value: str) -> str:
        return {"a": "b"}[value]


def test_an_answer_cut_at_the_bound_on_tokens_is_told() -> None:
    error = failure(Invoice, answer('{"tot', finish_reason="length"))
    assert (error.reason, error.text) == ("length", '{"tot')
    assert "max_completion_tokens" in error.message


def test_a_filtered_answer_is_told() -> None:
    error = failure(Invoice, answer('{"total": 1}', finish_reason="content_filter"))
    assert (error.reason, error.text) == ("content_filter", '{"total": 1}')


def test_a_refusal_is_told_with_its_words() -> None:
    error = failure(Invoice, answer(None, refusal="I will not."))
    assert (error.reason, error.text) == ("refusal", "I will not.")
    assert "I will not." in error.message


@pytest.mark.parametrize("content", [None, "", "  \n"])
def test_an_empty_answer_is_told(content: str | None) -> None:
    assert failure(Invoice, answer(content)).reason == "empty"


def test_an_answer_that_calls_tools_instead_is_told() -> None:
    call = {"id": "c", "type": "function", "function": {"name": "f", "arguments": "{}"}}
    assert "called tools" in failure(Invoice, answer(None, tool_calls=[call])).message


@pytest.mark.parametrize(
    "text", ["no", '{"total": 1', "{'total': 1}", '{"total": NaN} x', "[" * 9999]
)
@pytest.mark.parametrize("tp", [Invoice, PERSON, "json_object", list[Invoice]], ids=str)
def test_invalid_json_is_told(text: str, tp: Any) -> None:
    error = failure(tp, answer(text))
    assert (error.reason, error.text) == ("invalid_json", text)


def test_a_wrong_shape_is_told_with_pydantics_errors() -> None:
    error = failure(Invoice, answer('{"total": "much"}'))
    assert error.reason == "wrong_shape"
    assert [(one["type"], one["loc"]) for one in error.errors] == [("float_parsing", ("total",))]
    assert "total" in error.message


def test_a_wrong_shape_of_a_dict_schema_is_told_with_the_path() -> None:
    error = failure(PERSON, answer('{"name": 3}'))
    assert error.errors == ({"type": "type", "loc": ("name",), "msg": "3 is not of type 'string'"},)


def test_json_that_is_no_object_is_told_where_an_object_was_asked_for() -> None:
    assert failure("json_object", answer("[1]")).reason == "wrong_shape"
    assert OutputType.of("json_object").parse(answer('{"a": 1}')) == {"a": 1}


def test_a_validator_that_crashes_does_not_lose_the_answer() -> None:
    error = failure(Careless, answer('{"name": "z"}'))
    assert error.errors[0]["msg"] == "KeyError: 'z'"


def test_a_very_long_wrong_answer_gives_a_short_message() -> None:
    text = json.dumps({"total": "x" * 100_000})
    assert failure(Invoice, answer(text)).text == text
    failure(PERSON, answer(json.dumps({"name": ["x" * 100_000]})))


@pytest.mark.parametrize(
    "text",
    [
        '```json\n{"total": 1}\n```',
        'Here you are:\n\n```\n{"total": 1}\n```\nAnything else?',
        '<think>\nis {"total": 2} right?\n</think>\n{"total": 1}',
        '<think>hm</think>\n```json\n{"total": 1}\n```',
        '```python\nprint()\n```\n```json\n{"total": 1}\n```',
        '  {"total": 1}\n',
    ],
)
def test_json_in_a_fence_or_after_thinking_is_read_only_on_request(text: str) -> None:
    output = OutputType.of(Invoice)
    assert output.parse(answer(text), lenient=True) == Invoice(total=1)
    if text.strip().startswith("{"):
        assert output.parse(answer(text)) == Invoice(total=1)
    else:
        assert failure(Invoice, answer(text)).reason == "invalid_json"


def test_lenient_reading_changes_nothing_where_there_is_no_json() -> None:
    error = failure(Invoice, answer("```\nno\n```"), lenient=True)
    assert (error.reason, error.text) == ("invalid_json", "```\nno\n```")


def test_a_fence_inside_a_json_string_is_left_alone() -> None:
    @dataclass
    class Page:
        body: str

    text = json.dumps({"body": "```\n1\n```"})
    assert OutputType.of(Page).parse(answer(text), lenient=True).body == "```\n1\n```"


def test_the_error_pickles_and_copies_to_an_equal_one() -> None:
    error = failure(Invoice, answer('{"total": "much"}'))
    pickled = pickle.loads(pickle.dumps(error))  # noqa: S301 - what was just written
    for twin in (pickled, copy.copy(error), copy.deepcopy(error)):
        assert twin == error
        assert twin.response == error.response
        assert str(twin) == str(error)


def test_groqs_json_validate_failed_is_the_same_error_and_a_bad_request() -> None:
    status = APIStatusError(
        "Failed to generate JSON.",
        status_code=400,
        code="json_validate_failed",
        failed_generation="{oops",
        request_id="req_1",
    )
    error = structured_error_from_status(status)
    assert isinstance(error, StructuredOutputError)
    assert isinstance(error, BadRequestError)
    assert (error.status_code, error.code) == (400, "json_validate_failed")
    assert pickle.loads(pickle.dumps(error)) == copy.deepcopy(error) == error  # noqa: S301 - our own
    assert (error.reason, error.text, error.request_id) == ("invalid_json", "{oops", "req_1")
    assert structured_error_from_status(APIStatusError("x", status_code=400)) is None


@dataclass
class Measured:
    x: float


@pytest.mark.parametrize("word", ["NaN", "Infinity", "-Infinity"])
@pytest.mark.parametrize("tp", [Measured, list[float], dict[str, float], "json_object"])
def test_a_number_that_json_does_not_have_is_no_json(tp: Any, word: str) -> None:
    for text in (f'{{"x": {word}}}', f'{{"value": {{"x": {word}}}}}', f'{{"value": [{word}]}}'):
        assert failure(tp, answer(text)).reason == "invalid_json"


@pytest.mark.parametrize("tp", [dict[str, str], "json_object"])
def test_half_a_character_in_the_json_that_a_model_wrote_is_replaced(tp: Any) -> None:
    for half in (r"\ud83d", r"\uDE00"):
        reply = answer(f'{{"x": "NaN {half}"}}')
        assert OutputType.of(tp).parse(reply) == {"x": "NaN \ufffd"}


@pytest.mark.parametrize(
    ("finish_reason", "reason"),
    [
        ("length", "length"),
        ("model_length", "length"),
        ("MAX_TOKENS", "length"),
        ("max_tokens", "length"),
        ("FINISH_REASON_MAX_TOKENS", "length"),
        ("max_output_tokens", "length"),
        ("maxTokens", "length"),
        ("max_new_tokens", "length"),
        ("length_limit", "length"),
        ("context_length_exceeded", "length"),
        ("truncated", "length"),
        ("model_context_window_exceeded", "length"),
        ("content_filter", "content_filter"),
        ("content_filter: PROHIBITED_CONTENT", "content_filter"),
        ("SAFETY", "content_filter"),
        ("RECITATION", "content_filter"),
        ("sensitive", "content_filter"),
        ("stop", "invalid_json"),
        ("eos", "invalid_json"),
        ("", "invalid_json"),
        (None, "invalid_json"),
        (5, "invalid_json"),
        (["length"], "invalid_json"),
    ],
)
def test_a_finish_reason_means_the_same_in_every_providers_word(
    finish_reason: Any, reason: str
) -> None:
    assert failure(Invoice, answer('{"total": 1', finish_reason=finish_reason)).reason == reason


def weather(city: str) -> str:
    """Tell the weather."""
    return city


CALLED = {"id": "1", "type": "function", "function": {"name": "weather", "arguments": "{}"}}


@pytest.mark.parametrize("text", [None, "", "\n\n", " ", "Let me look that up.", '{"total": 1}'])
@pytest.mark.parametrize(
    "call", [{"tool_calls": [CALLED]}, {"function_call": CALLED["function"]}], ids=["new", "old"]
)
def test_text_beside_a_call_of_an_offered_tool_is_not_the_value(
    text: str | None, call: dict[str, Any]
) -> None:
    message = {"role": "assistant", "content": text, **call}
    client = client_over(ScriptedTransport(scripted({"choices": [{"message": message}]})))
    reply = client.complete(messages=MESSAGES, response_format=Invoice, tools=[weather])
    assert reply.parsed is None  # type: ignore[attr-defined]
    assert reply.text == (text or "")
    if "function_call" in call:
        functions: Any = [{"name": "weather"}]
        old = client.complete(messages=MESSAGES, response_format=Invoice, functions=functions)
        assert old.parsed is None


BOUND = "max completion tokens reached before generating a valid document"


@pytest.mark.parametrize(
    ("said", "written", "reason"),
    [
        (BOUND, '{"total": 1', "length"),
        (BOUND, "", "length"),
        ("Failed: Max completion tokens reached", '{"total"', "length"),
        ("Failed to generate JSON.", '{"total": 1', "invalid_json"),
        ("Failed to generate JSON.", "I would not.", "invalid_json"),
        ("Failed to generate JSON.", '{"sum": 1}', "wrong_shape"),
        ("Failed to generate JSON.", "[1]", "wrong_shape"),
        ("Generated JSON does not match the schema.", '{"total": "x"}', "wrong_shape"),
        ("Generated JSON does not match the schema.", '{"total": 1}', "wrong_shape"),
        ("Failed to generate JSON.", None, "empty"),
        ("Failed to generate JSON.", " ", "empty"),
    ],
)
def test_groqs_refusal_has_the_reason_of_the_same_answer_elsewhere(
    said: str, written: str | None, reason: str
) -> None:
    body = {
        "error": {"message": said, "code": "json_validate_failed", "failed_generation": written}
    }
    client = client_over(ScriptedTransport(scripted(body, status=400)))
    with pytest.raises(StructuredOutputError) as caught:
        client.complete(messages=MESSAGES, response_format=Invoice)
    assert isinstance(caught.value, BadRequestError)
    assert caught.value.reason == reason
    assert caught.value.text == (written or "")
    if reason == "wrong_shape" and written != '{"total": 1}':
        assert caught.value.errors


def test_a_wrapped_values_refusal_is_read_as_its_type() -> None:
    body = {
        "error": {
            "message": "no",
            "code": "json_validate_failed",
            "failed_generation": '{"value": "x"}',
        }
    }
    client = client_over(ScriptedTransport(scripted(body, status=400)))
    with pytest.raises(StructuredOutputError) as caught:
        client.complete(messages=MESSAGES, response_format=list[int])
    assert caught.value.reason == "wrong_shape"
