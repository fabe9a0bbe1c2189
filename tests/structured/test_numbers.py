"""Numbers: digits of a Decimal, defaults that JSON does not have, numpy's."""

import json
import math
import warnings
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated, Any

import numpy as np
import pytest
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
          "1e400", "-0.0", "3", "123456789012345678901234567890", "1.0E+2"]  # fmt: skip


class Price(BaseModel):
    price: Decimal
    rate: float = 0.5
    other: Any = None


@dataclass
class Line:
    price: Decimal


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
