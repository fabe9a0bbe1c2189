import asyncio
import functools
from collections.abc import Callable
from typing import Any

import pytest
from pydantic import BaseModel

from corechat._providers.schema_rules import GROQ
from corechat._structured.readers import UnreadableError
from corechat._tools import FunctionTool, tool
from corechat.errors import ConfigurationError, RequestValidationError


class City(BaseModel):
    name: str
    country: str = "DE"


class Opaque:
    pass


def google_style(a: int, b: float) -> None:
    """Do it.

    Args:
        a (int): The a.
        b: The b.
    """


async def asynchronous() -> None:
    pass


async def generator() -> Any:
    yield 1


class Service:
    """Holds a method."""

    def find(self, text: str) -> str:
        """Find a text."""
        return text.upper()

    def __call__(self, text: str) -> str:
        """Call me."""
        return text


class AsyncService:
    async def __call__(self) -> None:
        pass


def starred(*numbers: int) -> None:
    pass


def double_starred(**options: int) -> None:
    pass


def unknown_annotation(x: "Missing") -> None:  # type: ignore[name-defined]  # noqa: F821
    pass


def opaque(number: int, thing: Opaque) -> None:
    pass


def refused(function: Callable[..., Any]) -> tuple[tuple[str, str], ...]:
    with pytest.raises(RequestValidationError) as caught:
        tool(function)
    assert "cannot be a tool" in caught.value.message
    return caught.value.problems


def test_a_tool_that_cannot_be_strict_says_where() -> None:
    @tool(strict=True)
    def tag(labels: dict[str, str]) -> None:
        pass

    with pytest.raises(RequestValidationError) as caught:
        tag.to_tool(GROQ)
    assert caught.value.problems[0][0] == "/properties/labels"


@pytest.mark.parametrize("name", ["", "a b", "x" * 65, "größe", "<lambda>"])
def test_a_name_that_the_api_refuses_is_an_error_and_not_changed(name: str) -> None:
    with pytest.raises(RequestValidationError, match="name"):
        FunctionTool.from_schema(name, {"type": "object"})
    assert refused(lambda: None)[0][0] == "name"


def test_arguments_that_are_no_parameters_are_refused() -> None:
    with pytest.raises(UnreadableError) as caught:
        tool(google_style).read('{"a": 1, "b": 2, "c": 3}')
    assert caught.value.errors[0]["loc"] == ("c",)


@pytest.mark.parametrize(
    "function",
    [asynchronous, generator, functools.partial(asynchronous), AsyncService(), asyncio.sleep],
    ids=["function", "generator", "partial", "object", "library"],
)
def test_an_async_function_is_refused_with_the_reason(function: Callable[..., Any]) -> None:
    assert "async" in refused(function)[0][1]


@pytest.mark.parametrize(
    ("function", "where"),
    [
        (starred, "*numbers"),
        (double_starred, "**options"),
        (Service.find, "self"),
        (opaque, "thing"),
        (unknown_annotation, ""),
        (dict, ""),
    ],
)
def test_a_function_that_cannot_be_a_tool_is_refused_by_its_parameter(
    function: Callable[..., Any], where: str
) -> None:
    assert refused(function)[0][0] == where


def test_a_type_of_no_object_is_no_tool() -> None:
    with pytest.raises(RequestValidationError, match="arguments are an object"):
        FunctionTool.from_model(list[int])


def test_a_raw_schema_that_is_none_is_refused() -> None:
    with pytest.raises(RequestValidationError) as caught:
        FunctionTool.from_schema("f", {"type": "objekt"})
    assert caught.value.problems[0][0] == "/type"


def test_a_tool_without_a_function_says_so_when_it_is_run() -> None:
    with pytest.raises(ConfigurationError, match="no function"):
        FunctionTool.from_model(City).run(City(name="Ulm"))
    with pytest.raises(ConfigurationError, match="not made of a function"):
        FunctionTool.from_model(City)()
