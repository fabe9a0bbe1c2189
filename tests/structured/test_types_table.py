import json
from typing import Any

import jsonschema
import pytest
from pydantic import TypeAdapter

from corechat._providers.schema_rules import GROQ, LLAMACPP, OPENAI, UNKNOWN, SchemaRules
from corechat._structured import OutputType
from corechat._structured.limits import check_limits
from corechat.errors import RequestValidationError
from tests.structured.answers import answer
from tests.structured.types_table import CASES, LOOSE, Case

ACCEPTED = [case for case in (*CASES, *LOOSE) if case.refused_at is None]
REFUSED = [case for case in CASES if case.refused_at is not None]
EVERY = [*CASES, *LOOSE]

OPENAI_KEYWORDS = {
    "type", "properties", "required", "additionalProperties", "items", "enum", "anyOf", "$ref",
    "$defs", "description", "pattern", "format", "multipleOf", "minimum", "maximum",
    "exclusiveMinimum", "exclusiveMaximum", "minItems", "maxItems",
}  # fmt: skip
GROQ_KEYWORDS = {
    "type", "properties", "required", "additionalProperties", "items", "enum", "anyOf", "$ref",
    "$defs", "description",
}  # fmt: skip


def named(case: Case) -> str:
    return case.name


def sent_schema(case: Case, rules: SchemaRules) -> dict[str, Any]:
    return OutputType.of(case.tp).response_format(rules)["json_schema"]["schema"]


def nodes(schema: Any) -> list[dict[str, Any]]:
    found = [schema]
    for keyword in ("properties", "$defs"):
        for child in schema.get(keyword, {}).values():
            found += nodes(child)
    for child in (*schema.get("anyOf", ()), *schema.get("prefixItems", ())):
        found += nodes(child)
    for keyword in ("items", "additionalProperties"):
        if isinstance(schema.get(keyword), dict):
            found += nodes(schema[keyword])
    return found


def test_the_table_has_at_least_forty_types_of_either_kind() -> None:
    assert len(CASES) >= 70
    assert len(ACCEPTED) >= 40
    assert len(REFUSED) >= 10


@pytest.mark.parametrize("case", EVERY, ids=named)
@pytest.mark.parametrize("rules", [OPENAI, GROQ, LLAMACPP, UNKNOWN], ids=lambda r: r.name)
def test_each_type_is_accepted_or_refused_with_a_pointer_that_names_the_place(
    case: Case, rules: SchemaRules
) -> None:
    output = OutputType.of(case.tp)
    if case.refused_at is None or rules in (LLAMACPP, UNKNOWN):
        assert output.response_format(rules)["json_schema"]["strict"] is True
        return
    with pytest.raises(RequestValidationError) as caught:
        output.response_format(rules)
    (pointer, text), *_ = caught.value.problems
    assert pointer == case.refused_at
    assert text.startswith(f"{case.keyword}:") or not case.keyword
    assert (pointer or "/") in caught.value.message
    assert "strict=False" in caught.value.message


@pytest.mark.parametrize("case", ACCEPTED, ids=named)
@pytest.mark.parametrize(
    ("rules", "keywords"),
    [(OPENAI, OPENAI_KEYWORDS), (GROQ, GROQ_KEYWORDS)],
    ids=["openai", "groq"],
)
def test_a_strict_schema_holds_only_what_the_documentation_lists(
    case: Case, rules: SchemaRules, keywords: set[str]
) -> None:
    schema = sent_schema(case, rules)
    assert schema["type"] == "object"
    for node in nodes(schema):
        assert node.keys() <= keywords
        if "$ref" in node:
            assert node.keys() == {"$ref"}
            assert node["$ref"].removeprefix("#/$defs/") in schema["$defs"]
        else:
            assert "anyOf" in node or isinstance(node["type"], str)
        if node.get("type") == "object":
            assert node["additionalProperties"] is False
            assert node["required"] == list(node["properties"])
        if node.get("type") == "array":
            assert "items" in node
        assert node.get("format", "uuid") in OPENAI.formats
    assert rules.limits is None or check_limits(schema, rules.limits) == []


@pytest.mark.parametrize("case", EVERY, ids=named)
def test_a_text_that_fits_is_read_as_the_type(case: Case) -> None:
    value = OutputType.of(case.tp).parse(answer(case.text))
    data = json.loads(case.text)
    plain = data["value"] if case.text.startswith('{"value"') and "next" not in data else data
    assert value == TypeAdapter(case.tp).validate_json(json.dumps(plain))


@pytest.mark.parametrize("case", ACCEPTED, ids=named)
@pytest.mark.parametrize("rules", [OPENAI, GROQ, LLAMACPP, UNKNOWN], ids=lambda r: r.name)
def test_a_strict_schema_is_valid_json_schema_and_takes_the_text(
    case: Case, rules: SchemaRules
) -> None:
    schema = sent_schema(case, rules)
    jsonschema.Draft202012Validator.check_schema(schema)
    fits = jsonschema.Draft202012Validator(schema)
    if case.name not in {"url", "ipv4"}:  # llama.cpp's patterns are narrower than the formats
        assert list(fits.iter_errors(json.loads(case.text))) == []


@pytest.mark.parametrize("case", EVERY, ids=named)
def test_without_strict_every_type_is_sent_as_pydantic_writes_it(case: Case) -> None:
    written = OutputType.of(case.tp).response_format(OPENAI, strict=False)["json_schema"]
    assert written["strict"] is False
    jsonschema.Draft202012Validator.check_schema(written["schema"])
    assert (
        list(jsonschema.Draft202012Validator(written["schema"]).iter_errors(json.loads(case.text)))
        == []
    )
