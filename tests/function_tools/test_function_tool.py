import enum
import functools
import re
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any

import pytest
from pydantic import BaseModel, Field
from typing_extensions import TypedDict

from corechat._providers.schema_rules import OPENAI
from corechat._structured.readers import UnreadableError
from corechat._tools import FunctionTool, tool
from corechat.errors import MissingDependencyError
from corechat.requests import ChatRequest


class City(BaseModel):
    name: str
    country: str = "DE"


class Unit(enum.Enum):
    CELSIUS = "c"
    FAHRENHEIT = "f"


@dataclass
class Range:
    low: int
    high: int


class Query(TypedDict):
    text: str


def weather(
    city: City,
    days: Annotated[int, Field(ge=1, le=7, description="how many days")] = 3,
    unit: Unit = Unit.CELSIUS,
) -> str:
    """Tell the weather.

    Args:
        city: where.
        days: not used, since the annotation says it.
        unit: degrees.

    Returns:
        The weather.
    """
    return f"{city.name} {days} {unit.value}"


def numpy_style(a: int, b: float) -> None:
    """Do it.

    Parameters
    ----------
    a : int
        The a.
    b : float
        The b.
    """


def rest_style(a: int, b: float) -> None:
    """Do it.

    :param a: The a.
    :param b: The b.
    """


def google_style(a: int, b: float) -> None:
    """Do it.

    Args:
        a (int): The a.
        b: The b.
    """


class Service:
    """Holds a method."""

    def find(self, text: str) -> str:
        """Find a text."""
        return text.upper()

    def __call__(self, text: str) -> str:
        """Call me."""
        return text


def test_a_functions_schema_comes_from_its_signature_annotations_and_docstring() -> None:
    made = tool(weather)
    assert (made.name, made.description) == ("weather", "Tell the weather.")
    assert made.parameters["required"] == ["city"]
    assert made.parameters["additionalProperties"] is False
    properties = made.parameters["properties"]
    assert properties["city"] == {"$ref": "#/$defs/City", "description": "where."}
    assert properties["days"] == {
        "type": "integer", "minimum": 1, "maximum": 7, "default": 3, "description": "how many days",
    }  # fmt: skip
    assert properties["unit"]["description"] == "degrees."


@pytest.mark.parametrize("function", [google_style, numpy_style, rest_style])
def test_docstrings_of_three_styles_are_read(function: Callable[..., Any]) -> None:
    made = tool(function)
    assert made.description == "Do it."
    descriptions = [one["description"] for one in made.parameters["properties"].values()]
    assert descriptions == ["The a.", "The b."]


def test_a_docstring_without_sections_needs_no_parser(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "docstring_parser", None)

    def plain(a: int) -> None:
        """Do it, and
        go on."""

    assert tool(plain).description == "Do it, and go on."
    with pytest.raises(MissingDependencyError, match=re.escape("corechat[tools]")):
        tool(google_style)


def test_a_tool_is_offered_as_the_api_wants_it() -> None:
    sent = ChatRequest(messages=[{"role": "user", "content": "?"}], tools=[tool(weather).to_tool()])
    assert b'"type":"function","function":{"name":"weather"' in sent.to_json()


def test_a_strict_tool_has_a_strict_schema() -> None:
    made = tool(strict=True)(weather).to_tool(OPENAI).function
    assert made is not None
    assert made.strict is True
    assert made.parameters is not None
    assert made.parameters["required"] == ["city", "days", "unit"]
    assert made.parameters["properties"]["city"]["required"] == ["name", "country"]
    assert tool(weather).to_tool(OPENAI).function.strict is None  # type: ignore[union-attr]


def test_name_and_description_can_be_given() -> None:
    made = tool(name="forecast", description="Look ahead.")(weather)
    assert (made.name, made.description) == ("forecast", "Look ahead.")


def test_arguments_are_read_typed_and_what_was_left_out_is_left_to_python() -> None:
    made = tool(weather)
    arguments = made.read('{"city": {"name": "Ulm"}, "unit": "f"}')
    assert arguments == {"city": City(name="Ulm"), "unit": Unit.FAHRENHEIT}
    assert made.run(arguments) == "Ulm 3 f"


def test_a_blank_text_stands_for_no_arguments() -> None:
    @tool
    def now() -> str:
        """Tell the time."""
        return "noon"

    assert now.parameters == {"type": "object", "properties": {}, "additionalProperties": False}
    assert now.run(now.read("")) == "noon"


def test_the_function_can_still_be_called() -> None:
    made = tool(weather)
    assert made(City(name="Ulm"), days=1) == "Ulm 1 c"
    assert made.__name__ == "weather"
    assert made.__doc__ == weather.__doc__
    assert made.__wrapped__ is weather


def test_defaults_in_a_field_are_filled_in() -> None:
    @tool
    def add(a: int = Field(default=3, gt=0), b: int = Field(gt=0)) -> int:
        return a + b

    assert add.parameters["required"] == ["b"]
    assert add.run(add.read('{"b": 1}')) == 4
    with pytest.raises(UnreadableError):
        add.read('{"b": 0}')


def test_parameters_may_have_any_name_and_take_no_keyword() -> None:
    @tool
    def odd(schema: int, model_config: int, /, copy: int, _x: int = 1, self: int = 2) -> list[int]:
        return [schema, model_config, copy, _x, self]

    text = '{"schema": 1, "model_config": 2, "copy": 3, "self": 4}'
    assert odd.run(odd.read(text)) == [1, 2, 3, 1, 4]


def test_a_default_before_a_positional_argument_is_filled_in() -> None:
    @tool
    def two(a: int = 1, b: int = 2, /) -> tuple[int, int]:
        return a, b

    assert two.run(two.read('{"b": 5}')) == (1, 5)


def test_an_alias_inside_the_annotation_does_not_rename_the_parameter() -> None:
    @tool
    def one(a: Annotated[int, Field(alias="b", ge=1)]) -> int:
        return a

    assert list(one.parameters["properties"]) == ["a"]
    assert one.run(one.read('{"a": 1}')) == 1


def test_bound_methods_partials_and_callables_are_tools() -> None:
    assert tool(Service().find).run({"text": "a"}) == "A"
    assert tool(Service()).name == "Service"
    assert tool(Service()).description == "Call me."
    partial = tool(functools.partial(weather, unit=Unit.FAHRENHEIT))
    assert partial.run(partial.read('{"city": {"name": "Ulm"}}')) == "Ulm 3 f"


def test_a_model_a_dataclass_and_a_typed_dict_are_tools() -> None:
    found = FunctionTool.from_model(City, description="Find it.", function=lambda city: city.name)
    assert (found.name, found.description) == ("City", "Find it.")
    assert found.run(found.read('{"name": "Ulm"}')) == "Ulm"
    assert FunctionTool.from_model(Range).read('{"low": 1, "high": 2}') == Range(1, 2)
    assert FunctionTool.from_model(Query).read('{"text": "a"}') == {"text": "a"}
    assert FunctionTool.from_model(City, strict=True).to_tool(OPENAI).function is not None


def test_a_raw_schema_is_a_tool_and_checked() -> None:
    schema = {"type": "object", "properties": {"a": {"type": "integer"}}, "required": ["a"]}
    made = FunctionTool.from_schema("f", schema, function=lambda given: given["a"] + 1)
    assert made.run(made.read('{"a": 1}')) == 2
    for text in ('{"a": "1"}', "{}", "[]", "3", "no"):
        with pytest.raises(UnreadableError):
            made.read(text)
    with pytest.raises(UnreadableError):
        FunctionTool.from_schema("f", {}).read("[]")
    assert FunctionTool.from_schema("f", {}).read("") == {}
