from typing import Annotated, Any, Literal

import pytest
from pydantic import BaseModel, Field

from corechat._providers.schema_rules import GROQ, LLAMACPP, OPENAI, UNKNOWN
from corechat._structured import OutputType, strict_schema
from corechat._structured.document import wrapped_schema
from corechat.errors import RequestValidationError
from tests.structured.answers import answer

STRING = {"type": "string"}
KEYWORDS_OF_NO_STRICT_MODE = [
    {"not": {"type": "string"}},
    {"if": {"type": "string"}, "then": {"minLength": 1}},
    {"type": "object", "properties": {"a": STRING}, "dependentRequired": {"a": ["b"]}},
    {"type": "object", "properties": {"a": STRING}, "dependentSchemas": {"a": {}}},
    {"type": "object", "patternProperties": {"^a": STRING}},
    {"type": "array", "items": STRING, "contains": {"const": "a"}},
    {"allOf": [{"type": "string"}, {"minLength": 1}]},
]


def object_of(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(properties)}


def strict(schema: dict[str, Any], rules: Any = OPENAI) -> dict[str, Any]:
    return strict_schema(schema, rules, subject="test")


def problems(schema: dict[str, Any], rules: Any = OPENAI) -> tuple[tuple[str, str], ...]:
    with pytest.raises(RequestValidationError) as caught:
        strict(schema, rules)
    return caught.value.problems


def field(schema: dict[str, Any], rules: Any = OPENAI) -> Any:
    return strict(object_of(a=schema), rules)["properties"]["a"]


def test_an_optional_property_becomes_required_and_its_default_goes() -> None:
    written = strict({"type": "object", "properties": {"a": {"type": "integer", "default": 3}}})
    assert written["required"] == ["a"]
    assert written["properties"]["a"] == {"type": "integer"}


def test_an_object_that_allows_more_keys_beside_its_own_is_closed() -> None:
    schema = {**object_of(a=STRING), "additionalProperties": True}
    assert strict(schema)["additionalProperties"] is False


def test_one_of_becomes_any_of_and_the_discriminator_goes() -> None:
    class Cat(BaseModel):
        kind: Literal["cat"]

    class Dog(BaseModel):
        kind: Literal["dog"]

    class Owner(BaseModel):
        pet: Annotated[Cat | Dog, Field(discriminator="kind")]

    written = OutputType.of(Owner).response_format(OPENAI)["json_schema"]["schema"]
    assert written["properties"]["pet"] == {
        "anyOf": [{"$ref": "#/$defs/Cat"}, {"$ref": "#/$defs/Dog"}]
    }


def test_a_described_reference_is_replaced_by_what_it_names() -> None:
    schema = {
        **object_of(a={"$ref": "#/$defs/S", "description": "mine", "default": "x"}),
        "$defs": {"S": {"type": "string", "description": "any"}},
    }
    assert strict(schema)["properties"]["a"] == {"type": "string", "description": "mine"}
    assert "$defs" not in strict(schema)


def test_a_described_recursion_ends_in_a_plain_reference() -> None:
    node = object_of(next={"anyOf": [{"$ref": "#/$defs/N", "description": "d"}, {"type": "null"}]})
    written = strict({"$ref": "#/$defs/N", "$defs": {"N": node}})
    assert written["properties"]["next"]["anyOf"][0] == {"$ref": "#/$defs/N"}
    assert written["$defs"]["N"]["properties"]["next"]["anyOf"][0] == {"$ref": "#/$defs/N"}


def test_many_described_references_do_not_blow_the_schema_up() -> None:
    def described(name: str) -> dict[str, Any]:
        return {"$ref": f"#/$defs/{name}", "description": "d"}

    defs: dict[str, Any] = {
        f"D{i}": object_of(a=described(f"D{i + 1}"), b=described(f"D{i + 1}")) for i in range(30)
    }
    defs["D30"] = STRING
    written = strict({**object_of(a=described("D0")), "$defs": defs}, LLAMACPP)
    assert len(str(written)) < 200_000


def test_references_of_every_local_spelling_are_followed() -> None:
    schema = {
        **object_of(
            a={"$ref": "#/definitions/S"},
            b={"$ref": "#/properties/a"},
            c={"anyOf": [{"$ref": "#"}, {"type": "null"}]},
            d={"$ref": "#/definitions/a~1b%20c"},
        ),
        "definitions": {"S": STRING, "a/b c": {"type": "integer"}},
    }
    written = strict(schema)
    defs = written["$defs"]
    for node in (*written["properties"].values(), *written["properties"]["c"]["anyOf"]):
        assert "$ref" not in node or node["$ref"].removeprefix("#/$defs/") in defs
    assert {"type": "integer"} in defs.values()
    assert written["properties"]["c"]["anyOf"][0]["$ref"] == "#/$defs/Root"


@pytest.mark.parametrize(
    "reference", ["#/$defs/Missing", "https://example.com/s.json", "other.json#/a", "#anchor", 5]
)
def test_a_reference_to_nothing_is_named(reference: Any) -> None:
    ((pointer, text),) = problems(object_of(a={"$ref": reference}), UNKNOWN)
    assert pointer == "/properties/a"
    assert text.startswith("$ref:")


def test_a_reference_that_leads_to_itself_is_named() -> None:
    schema = {"$ref": "#/$defs/A", "$defs": {"A": {"$ref": "#/$defs/A"}}}
    assert problems(schema)[0][1].startswith("$ref:")


def test_unused_definitions_are_left_out() -> None:
    assert "$defs" not in strict({**object_of(a=STRING), "$defs": {"Unused": {}}})


def test_a_definition_with_an_awkward_name_gets_a_plain_one() -> None:
    schema = {**object_of(a={"$ref": "#/$defs/M[int]~1x"}), "$defs": {"M[int]/x": STRING}}
    assert strict(schema)["properties"]["a"] == {"$ref": "#/$defs/M_int_x"}


def test_a_single_all_of_is_merged() -> None:
    assert field({"allOf": [STRING], "description": "d"}) == {**STRING, "description": "d"}


def test_several_types_become_branches() -> None:
    assert field({"type": ["string", "null"], "description": "d", "minLength": 2}, LLAMACPP) == {
        "description": "d",
        "anyOf": [{"type": "string", "minLength": 2}, {"type": "null"}],
    }


def test_a_constant_becomes_an_enum_of_one() -> None:
    assert field({"const": 3}) == {"type": "integer", "enum": [3]}


def test_an_enum_of_several_types_becomes_branches_and_keeps_true_apart_from_one() -> None:
    assert field({"enum": [1, True, "a", None, 1]}) == {
        "anyOf": [
            {"type": "integer", "enum": [1]},
            {"type": "boolean", "enum": [True]},
            {"type": "string", "enum": ["a"]},
            {"type": "null"},
        ]
    }


def test_a_type_beside_any_of_moves_into_the_branches() -> None:
    schema = {"type": "string", "anyOf": [{"format": "date"}, {"enum": ["never"]}]}
    assert field(schema)["anyOf"] == [
        {"type": "string", "format": "date"},
        {"type": "string", "enum": ["never"]},
    ]


def test_fixed_positions_of_one_type_become_a_counted_list() -> None:
    schema = {"type": "array", "prefixItems": [STRING, STRING], "items": False, "minItems": 2}
    assert field(schema) == {"type": "array", "items": STRING, "minItems": 2, "maxItems": 2}


def test_positions_in_the_spelling_of_draft_7_are_understood() -> None:
    schema = {"type": "array", "items": [STRING, {"type": "integer"}]}
    assert problems(object_of(a=schema))[0][1].startswith("items:")
    assert field({**schema, "additionalItems": False, "minItems": 2}, LLAMACPP) == {
        "type": "array",
        "prefixItems": [STRING, {"type": "integer"}],
        "minItems": 2,
        "maxItems": 2,
    }


def test_positions_with_more_items_after_them_are_refused_by_all_that_are_known() -> None:
    schema = {"type": "array", "prefixItems": [STRING], "items": {"type": "integer"}}
    for rules in (OPENAI, GROQ, LLAMACPP):
        assert problems(object_of(a=schema), rules)[0][1].startswith("prefixItems:")
    assert field(schema, UNKNOWN) == schema


def test_what_the_rules_do_not_take_is_told_in_the_description() -> None:
    schema = {"type": "array", "items": STRING, "description": "Tags.", "uniqueItems": True}
    assert field({**schema, "minItems": 2}, GROQ)["description"] == (
        "Tags. (minItems: 2; uniqueItems: true)"
    )
    assert field({**schema, "minItems": 2}, OPENAI)["minItems"] == 2
    assert field({"type": "string", "format": "uri"})["description"] == "(format: uri)"
    assert "description" not in field({"type": "string", "format": "binary"})


@pytest.mark.parametrize("pattern", [r"^(?=a)b$", r"^(a)\1$", r"\ba\b", r"^(?P<n>a)$", r"a\Z"])
def test_a_pattern_that_automata_cannot_follow_is_only_told(pattern: str) -> None:
    assert "pattern" not in field({"type": "string", "pattern": pattern})
    assert pattern in field({"type": "string", "pattern": pattern})["description"]


def test_a_pattern_for_llamacpp_is_anchored_and_spelt_out() -> None:
    spelt = field({"type": "string", "pattern": r"^\d[\d\w-]\.$", "minLength": 3}, LLAMACPP)
    assert spelt["pattern"] == r"^[0-9][0-9A-Za-z0-9_-]\.$"
    assert "minLength" not in spelt
    assert "pattern" not in field({"type": "string", "pattern": "a"}, LLAMACPP)


@pytest.mark.parametrize("schema", KEYWORDS_OF_NO_STRICT_MODE, ids=min)
def test_a_keyword_that_no_strict_mode_takes_is_named_with_its_pointer(
    schema: dict[str, Any],
) -> None:
    for rules in (OPENAI, GROQ, LLAMACPP):
        ((pointer, text),) = problems(object_of(a=schema), rules)
        assert pointer == "/properties/a"
        assert text.partition(":")[0] in schema


@pytest.mark.parametrize("schema", KEYWORDS_OF_NO_STRICT_MODE, ids=min)
def test_for_an_unknown_endpoint_such_a_schema_is_sent_as_it_is(schema: dict[str, Any]) -> None:
    assert field(schema, UNKNOWN) == schema


def test_what_is_sent_as_it_is_still_finds_its_definitions() -> None:
    schema = {**object_of(a={"not": {"$ref": "#/definitions/S"}}), "definitions": {"S": STRING}}
    written = strict(schema, UNKNOWN)
    assert written["properties"]["a"] == {"not": {"$ref": "#/$defs/S"}}
    assert written["$defs"] == {"S": STRING}


def test_every_problem_is_told_at_once() -> None:
    found = problems(object_of(a={}, b={"type": "object"}, c={"type": "array"}, d={"type": "x"}))
    assert [pointer for pointer, _ in found] == [
        "/properties/a", "/properties/b", "/properties/c/items", "/properties/d",
    ]  # fmt: skip


def test_a_pointer_escapes_the_characters_of_pointers() -> None:
    assert problems(object_of(**{"a/b~": {}}))[0][0] == "/properties/a~1b~0"


def test_a_required_key_that_is_not_a_property_is_named() -> None:
    schema = {**object_of(a=STRING), "required": ["b"]}
    assert problems(schema) == (("", "required: 'b' is not a property"),)


def test_a_schema_that_allows_no_value_is_named() -> None:
    found = problems({"type": "object", "properties": {"a": False}})
    assert found == (("/properties/a", "false: no value would be allowed here"),)


def test_a_schema_nested_too_deep_is_refused() -> None:
    schema: dict[str, Any] = {"type": "string"}
    for _ in range(3000):
        schema = {"type": "array", "items": schema}
    assert problems(schema, LLAMACPP)[0][1].startswith("depth:")


def test_the_schema_given_is_not_changed() -> None:
    schema = {
        **object_of(a={"$ref": "#/$defs/S", "description": "d"}),
        "$defs": {"S": {"const": 1}},
    }
    before = repr(schema)
    strict(schema)
    assert repr(schema) == before


def test_the_bounds_of_openai_are_kept() -> None:
    wide = object_of(**{f"p{i}": STRING for i in range(5001)})
    deep: dict[str, Any] = STRING
    for _ in range(11):
        deep = object_of(a=deep)
    many = object_of(a={"enum": [f"v{i}" for i in range(1001)]})
    long_enum = object_of(a={"enum": [f"{i:0100}" for i in range(251)]})
    text = object_of(**{f"{i:0500}": STRING for i in range(300)})
    for schema, word in (
        (wide, "properties"), (deep, "objects"), (many, "enum"), (long_enum, "enum"),
        (text, "names"),
    ):  # fmt: skip
        assert [text for _, text in problems(schema) if text.startswith(word)]
        strict(schema, GROQ)


def test_depth_counts_objects_through_definitions_and_not_their_recursion() -> None:
    node = object_of(next={"anyOf": [{"$ref": "#/$defs/N"}, {"type": "null"}]})
    strict({"$ref": "#/$defs/N", "$defs": {"N": node}})
    chain: dict[str, Any] = {f"D{i}": object_of(a={"$ref": f"#/$defs/D{i + 1}"}) for i in range(12)}
    chain["D12"] = STRING
    assert problems({"$ref": "#/$defs/D0", "$defs": chain})[0][1].startswith("objects")


def sent_as_it_is(schema: dict[str, Any]) -> dict[str, Any]:
    """Write a schema for an unknown endpoint; `not` makes it one that no strict mode takes."""
    return strict({**schema, "not": {"required": ["z"]}}, UNKNOWN)


@pytest.mark.parametrize("name", ["definitions", "$defs", "$schema", "$id", "$ref", "enum"])
def test_a_property_named_like_a_keyword_stays_where_a_schema_is_sent_as_it_is(name: str) -> None:
    schema = object_of(**{"a": {"type": "integer"}, name: STRING})
    assert sent_as_it_is(schema) == {**schema, "not": {"required": ["z"]}}
    nested = {"type": "object", "patternProperties": {"^b": schema}}
    assert sent_as_it_is(nested)["patternProperties"] == {"^b": schema}


DATA = {"$ref": "#/properties/a", "definitions": {"b": 1}, "$id": "c", "items": {"$ref": "#"}}


@pytest.mark.parametrize("keyword", ["const", "default", "x-vendor"])
def test_data_inside_a_schema_is_sent_as_it_is(keyword: str) -> None:
    schema = object_of(a={"type": "object", keyword: DATA})
    assert sent_as_it_is(schema)["properties"]["a"][keyword] == DATA
    lists = object_of(a={"type": "object", "enum": [DATA], "examples": [DATA]})
    assert sent_as_it_is(lists)["properties"]["a"] == lists["properties"]["a"]


def test_references_are_written_anew_wherever_a_schema_stands_in_one_that_is_sent_as_it_is() -> (
    None
):
    reference = {"$ref": "#/definitions/Item"}
    schema = {
        "type": "object",
        "properties": {"a": reference},
        "patternProperties": {"^b": reference},
        "dependencies": {"a": ["c"], "c": reference},
        "allOf": [reference, True],
        "if": {"items": [reference]},
        "definitions": {"Item": STRING},
    }
    written = sent_as_it_is(schema)
    new = {"$ref": "#/$defs/Item"}
    assert written["properties"]["a"] == written["patternProperties"]["^b"] == new
    assert written["dependencies"] == {"a": ["c"], "c": new}
    assert written["allOf"] == [new, True]
    assert written["if"] == {"items": [new]}
    assert "definitions" not in written


def test_what_moves_into_a_wrapping_object_keeps_its_data_and_its_names() -> None:
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "https://example.invalid/answer",
        "anyOf": [
            {"type": "object", "const": DATA},
            {"type": "object", "properties": {"$defs": {"$ref": "#/$defs/Item"}}},
            {"type": "array", "items": {"$ref": "#/anyOf/1"}},
        ],
        "$defs": {"Item": STRING},
    }
    written = wrapped_schema(schema)
    assert written["$id"] == schema["$id"]
    value = written["properties"]["value"]
    assert value["anyOf"][0]["const"] == DATA
    assert value["anyOf"][1]["properties"] == {"$defs": {"$ref": "#/$defs/Item"}}
    assert value["anyOf"][2]["items"] == {"$ref": "#/properties/value/anyOf/1"}
    output = OutputType.of(schema)
    assert output.parse(answer('{"value": [{"$defs": "a"}]}')) == [{"$defs": "a"}]
