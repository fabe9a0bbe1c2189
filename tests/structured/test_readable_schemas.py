"""Schemas that a strict mode takes, and types that can be read back from what it lets through."""

import json
from dataclasses import dataclass, field
from enum import Enum, IntEnum, StrEnum
from typing import Annotated, Any, Literal

import pytest
from pydantic import AliasChoices, AliasPath, BaseModel, ConfigDict, Field, create_model
from pydantic.dataclasses import dataclass as pydantic_dataclass

from corechat import RequestValidationError
from corechat._providers import schema_rules
from corechat._structured import OutputType
from tests.core.support import MESSAGES, ScriptedTransport, client_over
from tests.structured.answers import answer, failure

RULES = [schema_rules.OPENAI, schema_rules.GROQ, schema_rules.LLAMACPP, schema_rules.UNKNOWN]
LEAF = {
    "type": "object", "properties": {"v": {"type": "integer"}}, "required": ["v"],
    "additionalProperties": False,
}  # fmt: skip
REF: dict[str, Any] = {"$ref": "#/$defs/Leaf"}


def references_beside_words(node: Any) -> list[Any]:
    """Find each reference that has another keyword beside it."""
    if isinstance(node, list):
        return [found for one in node for found in references_beside_words(one)]
    if not isinstance(node, dict):
        return []
    own = [node] if "$ref" in node and len(node) > 1 else []
    return own + references_beside_words(list(node.values()))


@pytest.mark.parametrize("rules", RULES, ids=lambda rules: rules.name)
@pytest.mark.parametrize(
    "node",
    [
        {"anyOf": [REF], "description": "d"},
        {"oneOf": [REF], "description": "d"},
        {"allOf": [REF], "description": "d"},
        {"anyOf": [REF, REF], "description": "d"},
        {"anyOf": [{"anyOf": [REF]}], "description": "d"},
        {"anyOf": [{**REF, "description": "inner"}], "description": "d"},
        {"anyOf": [REF], "title": "T", "default": None, "description": "d"},
        {**REF, "description": "d"},
        {"type": "object", "anyOf": [REF], "description": "d"},
    ],
    ids=json.dumps,
)
def test_words_beside_a_single_reference_make_no_reference_with_a_sibling(
    node: dict[str, Any], rules: schema_rules.SchemaRules
) -> None:
    document = {
        "type": "object", "properties": {"a": node, "b": REF}, "required": ["a", "b"],
        "additionalProperties": False, "$defs": {"Leaf": LEAF},
    }  # fmt: skip
    sent = OutputType.of(document).response_format(rules)["json_schema"]["schema"]
    assert references_beside_words(sent) == []
    assert sent["properties"]["a"]["description"] == "d"
    assert sent["properties"]["a"]["properties"] == {"v": {"type": "integer"}}


def test_words_beside_a_recursion_are_left_out() -> None:
    document = {
        "type": "object", "required": ["next"], "additionalProperties": False,
        "properties": {"next": {"anyOf": [{"$ref": "#"}], "description": "d"}},
    }  # fmt: skip
    sent = OutputType.of(document).response_format(schema_rules.OPENAI)["json_schema"]["schema"]
    assert references_beside_words(sent) == []


@dataclass
class Plain:
    a: int
    made: int = field(init=False)
    counted: list[int] = field(init=False, default_factory=list)

    def __post_init__(self) -> None:
        self.made = self.a + 1


@pydantic_dataclass
class Checked:
    a: int
    made: int = Field(init=False, default=2)


@pytest.mark.parametrize("tp", [Plain, Checked, list[Plain]], ids=str)
def test_a_field_that_no_constructor_takes_is_not_asked_for(tp: Any) -> None:
    schema = json.dumps(OutputType.of(tp).response_format(schema_rules.OPENAI))
    assert "made" not in schema
    assert "counted" not in schema
    one = '{"a": 1}'
    read = OutputType.of(tp).parse(answer(f'{{"value": [{one}]}}' if tp == list[Plain] else one))
    assert (read[0] if isinstance(read, list) else read).made == 2


FORMATS = {
    "date": ("2026-02-28", "2026-02-30"),
    "date-time": ("2026-02-28T12:00:00Z", "2026-02-28 noon"),
    "time": ("12:00:00+01:00", "25:00:00Z"),
    "duration": ("P1DT2H", "2 days"),
    "email": ("a@b.de", "a.b.de"),
    "hostname": ("example.com", "-example-"),
    "ipv4": ("127.0.0.1", "127.0.0.256"),
    "ipv6": ("::1", "127.0.0.1"),
    "uuid": ("123e4567-e89b-12d3-a456-426614174000", "123e4567"),
    "uri": ("https://a.de/b?c=d", "a b"),
    "uri-reference": ("../b?c=d", "a b"),
    "uri-template": ("/a/{b}", "/a/{b"),
    "iri": ("https://ä.de/b", "ä b"),
    "iri-reference": ("ä/b", "a<b"),
    "json-pointer": ("/a/~1b", "a/b"),
    "relative-json-pointer": ("1/a", "/a"),
    "regex": ("^a$", "("),
}


@pytest.mark.parametrize("name", FORMATS)
def test_a_format_of_a_dict_schema_is_checked(name: str) -> None:
    schema = {"type": "object", "properties": {"x": {"type": "string", "format": name}}}
    good, bad = FORMATS[name]
    assert OutputType.of(schema).parse(answer(json.dumps({"x": good}))) == {"x": good}
    error = failure(schema, answer(json.dumps({"x": bad})))
    assert (error.reason, error.errors[0]["type"]) == ("wrong_shape", "format")


@pytest.mark.parametrize(
    "text",
    ["2026-02-28T12:00:00.123456789Z", "2026-02-28T12:00:00+01:00", "2016-12-31T23:59:60Z",
     "2026-02-28t12:00:00z"],
)  # fmt: skip
def test_every_form_of_a_date_and_time_is_taken(text: str) -> None:
    schema = {"type": "object", "properties": {"x": {"type": "string", "format": "date-time"}}}
    assert OutputType.of(schema).parse(answer(json.dumps({"x": text}))) == {"x": text}


class Colour(Enum):
    RED = "red"
    BLUE = "blue"


class Word(StrEnum):
    RED = "red"


class Old(str, Enum):  # noqa: UP042 - as people write it
    RED = "red"


class Number(IntEnum):
    ONE = 1


class Pair(Enum):
    A = (1, 2)


class Thing(Enum):
    A = object()


class Raw(Enum):
    A = b"\xff"


class Event(BaseModel):
    kind: Literal[Colour.RED]


class Path(BaseModel):
    city: str = Field(validation_alias=AliasPath("address", "city"))


class Choice(BaseModel):
    city: str = Field(validation_alias=AliasChoices(AliasPath("a", "b"), AliasPath("c", 0)))


@dataclass
class Within:
    city: Annotated[str, Field(validation_alias=AliasPath("address", 0))]


@pytest.mark.parametrize(
    "tp",
    [
        Literal[Colour.RED],
        Literal["x", Colour.BLUE],
        Literal[b"x"],
        list[Literal[Colour.RED]],
        Event,
        Pair,
        Thing,
        Raw,
        Path,
        list[Path],
        Choice,
        Within,
        create_model("Made", x=(Literal[Colour.RED], Colour.RED)),
    ],
    ids=str,
)
def test_what_can_never_be_read_back_is_refused_before_it_is_paid(tp: Any) -> None:
    transport = ScriptedTransport()
    for strict in (True, False):
        with pytest.raises(RequestValidationError):
            client_over(transport).complete(messages=MESSAGES, response_format=tp, strict=strict)
    assert transport.requests == []


class ByName(BaseModel):
    model_config = ConfigDict(populate_by_name=True)
    city: str = Field(validation_alias=AliasPath("address", "city"))


class EitherName(BaseModel):
    city: str = Field(validation_alias=AliasChoices(AliasPath("a", "b"), "town"))


@pytest.mark.parametrize(
    ("tp", "text", "value"),
    [
        (Colour, '{"value": "red"}', Colour.RED),
        (Literal[Word.RED], '{"value": "red"}', Word.RED),
        (Literal[Old.RED], '{"value": "red"}', Old.RED),
        (Literal[Number.ONE], '{"value": 1}', Number.ONE),
        (Literal["a", 1, True], '{"value": 1}', 1),
        (ByName, '{"city": "Ulm"}', ByName(city="Ulm")),
        (EitherName, '{"town": "Ulm"}', EitherName(town="Ulm")),  # type: ignore[call-arg]
    ],
    ids=str,
)
def test_what_can_be_read_back_is_taken(tp: Any, text: str, value: Any) -> None:
    output = OutputType.of(tp)
    sent = output.response_format(schema_rules.UNKNOWN)["json_schema"]["schema"]
    assert json.loads(text).keys() == sent["properties"].keys()
    assert output.parse(answer(text)) == value
