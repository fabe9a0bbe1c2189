import re
import subprocess
import sys
from collections.abc import Callable
from typing import Annotated, Any, Generic, Literal, TypeVar

import pytest
from annotated_types import Ge
from pydantic import BaseModel, TypeAdapter

from corechat._providers.known import CUSTOM, PROVIDERS
from corechat._providers.schema_rules import GROQ, OPENAI, UNKNOWN
from corechat._structured import OutputType
from corechat._structured.schema_of_type import acceptable_name, name_of_type, schema_of
from corechat.errors import MissingDependencyError, RequestValidationError
from corechat.requests import ResponseFormat
from tests.structured.answers import answer, failure

T = TypeVar("T")
PERSON = {"type": "object", "properties": {"name": {"type": "string"}}, "required": ["name"]}


class Invoice(BaseModel):
    total: float


class M(BaseModel, Generic[T]):
    value: T


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
    rules = {name: one.schema_rules for name, one in PROVIDERS.items()}
    assert rules["openai"] is rules["azure-openai"] is OPENAI
    assert rules["groq"] is GROQ
    assert CUSTOM.schema_rules is UNKNOWN
    OutputType.of(dict[str, int]).response_format(CUSTOM.schema_rules)


def test_without_jsonschema_a_dict_schema_is_refused_with_the_line_to_type(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "jsonschema", None)
    with pytest.raises(MissingDependencyError, match=re.escape("corechat[schema]")):
        OutputType.of(PERSON)
    assert OutputType.of(list[int]).parse(answer('{"value": [1]}')) == [1]


def test_jsonschema_is_not_loaded_until_a_dict_schema_is_used() -> None:
    code = "import sys, corechat._structured; print('jsonschema' in sys.modules)"
    done = subprocess.run(  # noqa: S603 - our own interpreter and code
        [sys.executable, "-c", code], capture_output=True, check=True, timeout=60
    )
    assert done.stdout.strip() == b"False"


class First(BaseModel):
    x: int


class Second(BaseModel):
    x: int


@pytest.mark.parametrize(
    ("asked_before", "asked"),
    [
        (First | Second, Second | First),
        (list[First | Second], list[Second | First]),
        (dict[str, tuple[First | Second, int]], dict[str, tuple[Second | First, int]]),
        (Annotated[First | Second, "pet"], Annotated[Second | First, "pet"]),
        (Literal["b", "a"], Literal["a", "b"]),
        (list[Literal["b", "a"]], list[Literal["a", "b"]]),
        (Annotated[int, Ge(1)], Annotated[int, Ge(1.0)]),
    ],
)
def test_a_type_is_not_answered_by_another_that_python_holds_equal(
    asked_before: Any, asked: Any
) -> None:
    assert asked_before == asked
    OutputType.of(asked_before)
    remembered, fresh = OutputType.of(asked), TypeAdapter(asked)
    assert remembered.name == name_of_type(asked)
    assert str(remembered.schema) == str(schema_of(fresh, asked))


def test_the_first_member_of_a_union_that_fits_is_taken_whatever_was_asked_before() -> None:
    OutputType.of(First | Second)
    value = OutputType.of(Second | First).parse(answer('{"value": {"x": 1}}'))
    assert isinstance(value, Second)


@pytest.mark.parametrize("tp", [Invoice, list[Invoice], Invoice | None, Literal["a", "b"]])
def test_a_type_that_is_asked_for_again_is_remembered(tp: Any) -> None:
    assert OutputType.of(tp) is OutputType.of(tp)
    assert OutputType.of(list[Invoice]) is OutputType.of(list[Invoice])
