"""Types that people ask for, with what each endpoint's strict mode says to them."""

import datetime as dt
import enum
import ipaddress
import re
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Annotated, Any, Generic, Literal, NamedTuple, NotRequired, TypeVar

from pydantic import (
    AnyUrl,
    Base64Bytes,
    BaseModel,
    ConfigDict,
    Field,
    Json,
    JsonValue,
    RootModel,
    SecretStr,
    StringConstraints,
)
from pydantic.dataclasses import dataclass as pydantic_dataclass
from typing_extensions import TypedDict

T = TypeVar("T")


class Colour(enum.Enum):
    RED = "red"
    BLUE = "blue"


class Level(enum.IntEnum):
    LOW = 1
    HIGH = 2


class Mixed(enum.Enum):
    WORD = "word"
    NUMBER = 1


class Empty(BaseModel):
    pass


class Item(BaseModel):
    """One line of an invoice."""

    sku: str
    amount: int = 1


class Invoice(BaseModel):
    number: str = Field(description="as printed")
    items: list[Item]
    paid: bool | None = None
    main: Item = Field(description="the largest")


class Node(BaseModel):
    value: int
    next: "Node | None" = None


class Tree(BaseModel):
    name: str
    children: list["Tree"] = Field(description="below it")


class Person(BaseModel):
    name: str
    pet: "Pet | None" = None


class Pet(BaseModel):
    owner: Person | None = None


class Page(BaseModel, Generic[T]):
    rows: list[T]
    total: int


class Cat(BaseModel):
    kind: Literal["cat"]
    lives: int


class Dog(BaseModel):
    kind: Literal["dog"]
    tricks: list[str]


class Open(BaseModel):
    model_config = ConfigDict(extra="allow")
    name: str


class Forbidding(BaseModel):
    model_config = ConfigDict(extra="forbid")
    name: str


class Aliased(BaseModel):
    first_name: str = Field(alias="firstName")


class Labels(BaseModel):
    labels: dict[str, str]


class Anything(BaseModel):
    payload: Any


class Nested(BaseModel):
    inner: list[tuple[int, str]]


class Odd(BaseModel):
    slash: int = Field(alias="a/b~c")


class TypedExtras(BaseModel):
    model_config = ConfigDict(extra="allow")
    __pydantic_extra__: dict[str, int]
    name: str


@dataclass
class Point:
    x: float
    y: float


@pydantic_dataclass
class Money:
    amount: Decimal
    currency: Literal["EUR", "USD"]


class Movie(TypedDict):
    title: str
    year: NotRequired[int]


class Pair(NamedTuple):
    left: int
    right: str


class Same(NamedTuple):
    left: int
    right: int


@dataclass(frozen=True)
class Case:
    """A type, a text that fits it, and the JSON pointer at which OpenAI's rules refuse it."""

    name: str
    tp: Any
    text: str
    refused_at: str | None = None
    keyword: str = ""
    llamacpp: bool = True


CASES: Sequence[Case] = (
    Case("str", str, '{"value": "ok"}'),
    Case("int", int, '{"value": 1}'),
    Case("float", float, '{"value": 1.5}'),
    Case("bool", bool, '{"value": true}'),
    Case("none", None, '{"value": null}'),
    Case("model", Item, '{"sku": "a", "amount": 2}'),
    Case("empty model", Empty, "{}"),
    Case(
        "nested model, a described reference",
        Invoice,
        '{"number": "1", "items": [{"sku": "a", "amount": 2}], "paid": null,'
        ' "main": {"sku": "a", "amount": 2}}',
    ),
    Case("recursive model", Node, '{"value": 1, "next": {"value": 2, "next": null}}'),
    Case("recursive, described", Tree, '{"name": "a", "children": []}'),
    Case("recursive in two", Person, '{"name": "a", "pet": {"owner": null}}'),
    Case("generic model", Page[Item], '{"rows": [], "total": 0}'),
    Case("generic of generic", Page[Page[int]], '{"rows": [], "total": 0}'),
    Case("extra allowed", Open, '{"name": "a"}'),
    Case("extra forbidden", Forbidding, '{"name": "a"}'),
    Case("alias", Aliased, '{"firstName": "a"}'),
    Case("odd key", Odd, '{"a/b~c": 1}'),
    Case("dataclass", Point, '{"x": 1.0, "y": 2.0}'),
    Case("pydantic dataclass", Money, '{"amount": 1.5, "currency": "EUR"}'),
    Case("typed dict", Movie, '{"title": "a", "year": 1999}'),
    Case("list of models", list[Item], '{"value": [{"sku": "a", "amount": 2}]}'),
    Case("list of lists", list[list[int]], '{"value": [[1], []]}'),
    Case("sequence", Sequence[str], '{"value": ["a"]}'),
    Case("set", set[int], '{"value": [1, 2]}'),
    Case("frozen set", frozenset[str], '{"value": ["a"]}'),
    Case("tuple of any length", tuple[int, ...], '{"value": [1, 2, 3]}'),
    Case("tuple of one type", tuple[int, int], '{"value": [1, 2]}'),
    Case("named tuple of one type", Same, '{"value": [1, 2]}'),
    Case("root model", RootModel[list[int]], '{"value": [1]}'),
    Case("optional", int | None, '{"value": null}'),
    Case("union of models", Cat | Dog, '{"value": {"kind": "cat", "lives": 9}}'),
    Case(
        "discriminated union",
        Annotated[Cat | Dog, Field(discriminator="kind")],
        '{"value": {"kind": "dog", "tricks": []}}',
    ),
    Case("union of scalars", int | str, '{"value": "a"}'),
    Case("enum", Colour, '{"value": "red"}'),
    Case("int enum", Level, '{"value": 2}'),
    Case("mixed enum", Mixed, '{"value": 1}'),
    Case("literal", Literal["yes", "no"], '{"value": "yes"}'),
    Case("literal of one", Literal["yes"], '{"value": "yes"}'),
    Case("mixed literal", Literal[1, "a", None, True], '{"value": null}'),  # noqa: PYI061
    Case("dict with listed keys", dict[Literal["a", "b"], int], '{"a": 1, "b": 2}'),
    Case("dict with enum keys", dict[Colour, int], '{"red": 1, "blue": 2}'),
    Case("bounded int", Annotated[int, Field(ge=1, le=5)], '{"value": 3}'),
    Case("bounded string", Annotated[str, Field(min_length=2, max_length=4)], '{"value": "abc"}'),
    Case("pattern", Annotated[str, StringConstraints(pattern=r"^\d{4}$")], '{"value": "1234"}'),
    Case("bounded list", Annotated[list[int], Field(min_length=1, max_length=2)], '{"value": [1]}'),
    Case("bounded optional", Annotated[int | None, Field(ge=3)], '{"value": 3}'),
    Case("date and time", dt.datetime, '{"value": "2026-11-22T10:00:00Z"}'),
    Case("date", dt.date, '{"value": "2026-11-22"}'),
    Case("time", dt.time, '{"value": "10:00:00"}'),
    Case("duration", dt.timedelta, '{"value": "PT5S"}'),
    Case("decimal", Decimal, '{"value": 1.10}'),
    Case("bounded decimal", Annotated[Decimal, Field(ge=0, decimal_places=2)], '{"value": 1.1}'),
    Case("uuid", uuid.UUID, '{"value": "12345678-1234-5678-1234-567812345678"}'),
    Case("ipv4", ipaddress.IPv4Address, '{"value": "127.0.0.1"}'),
    Case("url", AnyUrl, '{"value": "https://example.com/"}'),
    Case("path", Path, '{"value": "a/b"}'),
    Case("regex", re.Pattern[str], '{"value": "a+"}'),
    Case("bytes", bytes, '{"value": "ok"}'),
    Case("secret", SecretStr, '{"value": "ok"}'),
    # what cannot be strict at OpenAI and Groq
    Case("dict", dict[str, int], '{"a": 1}', "", "additionalProperties"),
    Case("bare dict", dict, '{"a": 1}', "", "additionalProperties"),
    Case("dict in a model", Labels, '{"labels": {"a": "b"}}', "/properties/labels"),
    Case("any", Any, '{"value": 1}', "", "type"),
    Case("object", object, '{"value": 1}', "", "type"),
    Case("any JSON", JsonValue, '{"value": 1}', "", "type"),
    Case("bare list", list, '{"value": [1]}', "/items", "type"),
    Case("any in a model", Anything, '{"payload": 1}', "/properties/payload", "type"),
    Case("tuple of two types", tuple[int, str], '{"value": [1, "a"]}', "", "prefixItems"),
    Case("named tuple", Pair, '{"value": [1, "a"]}', "", "prefixItems"),
    Case("tuples in a model", Nested, '{"inner": [[1, "a"]]}', "/properties/inner/items"),
    Case("typed extras", TypedExtras, '{"name": "a", "b": 1}', "", "additionalProperties"),
)

LOOSE = (
    Case("bounded float", Annotated[float, Field(gt=0, lt=1)], '{"value": 0.5}'),
    Case("multiple", Annotated[int, Field(multiple_of=5)], '{"value": 10}'),
    Case("JSON in JSON", Json[int], '{"value": "1"}'),
    Case("base64", Base64Bytes, '{"value": "b2s="}'),
    Case("complex", complex, '{"value": "1+2j"}'),
    Case("fraction", Fraction, '{"value": "1/2"}'),
)
"""Accepted, but llama.cpp's grammar does not make sure that an answer fits; the reader says it."""
