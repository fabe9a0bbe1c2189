"""What must hold for every schema, not only for those that somebody thought of."""

import contextlib
import json
from typing import Any

import jsonschema
import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from corechat._providers.schema_rules import GROQ, LLAMACPP, OPENAI, UNKNOWN
from corechat._structured import strict_schema
from corechat._structured.lenient import read_leniently
from corechat._structured.readers import read_data
from corechat._structured.references import local_pointer, look_up, split, step
from corechat._structured.schema_of_type import acceptable_name
from corechat.errors import RequestValidationError

NAMES = st.sampled_from(["a", "b", "c/d", "$ref", "type"])
REFERENCES = st.sampled_from([{"$ref": "#/$defs/A"}, {"$ref": "#/$defs/B"}, {"$ref": "#"}])
LEAVES = st.one_of(
    st.sampled_from(
        [{"type": kind} for kind in ("string", "integer", "number", "boolean", "null")]
    ),
    st.lists(st.sampled_from(["x", "y", 1, 2, None, True]), min_size=1, max_size=4).map(
        lambda values: {"enum": values}
    ),
    st.just({"const": "x"}),
    st.just({"type": ["string", "null"], "title": "T", "default": None}),
    REFERENCES,
)


def compound(children: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.one_of(
        st.dictionaries(NAMES, children, max_size=3).flatmap(
            lambda properties: st.fixed_dictionaries(
                {"type": st.just("object"), "properties": st.just(properties)},
                optional={
                    "required": st.just(list(properties)[:1]),
                    "additionalProperties": st.sampled_from([True, False, {}]),
                    "description": st.just("d"),
                },
            )
        ),
        children.map(lambda items: {"type": "array", "items": items}),
        st.lists(children, min_size=1, max_size=3).map(lambda branches: {"anyOf": branches}),
        children.map(lambda child: {"allOf": [child], "description": "d"}),
        children.map(
            lambda item: {
                "type": "array",
                "prefixItems": [item, item],
                "minItems": 2,
                "maxItems": 2,
            }
        ),
    )


SHAPES = st.recursive(LEAVES, compound, max_leaves=8)
DOCUMENTS = st.tuples(SHAPES, SHAPES, SHAPES).map(
    lambda found: {
        "type": "object",
        "properties": {"root": found[0]},
        "$defs": {"A": found[1], "B": found[2]},
    }
)


def sample(node: Any, root: Any, draw: Any, depth: int) -> Any:
    """Draw one value that a strict schema allows, and end recursions where that is possible."""
    if "$ref" in node:
        return sample(look_up(root, local_pointer(node["$ref"]) or ""), root, draw, depth - 1)
    if depth < -8:
        raise RecursionError
    if "anyOf" in node:
        branches = node["anyOf"]
        if depth < 0:
            branches = sorted(branches, key=lambda one: len(json.dumps(one)))[:1]
        return sample(draw(st.sampled_from(branches)), root, draw, depth - 1)
    if "enum" in node:
        return draw(st.sampled_from(node["enum"]))
    if node["type"] == "object":
        return {k: sample(v, root, draw, depth - 1) for k, v in node["properties"].items()}
    if node["type"] == "array":
        least = node.get("minItems", 0)
        count = least if depth < 0 else draw(st.integers(least, node.get("maxItems", least + 2)))
        return [sample(node["items"], root, draw, depth - 1) for _ in range(count)]
    return {"string": "s", "integer": 7, "number": 1.5, "boolean": False, "null": None}[
        node["type"]
    ]


@settings(max_examples=150, suppress_health_check=list(HealthCheck), deadline=None)
@given(DOCUMENTS, st.data())
def test_whatever_a_strict_schema_allows_fits_the_schema_it_was_made_from(
    document: dict[str, Any], data: st.DataObject
) -> None:
    try:
        strict = strict_schema(document, OPENAI, subject="test")
        value = sample(strict, strict, data.draw, 4)
    except (RequestValidationError, RecursionError):
        event("no value")  # a reference only to itself, or a type that has no finite value
        return
    try:
        jsonschema.Draft202012Validator(strict).validate(value)
        jsonschema.Draft202012Validator(document).validate(value)
    except RecursionError:
        event("jsonschema follows a reference to itself for ever")


@settings(max_examples=150, suppress_health_check=list(HealthCheck), deadline=None)
@given(DOCUMENTS)
def test_a_strict_schema_is_already_strict(document: dict[str, Any]) -> None:
    for rules in (OPENAI, GROQ, LLAMACPP, UNKNOWN):
        try:
            once = strict_schema(document, rules, subject="test")
        except RequestValidationError:
            continue
        jsonschema.Draft202012Validator.check_schema(once)
        twice = strict_schema(once, rules, subject="test")
        assert twice["properties"].keys() == once["properties"].keys()
        assert strict_schema(twice, rules, subject="test") == twice


ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | st.text(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["type", "properties", "items", "anyOf", "allOf", "enum", "$ref", "const", "$defs"]
            ),
            inner,
            max_size=3,
        )
    ),
    max_leaves=10,
)


@settings(max_examples=300, suppress_health_check=list(HealthCheck), deadline=None)
@given(st.dictionaries(st.sampled_from(["type", "properties", "items", "anyOf", "$ref"]), ANY_JSON))
def test_any_valid_json_schema_is_rewritten_or_refused_by_the_typed_error(
    document: dict[str, Any],
) -> None:
    try:
        jsonschema.Draft202012Validator.check_schema(document)
    except jsonschema.SchemaError:
        return
    for rules in (OPENAI, UNKNOWN):
        with contextlib.suppress(RequestValidationError):
            strict_schema(document, rules, subject="test", wrap=True)


@given(st.text())
def test_every_name_becomes_acceptable(name: str) -> None:
    assert acceptable_name(name).replace("_", "a").replace("-", "a").isalnum()
    assert acceptable_name(name).isascii()
    assert 1 <= len(acceptable_name(name)) <= 64
    assert acceptable_name(acceptable_name(name)) == acceptable_name(name)


@given(st.lists(st.text(), max_size=4))
def test_a_pointer_gives_its_keys_back(keys: list[str]) -> None:
    pointer = step("", *keys)
    assert split(pointer) == keys
    document: Any = "found"
    for key in reversed(keys):
        document = {key: document}
    assert look_up(document, pointer) == "found"


@pytest.mark.parametrize(
    "wrapping",
    ["{}", "```json\n{}\n```", "<think>[1]</think>\n{}", "<think>[]</think>```\n{}\n```"],
)
@given(value=st.dictionaries(st.text(max_size=5), st.text(max_size=5)))
def test_a_json_text_is_found_in_its_wrappings(value: dict[str, str], wrapping: str) -> None:
    text = wrapping.replace("{}", json.dumps(value, ensure_ascii=False))
    assert read_leniently(text, read_data) == value
