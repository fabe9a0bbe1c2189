import copy
import json
import pickle
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import pytest
from pydantic import BaseModel, field_validator

from corechat.errors import APIStatusError, MissingDependencyError, RequestValidationError
from corechat.output_errors import StructuredOutputError
from corechat.requests import ResponseFormat
from corechat.structured import (
    GROQ,
    OPENAI,
    UNKNOWN,
    OutputType,
    rules_for,
    structured_error_from_status,
    typed_format,
)
from corechat.structured.names import acceptable_name
from tests.structured.answers import answer

T = TypeVar("T")
PERSON = {"type": "object", "properties": {"name": {"type": "string"}}, "required": ["name"]}


class Invoice(BaseModel):
    total: float


class M(BaseModel, Generic[T]):
    value: T


class Careless(BaseModel):
    name: str

    @field_validator("name")
    @classmethod
    def look_up(cls, value: str) -> str:
        return {"a": "b"}[value]


def failure(tp: Any, response: Any, **options: Any) -> StructuredOutputError:
    with pytest.raises(StructuredOutputError) as caught:
        OutputType.of(tp).parse(response, **options)
    error = caught.value
    assert error.response == response
    assert error.usage is not None
    assert error.usage.total_tokens == 10
    assert len(error.message) <= 1000
    return error


def test_a_model_is_sent_as_a_strict_schema_with_its_name() -> None:
    assert OutputType.of(Invoice).response_format(OPENAI) == {
        "type": "json_schema",
        "json_schema": {
            "name": "Invoice",
            "schema": {
                "type": "object",
                "properties": {"total": {"type": "number"}},
                "required": ["total"],
                "additionalProperties": False,
            },
            "strict": True,
        },
    }


def test_what_is_sent_fits_the_request() -> None:
    for tp in (Invoice, list[Invoice], PERSON, "json_object"):
        ResponseFormat.model_validate(OutputType.of(tp).response_format(OPENAI))


@pytest.mark.parametrize(
    ("tp", "name"),
    [
        (M[int], "M_int"),
        (M[M[int]], "M_M_int"),
        (list[Invoice], "list_Invoice"),
        (Invoice | None, "Invoice_or_None"),
        (dict[str, int] | int, "dict_str_int_or_int"),
        ({"type": "string", "title": "Größe in µm"}, "Gr_e_in_m"),
        ({"type": "string"}, "output"),
        ({"type": "string", "title": "日本"}, "output"),
    ],
    ids=str,
)
def test_a_name_that_the_api_would_refuse_is_made_acceptable(tp: Any, name: str) -> None:
    written = OutputType.of(tp).response_format(UNKNOWN)["json_schema"]["name"]
    assert written == name
    assert re.fullmatch(r"[a-zA-Z0-9_-]{1,64}", written)


def test_a_long_name_is_cut() -> None:
    assert len(acceptable_name("x" * 100)) == 64


def test_an_object_is_read_as_the_model() -> None:
    assert OutputType.of(Invoice).parse(answer('{"total": 3}')) == Invoice(total=3)


def test_a_value_that_is_no_object_is_wrapped_and_unwrapped() -> None:
    output = OutputType.of(list[Invoice])
    schema = output.response_format(OPENAI)["json_schema"]["schema"]
    assert schema["required"] == ["value"]
    assert output.parse(answer('{"value": [{"total": 1}]}')) == [Invoice(total=1)]


def test_a_chosen_choice_is_read() -> None:
    response = answer('{"total": 1}')
    second = answer('{"total": 2}').choices[0]
    both = response.model_copy(update={"choices": [*response.choices, second]})
    assert OutputType.of(Invoice).parse(both, choice=1) == Invoice(total=2)


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


def test_an_object_as_content_is_read_too() -> None:
    assert OutputType.of(Invoice).parse(answer({"total": 1})) == Invoice(total=1)


def test_a_dict_schema_without_an_object_at_its_root_is_wrapped() -> None:
    schema = {"type": "array", "items": {"anyOf": [{"type": "integer"}, {"$ref": "#"}]}}
    output = OutputType.of(schema)
    assert output.parse(answer('{"value": [1, [2]]}')) == [1, [2]]
    assert failure(schema, answer('{"value": [1, ["a"]]}')).reason == "wrong_shape"
    sent = output.response_format(OPENAI, strict=False)["json_schema"]["schema"]
    assert sent["properties"]["value"]["items"]["anyOf"][1] == {"$ref": "#/properties/value"}


def test_a_dict_schema_that_is_no_schema_is_refused_before_sending() -> None:
    with pytest.raises(RequestValidationError) as caught:
        OutputType.of({"type": "object", "properties": {"a": {"type": "text"}}})
    assert caught.value.problems[0][0] == "/properties/a/type"


def test_a_dict_schema_nested_too_deep_is_refused_before_sending() -> None:
    schema: dict[str, Any] = {"type": "string"}
    for _ in range(3000):
        schema = {"type": "array", "items": schema}
    with pytest.raises(RequestValidationError, match="too deep"):
        OutputType.of(schema)


def test_references_to_other_documents_are_never_fetched() -> None:
    schema = {"type": "object", "properties": {"a": {"$ref": "http://127.0.0.1:9/s.json"}}}
    error = failure(schema, answer('{"a": 1}'))
    assert error.errors[0]["type"] == "schema"


def test_the_formats_of_the_api_itself_are_sent_as_they_are_and_checked_after() -> None:
    given = {"type": "json_schema", "json_schema": {"name": "p", "schema": PERSON}}
    for form in (given, ResponseFormat.model_validate(given)):
        output = OutputType.of(form)
        assert output.response_format(OPENAI) == given
        assert output.parse(answer('{"name": "a"}')) == {"name": "a"}
    assert failure(given, answer("{}")).reason == "wrong_shape"
    assert OutputType.of({"type": "json_object"}).response_format(GROQ) == {"type": "json_object"}


def test_a_type_is_told_from_what_the_api_itself_takes() -> None:
    for own in (None, {"type": "text"}, {"type": "json_object"}, ResponseFormat(type="text")):
        assert typed_format(own) is None
    assert typed_format({"type": "json_schema", "json_schema": {"name": "p"}}) is None
    for tp in (Invoice, list[Invoice], int | None, PERSON, {"type": "string"}, "json_object"):
        assert isinstance(typed_format(tp), OutputType)


def test_a_word_that_is_no_format_is_refused() -> None:
    with pytest.raises(RequestValidationError, match="json_object"):
        OutputType.of("json")


def test_a_type_without_a_schema_is_refused() -> None:
    for tp in (type(iter([])), Callable[[int], int], 3):
        with pytest.raises(RequestValidationError, match="cannot be the type"):
            OutputType.of(tp)


def test_an_output_type_is_made_once_for_a_type() -> None:
    assert OutputType.of(Invoice) is OutputType.of(Invoice)
    assert OutputType.of(OutputType.of(Invoice)) is OutputType.of(Invoice)
    first = OutputType.of(Invoice).response_format(OPENAI)
    assert OutputType.of(Invoice).response_format(OPENAI) is first


def test_each_provider_has_its_rules_and_an_unknown_one_refuses_nothing() -> None:
    assert rules_for("openai") is rules_for("azure-openai") is OPENAI
    assert rules_for("groq") is GROQ
    assert rules_for("custom") is UNKNOWN
    OutputType.of(dict[str, int]).response_format(rules_for("custom"))


def test_without_jsonschema_a_dict_schema_is_refused_with_the_line_to_type(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "jsonschema", None)
    with pytest.raises(MissingDependencyError, match=re.escape("corechat[schema]")):
        OutputType.of(PERSON)
    assert OutputType.of(list[int]).parse(answer('{"value": [1]}')) == [1]


def test_jsonschema_is_not_loaded_until_a_dict_schema_is_used() -> None:
    code = "import sys, corechat.structured; print('jsonschema' in sys.modules)"
    done = subprocess.run(  # noqa: S603 - our own interpreter and code
        [sys.executable, "-c", code], capture_output=True, check=True, timeout=60
    )
    assert done.stdout.strip() == b"False"


def test_the_error_pickles_and_copies_to_an_equal_one() -> None:
    error = failure(Invoice, answer('{"total": "much"}'))
    pickled = pickle.loads(pickle.dumps(error))  # noqa: S301 - what was just written
    for twin in (pickled, copy.copy(error), copy.deepcopy(error)):
        assert twin == error
        assert twin.response == error.response
        assert str(twin) == str(error)


def test_groqs_json_validate_failed_is_the_same_error() -> None:
    status = APIStatusError(
        "Failed to generate JSON.",
        status_code=400,
        code="json_validate_failed",
        failed_generation="{oops",
        request_id="req_1",
    )
    error = structured_error_from_status(status)
    assert isinstance(error, StructuredOutputError)
    assert (error.reason, error.text, error.request_id) == ("invalid_json", "{oops", "req_1")
    assert structured_error_from_status(APIStatusError("x", status_code=400)) is None
