"""A type offered as a tool is its arguments; a function is not the type of an answer."""

import functools
from collections.abc import Callable  # noqa: TC003 - pydantic and our tools read annotations
from dataclasses import dataclass
from enum import Enum
from typing import Annotated, Any, NamedTuple

import pydantic
import pytest
from pydantic import BaseModel, Field, RootModel
from typing_extensions import TypedDict

from corechat import FunctionTool, RequestValidationError, tool
from corechat._structured import OutputType
from tests.core.support import MESSAGES, ScriptedTransport, answer, client_over

RUN: list[Any] = []


def function(number: int) -> int:
    """Do it."""
    RUN.append(number)
    return number


class Service:
    def method(self, number: int) -> int:
        return function(number)

    def __call__(self, number: int) -> int:
        return function(number)

    @classmethod
    def of_class(cls, number: int) -> int:
        return function(number)


FUNCTIONS: list[Any] = [
    function,
    lambda number: RUN.append(number),  # noqa: PLW0108 - a lambda is a case of its own
    Service().method,
    Service(),
    Service.of_class,
    functools.partial(function, 1),
    pydantic.validate_call(function),
    functools.cache(function),
    tool(function),
    print,
    len,
    "x".upper,
    list[function],  # type: ignore[valid-type]
    Annotated[function, Field(description="x")],
]


@pytest.mark.parametrize("given", FUNCTIONS)
def test_a_function_as_the_type_of_an_answer_is_refused_and_not_run(given: Any) -> None:
    body = {"choices": [{"message": {"content": '{"number": 1}'}}]}
    transport = ScriptedTransport(answer(body))
    for strict in (True, False):
        with pytest.raises(RequestValidationError):
            client_over(transport).complete(messages=MESSAGES, response_format=given, strict=strict)
    with pytest.raises(RequestValidationError):
        OutputType.of(given)
    assert (RUN, transport.requests) == ([], [])


class City(BaseModel):
    """Find a city."""

    name: str
    people: int = 0


@dataclass
class Place:
    """Find a city."""

    name: str
    people: int = 0


class Town(TypedDict):
    """Find a city."""

    name: str
    people: int


class Names(RootModel[dict[str, int]]):
    """Find a city."""


class Role(Enum):
    USER = "user"


class Pair(NamedTuple):
    a: int
    b: int


@pytest.mark.parametrize("model", [City, Place, Town, Names], ids=lambda model: model.__name__)
def test_a_type_in_tools_is_offered_as_from_model(model: Any) -> None:
    offered = FunctionTool.from_model(model).to_tool().model_dump(exclude_unset=True)
    assert tool(model).to_tool().model_dump(exclude_unset=True) == offered
    call = {
        "id": "1",
        "function": {"name": model.__name__, "arguments": '{"name": 1, "people": 2}'},
    }
    if model is not Names:
        call["function"]["arguments"] = '{"name": "Ulm", "people": 2}'  # type: ignore[index]
    body = {"choices": [{"message": {"content": None, "tool_calls": [call]}}]}
    transport = ScriptedTransport(answer(body))
    reply = client_over(transport).complete(messages=MESSAGES, tools=[model])
    assert b'"name":{}' not in transport.requests[0].body
    value = reply.tool_calls[0].validated()
    assert isinstance(value, dict if model is Town else model)


@pytest.mark.parametrize(
    "given",
    [Role, Pair, list[City], City | None, int, str, list, set, RootModel[list[int]]],
    ids=str,
)
def test_a_type_that_is_not_an_object_is_refused_as_a_tool(given: Any) -> None:
    with pytest.raises(RequestValidationError):
        client_over(ScriptedTransport()).complete(messages=MESSAGES, tools=[given])


class Plain:
    def __init__(self, name: str) -> None:
        self.name = name


def test_a_class_of_ones_own_is_a_function_by_its_constructor() -> None:
    made = FunctionTool.from_function(Plain)
    assert made.parameters["properties"] == {"name": {"type": "string"}}
    run: Callable[[Any], Any] = made.run
    assert run(made.read('{"name": "Ulm"}')).name == "Ulm"
