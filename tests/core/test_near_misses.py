"""A misspelt word is sent with a warning that names its neighbour; one that costs is refused."""

import warnings
from pathlib import Path
from typing import Any

import pytest

from corechat import ChatRequest, OutputType, RequestValidationError, UnknownWordWarning
from tests.core.support import MESSAGES


def ask(**params: Any) -> ChatRequest:
    given: dict[str, Any] = {"model": "m", "messages": MESSAGES, **params}
    return ChatRequest(**given)


def said(**message: Any) -> dict[str, Any]:
    return {"messages": [{"role": "user", "content": "x", **message}]}


def parts(**part: Any) -> dict[str, Any]:
    return said(content=[part])


NEAR: list[tuple[dict[str, Any], str]] = [
    (said(role="usr"), r"messages\[0\]\.role: 'usr': did you mean 'user'\?"),
    (said(role="User"), "did you mean 'user'"),
    (said(role="assistent"), "did you mean 'assistant'"),
    (said(role="sytem"), "did you mean 'system'"),
    (said(nmae="a"), r"messages\[0\]\.nmae: 'nmae': did you mean 'name'\?"),
    (
        said(role="assistant", tool_call=[{"id": "1"}]),
        r"messages\[0\]\.tool_call: 'tool_call': did you mean 'tool_calls'\?",
    ),
    (parts(type="txt", text="x"), r"messages\[0\]\.content\[0\]\.type: 'txt'.*'text'"),
    (parts(type="image-url", image_url="https://x/y"), "did you mean 'image_url'"),
    ({"tools": [{"type": "functon", "function": {"name": "f"}}]}, r"tools\[0\]\.type.*'function'"),
    (
        {"tools": [{"type": "function", "function": {"name": "f", "parametrs": {}}}]},
        r"tools\[0\]\.function\.parametrs.*'parameters'",
    ),
    ({"tool_choice": "atuo"}, "tool_choice: 'atuo': did you mean 'auto'"),
    ({"tool_choice": "require"}, "did you mean 'required'"),
    ({"reasoning_effort": "hgih"}, "reasoning_effort: 'hgih': did you mean 'high'"),
    ({"reasoning_format": "parse"}, "did you mean 'parsed'"),
]


@pytest.mark.parametrize(("params", "words"), NEAR, ids=str)
def test_a_near_miss_is_sent_and_the_warning_names_its_neighbour(
    params: dict[str, Any], words: str
) -> None:
    with pytest.warns(UnknownWordWarning, match=words) as warned:
        request = ask(**params)
    assert len(warned) == 1
    assert Path(warned[0].filename) == Path(__file__)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        request.to_json()


OWN: list[dict[str, Any]] = [
    said(role="model"),
    said(role="ipython"),
    said(role="critic"),
    said(role="assistant", reasoning_content="a", prefix=True, reasoning_details=[]),
    parts(type="document_url", document_url="https://x/y.pdf"),
    parts(type="video_url", video_url="https://x/y.mp4"),
    parts(type="input_image", image_url="https://x/y"),
    parts(type="text", text="x", cache_control={"type": "ephemeral"}),
    {"tools": [{"type": "browser_search"}, {"type": "custom", "custom": {"name": "f"}}]},
    {"tool_choice": "any"},
    {"reasoning_effort": "xhigh"},
    {"reasoning_effort": "default"},
]


@pytest.mark.parametrize("params", OWN, ids=str)
def test_a_providers_own_word_is_sent_without_a_warning(params: dict[str, Any]) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        ask(**params).to_json()


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"type": "json_objct"}, "did you mean 'json_object'"),
        ({"type": "json_schem", "json_schema": {"schema": {}}}, "did you mean 'json_schema'"),
        ({"typ": "json_object"}, "'typ'"),
    ],
    ids=str,
)
def test_a_misspelt_format_is_refused_before_it_is_paid(given: Any, words: str) -> None:
    with pytest.raises(RequestValidationError, match=words):
        ask(response_format=given)
    with pytest.raises(RequestValidationError, match=words):
        OutputType.of(given)


@pytest.mark.parametrize(
    ("schema", "words"),
    [
        ({"type": "objct", "properties": {}}, "/type: 'objct': did you mean 'object'"),
        ({"tpye": "object", "properties": {}}, "'tpye': did you mean 'type'"),
        ({"Type": "object"}, "'Type': did you mean 'type'"),
        (
            {"type": "object", "properties": {"a": {"type": "strng"}}},
            "/properties/a/type: 'strng': did you mean 'string'",
        ),
        ({"type": "object", "properties": {"a": {"typ": "string"}}}, "'typ'"),
        ({"type": "array", "items": {"types": "string"}}, "'types'"),
    ],
    ids=str,
)
def test_a_misspelt_schema_is_refused_before_it_is_paid(schema: Any, words: str) -> None:
    with pytest.raises(RequestValidationError, match=words):
        OutputType.of(schema)


def test_a_property_may_be_named_nearly_like_a_keyword() -> None:
    properties = {"tpye": {"type": "string"}, "types": {"type": "string", "enum": ["typ"]}}
    OutputType.of({"type": "object", "properties": properties})


@pytest.mark.parametrize(
    ("params", "words"),
    [
        (said(content=3), r"messages\[0\]\.content: Input should be a valid string or list"),
        ({"stop": 3}, "stop: Input should be a valid string or list"),
        ({"temperature": "hot"}, "temperature: Input should be a valid number"),
        (parts(type="text", txt="x"), r"content\[0\]\.text: Field required; is it 'txt'"),
        (
            {"messages": [{"role": "user", "contnt": "x"}]},
            r"messages\[0\]\.content: Field required; is it 'contnt'",
        ),
        ({"extra_body": {"a": ChatRequest}}, "not JSON"),
    ],
    ids=str,
)
def test_a_field_has_one_error_in_our_words(params: dict[str, Any], words: str) -> None:
    with pytest.raises(RequestValidationError, match=words) as caught:
        ask(**params)
    assert len(caught.value.problems) == 1
    assert not {"pydantic", "https:", "Serializ"} & set(str(caught.value).replace(":", " ").split())
