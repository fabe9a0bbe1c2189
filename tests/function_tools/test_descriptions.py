"""What a function says of itself and its parameters reaches the model."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any, NotRequired, Optional

import pytest
from pydantic import BaseModel, Field
from typing_extensions import Doc, TypedDict

from corechat import FunctionTool, OutputType

DOCSTRINGS = [
    "Tell it.\nArgs:\n    city: the city",
    "Tell it.\n\nArgs:\n    city: the city",
    "Tell it.\n\nArgs:\n    city (str): the city",
    "Tell it.\n\nArguments:\n    city: the city",
    "Tell it.\nParameters:\n    city: the city",
    "Tell it.\n\nKeyword Args:\n    city: the city",
    "Tell it.\nKeyword Arguments:\n    city: the city",
    "Tell it.\n\nOther Parameters:\n    city: the city",
    "Tell it.\n:param city: the city",
    "Tell it.\n\n:param str city: the city",
    "Tell it.\n@param city: the city",
    "Tell it.\nParameters\n----------\ncity : str\n    the city",
    "Tell it.\n\nOther Parameters\n----------------\ncity : str\n    the city",
    "Tell it.\n\nArgs:\n    other, city: the city",
    "Tell it.\n\nArgs:\n    - city: the city",
    "Tell it.\n\nArgs:\n    `city`: the city",
    "Tell it.\n\nargs: \n    city: the city",
    "Tell it.\nKeyword args:\n    city: the city",
    "Tell it.\r\n\r\nArgs:\r\n    city: the city",
]


def tool_of(docstring: str) -> FunctionTool[..., Any]:
    def weather(city: str) -> str:
        return city

    weather.__doc__ = docstring
    return FunctionTool.from_function(weather)


@pytest.mark.parametrize("docstring", DOCSTRINGS)
def test_a_section_of_parameters_is_read_with_and_without_a_blank_line_before(
    docstring: str,
) -> None:
    for returns in ("", "\n"):
        made = tool_of(docstring + returns)
        assert made.description == "Tell it."
        assert made.parameters["properties"]["city"]["description"] == "the city"


@pytest.mark.parametrize(
    "docstring",
    [
        "Args:\n    city: the city",
        "\n    Args:\n        city: the city\n    ",
        "\n\n    keyword args:\n        city: the city\n    ",
        "Args:\n        city: the city\n\n    Raises:\n        X: y\n    ",
        "Args:\n        city: the\n            city\n    ",
        ":param city: the city",
        ":param city: the city\n:raises X: y",
        "Parameters\n----------\ncity : str\n    the city",
    ],
)
def test_a_docstring_may_begin_with_its_parameters(docstring: str) -> None:
    made = tool_of(docstring)
    assert made.description == ""
    assert made.parameters["properties"]["city"]["description"].split() == ["the", "city"]


@pytest.mark.parametrize(
    "docstring",
    [
        "Tell it.\n\nReturns:\n    The weather.",
        "Tell it.\nReturns:\n    The weather.",
        "Tell it.\n\nReturns:\n    str: The weather.",
        "Tell it.\n:return: The weather.",
        "Tell it.\n\nReturns\n-------\nstr\n    The weather.",
    ],
)
def test_what_a_function_returns_reaches_its_description(docstring: str) -> None:
    assert tool_of(docstring).description == "Tell it.\n\nReturns: The weather."


@pytest.mark.parametrize(
    "annotation",
    [
        Annotated[str, "the city"],
        Annotated[str, Doc("the city")],
        Annotated[str, Field(description="the city")],
        Annotated[str, Field(min_length=1), "the city"],
        Annotated[Optional[str], "the city"],  # noqa: UP045 - as people write it
        Optional[Annotated[str, "the city"]],  # noqa: UP045 - as people write it
        Annotated[str, Doc("the city")] | None,
    ],
    ids=str,
)
def test_an_annotation_may_hold_the_description(annotation: Any) -> None:
    def weather(city: Any) -> str:
        """Tell it.

        Args:
            city: another text.
        """
        return str(city)

    weather.__annotations__["city"] = annotation
    made = FunctionTool.from_function(weather)
    assert made.parameters["properties"]["city"]["description"] == "the city"


class Model(BaseModel):
    bare: Annotated[str, "the city"]
    doc: Annotated[int, Doc("the city"), Field(ge=1)] = Field(1, alias="documented")
    own: Annotated[str, Field(description="the city"), "another text"] = ""
    deep: list[Annotated[str, "not of the field"]] = []


@dataclass
class Plain:
    bare: Annotated[str, "the city"]
    doc: Annotated[int, Doc("the city")] = 1


class Typed(TypedDict):
    bare: Annotated[str, "the city"]
    doc: NotRequired[Annotated[int, Doc("the city")]]


@pytest.mark.parametrize("model", [Model, Plain, Typed])
def test_an_annotation_may_hold_the_description_in_a_model_as_well(model: Any) -> None:
    for schema in (FunctionTool.from_model(model).parameters, OutputType.of(model).schema or {}):
        said = {name: one.get("description") for name, one in schema["properties"].items()}
        assert said.pop("deep", None) is None
        assert set(said.values()) == {"the city"}


def plain(city: str = None) -> str:  # type: ignore[assignment]  # noqa: RUF013 - as people write it
    return city


def annotated(
    city: Annotated[str, "the city", Field(min_length=2)] = None,  # type: ignore[assignment]  # noqa: RUF013 - as above
) -> str:
    return city


def field(city: str = Field(None, min_length=2)) -> str:
    return city


@pytest.mark.parametrize("function", [plain, annotated, field])
def test_a_default_of_none_makes_a_parameter_nullable(function: Callable[..., Any]) -> None:
    made = FunctionTool.from_function(function)
    branches = made.parameters["properties"]["city"]["anyOf"]
    assert {"type": "null"} in branches
    assert made.read('{"city": null}') == {"city": None}
    assert made.run(made.read('{"city": "Ulm"}')) == "Ulm"
    assert made.run(made.read("{}")) is None
