"""Types that cannot be one of an answer or of a tool's argument are refused by an error of ours."""

import typing
from collections.abc import AsyncIterator, Callable, Generator, Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated, Any, Literal

import pytest
from pydantic import BaseModel, Field, GetCoreSchemaHandler

from corechat import FunctionTool, RequestValidationError
from corechat._structured import OutputType
from tests.core.support import MESSAGES, ScriptedTransport, client_over


class Rows(BaseModel):
    rows: Iterable[int]


@dataclass
class Lines:
    lines: Generator[str, None, None]


class BadSchema:
    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> Any:
        raise KeyError("bug")


class NoSchema:
    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> Any:
        return {"type": "nonsense"}


class BadJsonSchema:
    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> Any:
        return handler(str)

    @classmethod
    def __get_pydantic_json_schema__(cls, core: Any, handler: Any) -> Any:
        raise ZeroDivisionError("bug")


class SilentError(Exception):
    def __str__(self) -> str:
        raise RuntimeError("no text")


class SilentSchema:
    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> Any:
        raise SilentError


ODD: list[Any] = [
    Annotated[str, Field(pattern=r"^(?!x)")],
    Annotated[str, Field(pattern="(")],
    Annotated[str, Field(pattern=r"(a)\1")],
    Literal[()],
    list[Literal[()]],
    Annotated[int, Field(ge="a")],
    Annotated[int, Field(multiple_of=0)],
    Annotated[float, Field(multiple_of=0)],
    Annotated[Decimal, Field(multiple_of=0)],
    list[Annotated[int, Field(multiple_of=0)]],
    Annotated[list[int], Field(max_length=-1)],
    Annotated[int | str, Field(discriminator="x")],
    Iterable[int],
    list[Iterable[int]],
    Iterable[int] | None,
    Generator[int, None, None],
    Iterator[int],
    AsyncIterator[int],
    Rows,
    Lines,
    dict[str, Rows],
    Callable[[], int],
    BadSchema,
    NoSchema,
    BadJsonSchema,
    SilentSchema,
    object(),
    typing.ForwardRef("Nowhere"),
    list["Nowhere"],  # type: ignore[name-defined] # noqa: F821
    typing.NoReturn,
    typing.Unpack[tuple[int, ...]],
]


@pytest.mark.parametrize("tp", ODD)
def test_a_type_that_cannot_be_read_is_refused_at_every_entry(tp: Any) -> None:
    def function(x: Any) -> None:
        """Do."""

    function.__annotations__["x"] = tp
    model = type("Model", (), {"__annotations__": {"x": tp}})
    client = client_over(ScriptedTransport())
    entries: list[Callable[[], object]] = [
        lambda: OutputType.of(tp),
        lambda: client.complete(messages=MESSAGES, response_format=tp),
        lambda: FunctionTool.from_function(function),
        lambda: client.complete(messages=MESSAGES, tools=[function]),
        lambda: FunctionTool.from_model(dataclass(model)),
    ]
    for enter in entries:
        with pytest.raises(RequestValidationError) as caught:
            enter()
        assert len(str(caught.value)) <= 1000
