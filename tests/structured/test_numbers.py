"""Numbers: digits of a Decimal, defaults that JSON does not have, numpy's."""

import json
import math
import warnings
from dataclasses import dataclass
from datetime import date, time
from decimal import Decimal
from enum import Enum
from typing import Annotated, Any, get_origin

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, Field

from corechat import ChatRequest, FunctionTool, tool
from corechat._providers import schema_rules
from corechat._structured import OutputType
from corechat._tools import run_tools
from tests.core.support import MESSAGES
from tests.function_tools.test_loop import ASK, Model, calls
from tests.function_tools.test_loop import answer as said
from tests.structured.answers import answer, failure

DIGITS = ["0.1", "12.50", "1.10", "0.10000000000000000001", "12345678901234567890.123456789",
          "1e400", "-0.0", "3", "123456789012345678901234567890", "1.0E+2",
          "3.0", "1e+16", "1e-07"]  # fmt: skip


class Price(BaseModel):
    price: Decimal
    rate: float = 0.5
    other: Any = None


@dataclass
class Line:
    price: Decimal


class Kind(Enum):
    SALE = "sale"
    FULL = "full"


@pytest.mark.parametrize("digits", DIGITS)
def test_a_decimal_keeps_its_digits_wherever_it_stands(digits: str) -> None:
    exact = Decimal(digits)
    one = f'{{"price": {digits}}}'
    cases: list[tuple[Any, str, Any]] = [
        (Price, one, Price(price=exact)),
        (Line, one, Line(exact)),
        (Decimal, f'{{"value": {digits}}}', exact),
        (list[Decimal], f'{{"value": [{digits}]}}', [exact]),
        (dict[str, Decimal], one, {"price": exact}),
        (Decimal | None, f'{{"value": {digits}}}', exact),
        (Price, f'{{"price": "{digits}"}}', Price(price=exact)),
        (list[Price], f'{{"value": [{one}]}}', [Price(price=exact)]),
    ]
    for tp, text, value in cases:
        read = OutputType.of(tp).parse(answer(text))
        assert read == value
        assert str(value).lower() in str(read).lower()

    @tool
    def pay(price: Decimal) -> str:
        return str(price)

    assert str(pay.read(one)["price"]) == str(exact)


class Strict(BaseModel, strict=True):
    price: Decimal
    day: date
    at: time | None = None
    kind: Kind = Kind.SALE
    pair: tuple[int, str] = (1, "a")
    rate: float = 0.5
    name: str = "x"
    any: Any = None


class Base64(BaseModel, val_json_bytes="base64"):
    price: Decimal
    data: bytes
    rate: float = 0.5


class Hex(Base64, val_json_bytes="hex", strict=True):
    lines: list[Line] = []


BESIDE: list[tuple[Any, str]] = [
    (Strict, '{"day":"2026-01-02"}'),
    (Strict, '{"day":"2026-01-02","at":"10:00:00","kind":"sale","pair":[2,"b"],"name":"0.10"}'),
    (Strict, '{"day":"2026-01-02","rate":0.10,"any":[1.50,"a"]}'),
    (Base64, '{"data":"aGk="}'),
    (Base64, '{"data":"aGk=","rate":0.10}'),
    (Hex, '{"data":"6869","lines":[{"price":1.10},{"price":1.1}]}'),
    (Annotated[Strict | Hex, "of two"], '{"data":"6869"}'),
]


@pytest.mark.parametrize(("tp", "beside"), BESIDE, ids=str)
@pytest.mark.parametrize("digits", DIGITS)
def test_a_decimal_keeps_its_digits_beside_values_that_json_reads_otherwise(
    tp: Any, beside: str, digits: str
) -> None:
    wrapped = '{{"value": {}}}' if get_origin(tp) is Annotated else "{}"
    written = [
        wrapped.format(f'{{"price":{price},{beside[1:]}') for price in (digits, f'"{digits}"')
    ]
    number, text = (OutputType.of(tp).parse(answer(one)) for one in written)
    assert str(number.price) == str(Decimal(digits))
    assert number == text
    assert type(number.rate) is float or number.rate == 0.1


@settings(deadline=None)
@given(st.decimals(allow_nan=False, allow_infinity=False), st.binary(max_size=8))
def test_any_decimal_keeps_its_digits(number: Decimal, data: bytes) -> None:
    text = f'{{"price": {number}, "data": "{data.hex()}", "lines": [{{"price": {number}}}]}}'
    read = OutputType.of(Hex).parse(answer(text))
    assert (str(read.price), read.data) == (str(number), data)
    assert str(read.lines[0].price) == str(number)


def test_a_decimal_is_checked_with_all_its_digits() -> None:
    class Share(BaseModel):
        share: Annotated[Decimal, Field(lt=1, decimal_places=20)]

    almost = "0.99999999999999999999"
    assert str(OutputType.of(Share).parse(answer(f'{{"share": {almost}}}')).share) == almost
    for wrong in (f"{almost}9", "1.00", "1.5"):
        assert failure(Share, answer(f'{{"share": {wrong}}}')).reason == "wrong_shape"


def test_other_numbers_beside_a_decimal_are_what_they_were() -> None:
    text = '{"price": 1.10, "rate": 0.1000000000000000055, "other": [1.5, 2, {"a": 1e3}]}'
    read = OutputType.of(Price).parse(answer(text))
    assert (read.rate, type(read.rate)) == (0.1, float)
    assert read.other == [1.5, 2, {"a": 1000.0}]
    assert read.model_dump_json() == '{"price":"1.10","rate":0.1,"other":[1.5,2,{"a":1000.0}]}'


@pytest.mark.parametrize("text", ['{"price": "x"}', '{"price": NaN}', "{", '{"price": [1]}'])
def test_a_decimal_that_is_none_is_told_as_before(text: str) -> None:
    assert failure(Price, answer(text)).reason in ("wrong_shape", "invalid_json")


class Bounds(BaseModel):
    a: float = math.inf
    b: float = -math.inf
    c: float = math.nan
    d: list[float] = [1.0, math.inf]
    e: dict[str, float] = {"a": math.nan}
    f: Decimal = Decimal("Infinity")
    g: float = Field(1.0, le=math.inf, ge=-math.inf)
    h: float = Field(1.0, examples=[math.inf])
    i: float | None = math.inf
    j: float = 2.5
    k: object = object()


def test_what_json_does_not_have_is_left_out_of_a_schema_and_nothing_warns() -> None:
    def function(
        x: float = math.inf, y: Annotated[float, Field(le=math.inf)] = 1.5, z: Any = Bounds
    ) -> None:
        pass

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        schemas = [
            OutputType.of(Bounds).response_format(schema_rules.UNKNOWN, strict=strict)
            for strict in (True, False)
        ]
        schemas.append(FunctionTool.from_function(function).parameters)
        schemas.append(FunctionTool.from_model(Bounds).parameters)
    for schema in schemas:
        json.dumps(schema, allow_nan=False)
        ChatRequest(messages=MESSAGES, extra_body={"schema": schema}).to_json()
    assert schemas[2]["properties"]["y"] == {"type": "number", "default": 1.5}
    fields = schemas[3]["properties"]
    assert all("default" not in fields[name] for name in "abcdefi")
    assert fields["j"]["default"] == 2.5
    assert fields["g"].keys() == {"type", "default"}


def test_a_decimals_default_is_a_number_as_its_schema_says() -> None:
    class Fee(BaseModel):
        fee: Decimal = Decimal("1.50")

    assert OutputType.of(Fee).schema == {
        "properties": {"fee": {"default": 1.5, "type": "number"}},
        "title": "Fee",
        "type": "object",
    }


WHOLE = [np.int8(3), np.int64(3), np.uint16(3)]


@pytest.mark.parametrize("number", WHOLE, ids=lambda number: type(number).__name__)
def test_whole_numbers_of_numpy_are_taken_as_its_floats_are(number: Any) -> None:
    class Defaults(BaseModel):
        n: int = Field(number, ge=number)

    schema = FunctionTool.from_model(Defaults).parameters["properties"]["n"]
    assert json.loads(json.dumps(schema)) == {"type": "integer", "default": 3, "minimum": 3}

    @tool
    def give() -> Any:
        return {"n": number, "all": [number], "half": np.float64(0.5), "array": np.array([1, 2])}

    model = Model(calls(("give", "{}")), said())
    run_tools(model, ASK, [give])
    assert json.loads(model.told()[0]) == {"n": 3, "all": [3], "half": 0.5, "array": [1, 2]}
    request = ChatRequest(
        messages=MESSAGES,
        seed=number,
        max_completion_tokens=number,
        temperature=np.float64(0.5),
        top_p=np.float64(0.5),
        logit_bias={"1": number},
        extra_body={"top_k": number},
    )
    body = json.loads(request.to_json())
    assert (body["seed"], body["top_k"], body["temperature"]) == (3, 3, 0.5)


@pytest.mark.parametrize("result", [np.bool_(True), np.float32(0.5), np.str_("a"), np.int64(4)])  # noqa: FBT003 - numpy's own
def test_a_number_of_numpy_alone_is_told(result: Any) -> None:
    @tool
    def give() -> Any:
        return result

    model = Model(calls(("give", "{}")), said())
    run_tools(model, ASK, [give])
    told = model.told()[0]
    assert (told if isinstance(result, str) else json.loads(told)) == result
