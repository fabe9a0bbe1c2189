import copy
import json
import pickle
from typing import Any

import pytest
from pydantic import BaseModel

from corechat._tools import (
    FunctionTool,
    tool,
    tool_error_from_status,
    tools_by_name,
    validate_call,
)
from corechat._tools.failed_generation import read_failed_generation
from corechat.errors import (
    APIStatusError,
    BadRequestError,
    InvalidToolArgumentsError,
    RefusedToolCallError,
    ToolCallError,
    ToolNotCalledError,
    UnknownToolError,
)
from corechat.requests import ChatRequest
from corechat.responses import ChatResponse, ToolCall


class Search(BaseModel):
    """Search the web."""

    query: str


@tool
def add(a: int, b: int = 1) -> int:
    """Add two numbers."""
    return a + b


RAW = {
    "type": "function",
    "function": {
        "name": "raw",
        "parameters": {"type": "object", "properties": {"x": {"type": "integer"}}},
    },
}
TOOLS = [add, FunctionTool.from_model(Search), RAW, {"type": "browser_search"}]


def asks(*calls: tuple[str, Any], finish_reason: str = "tool_calls") -> ChatResponse:
    made = [
        {"id": f"call_{i}", "type": "function", "function": {"name": name, "arguments": text}}
        for i, (name, text) in enumerate(calls)
    ]
    message = {"role": "assistant", "content": None, "tool_calls": made}
    return ChatResponse.model_validate(
        {"choices": [{"index": 0, "finish_reason": finish_reason, "message": message}]}
    )


def wrong(name: str, text: Any, finish_reason: str = "tool_calls") -> ToolCallError:
    response = asks((name, text), finish_reason=finish_reason)
    with pytest.raises(ToolCallError) as caught:
        validate_call(response.tool_calls[0], TOOLS, response=response)
    error = caught.value
    assert error.response == response
    assert (error.name, error.tool_call_id) == (name, "call_0")
    assert len(error.message) <= 1000
    return error


def test_a_call_is_read_into_typed_arguments() -> None:
    response = asks(("add", '{"a": 2}'), ("Search", '{"query": "x"}'), ("raw", '{"x": 1}'))
    found = [validate_call(call, TOOLS, response=response) for call in response.tool_calls]
    assert [one.arguments for one in found] == [{"a": 2}, Search(query="x"), {"x": 1}]
    assert [one.tool.name for one in found] == ["add", "Search", "raw"]
    assert found[0].tool_call_id == "call_0"


def test_arguments_sent_as_an_object_are_read_too() -> None:
    call = ToolCall.model_validate({"function": {"name": "add", "arguments": {"a": 2}}})
    assert validate_call(call, TOOLS).arguments == {"a": 2}


def test_a_tool_that_was_not_offered_is_told_with_those_that_were() -> None:
    error = wrong("multiply", "{}")
    assert isinstance(error, UnknownToolError)
    assert error.known == ("add", "Search", "raw")
    message = error.tool_message()
    assert (message["role"], message["tool_call_id"]) == ("tool", "call_0")
    assert "'multiply'" in message["content"]
    assert "add, Search, raw" in message["content"]


@pytest.mark.parametrize(
    ("name", "text", "reason"),
    [
        ("add", '{"a": "much"}', "wrong_shape"),
        ("add", "{}", "wrong_shape"),
        ("add", '{"a": 1, "c": 2}', "wrong_shape"),
        ("add", "[1]", "wrong_shape"),
        ("raw", '{"x": "1"}', "wrong_shape"),
        ("raw", "3", "wrong_shape"),
        ("add", '{"a": 1', "invalid_json"),
        ("raw", "x=1", "invalid_json"),
        ("Search", "", "wrong_shape"),
    ],
)
def test_wrong_arguments_are_told_with_what_is_wrong(name: str, text: str, reason: str) -> None:
    error = wrong(name, text)
    assert isinstance(error, InvalidToolArgumentsError)
    assert (error.reason, error.arguments) == (reason, text)
    assert error.errors
    content = error.tool_message()["content"]
    assert name in content
    assert "Call it again" in content


@pytest.mark.parametrize("text", ['{"a": 1', "{", ""])
def test_arguments_cut_at_the_bound_on_tokens_are_told(text: str) -> None:
    error = wrong("add", text, finish_reason="length")
    assert isinstance(error, InvalidToolArgumentsError)
    assert error.reason == "length"
    assert "max_completion_tokens" in error.message


def test_whole_arguments_in_a_cut_answer_are_read() -> None:
    response = asks(("add", '{"a": 1}'), ("add", '{"a'), finish_reason="length")
    assert validate_call(response.tool_calls[0], TOOLS, response=response).arguments == {"a": 1}


def test_asking_again_is_a_valid_request() -> None:
    error = wrong("add", "{}")
    repeated = error.response.message.to_request() if error.response else None
    user = {"role": "user", "content": "?"}
    ChatRequest(messages=[user, repeated, error.tool_message()])  # type: ignore[list-item]
    ChatRequest(messages=[user, error.assistant_message(), error.tool_message()])


@pytest.mark.parametrize("error", [wrong("add", "{}"), wrong("multiply", "{}")], ids=["a", "u"])
def test_the_errors_pickle_and_copy_to_equal_ones(error: ToolCallError) -> None:
    pickled = pickle.loads(pickle.dumps(error))  # noqa: S301 - what was just written
    for twin in (pickled, copy.copy(error), copy.deepcopy(error)):
        assert twin == error
        assert twin.tool_message() == error.tool_message()


def test_a_custom_tools_input_is_its_text() -> None:
    custom = {"type": "custom", "custom": {"name": "exp", "format": {"type": "text"}}}
    asked = {"id": "c", "type": "custom", "custom": {"name": "exp", "input": "1 + 2"}}
    assert validate_call(ToolCall.model_validate(asked), [custom]).arguments == "1 + 2"


def test_tools_that_the_server_runs_are_left_out() -> None:
    assert list(tools_by_name(TOOLS)) == ["add", "Search", "raw"]


@pytest.mark.parametrize(
    ("written", "name", "arguments"),
    [
        ('{"name": "add", "arguments": {"a": 1}}', "add", '{"a":1}'),
        ('{"name": "add", "arguments": "{\\"a\\": 1}"}', "add", '{"a": 1}'),
        ('[{"name": "add", "parameters": {"a": 1}}]', "add", '{"a":1}'),
        ('<tool_call>\n{"name": "add", "arguments": {"a": 1}}\n</tool_call>', "add", '{"a":1}'),
        ('<function=add>{"a": 1}</function>', "add", '{"a": 1}'),
        ('<function=add{"a": 1}></function>', "add", '{"a": 1}'),
        ('<function=add({"a": 1})</function>', "add", '{"a": 1}'),
        ('{"name": "add", "arguments": {"a": ', "add", '{"a":'),
        ('(function=add>{"a": 1}</function>', "add", '{"a": 1}'),
        ("<function=add></function>", "add", "{}"),
        ("<function=add>\n", "add", "{}"),
        ('```json\n{"name": "add", "arguments": {"a": 1}}\n```', "add", '{"a":1}'),
        ('<|python_tag|>{"name": "add", "parameters": {"a": 1}}', "add", '{"a":1}'),
        ('{"type": "function", "function": {"name": "add", "arguments": {"a": 1}}}', "add",
         '{"a":1}'),
        ('{"tool_calls": [{"id": "pending", "function": {"name": "add"}, "parameters": {"a": 1}}]}',
         "add", '{"a":1}'),
        ("I would rather not.", "", "I would rather not."),
        ("", "", ""),
        ("{}", "", "{}"),
    ],
)  # fmt: skip
def test_what_groqs_models_wrote_is_read(written: str, name: str, arguments: str) -> None:
    assert read_failed_generation(written) == (name, arguments, "")


ONE, TWO = '{"name": "add", "arguments": {"a": 1}}', '{"name": "add", "arguments": {"a": 2}}'


@pytest.mark.parametrize(
    ("written", "rest"),
    [
        ('<function=add>{"a": 1}</function><function=add>{"a": 2}</function>',
         '<function=add>{"a": 2}</function>'),
        ('<function=add>{"a": 1}\n<function=add>{"a": 2}', '<function=add>{"a": 2}'),
        ('Sure. <function=add>{"a": 1}</function> Done {2}.', "Done {2}."),
        (f"{ONE}; {TWO}", TWO),
        (f"{ONE}\n{TWO}", TWO),
        (f"{ONE}{TWO}", TWO),
        (f"{ONE}, {TWO}", TWO),
        (f"[{ONE}, {TWO}]", '[{"name":"add","arguments":{"a":2}}]'),
        (f"[{ONE}] [{TWO}]", f"[{TWO}]"),
        (f"<tool_call>{ONE}</tool_call><tool_call>{TWO}</tool_call>",
         f"{TWO}</tool_call>"),
        (f"<tool_call>\n{ONE}\n{TWO}\n</tool_call>", f"{TWO}\n</tool_call>"),
        (f"{ONE} That is all.", "That is all."),
    ],
)  # fmt: skip
def test_the_first_of_several_calls_is_read_and_the_rest_told(written: str, rest: str) -> None:
    name, arguments, after = read_failed_generation(written)
    assert (name, json.loads(arguments), after) == ("add", {"a": 1}, rest)
    error = tool_error_from_status(failed(written), TOOLS)
    assert isinstance(error, RefusedToolCallError)
    assert error.rest == rest
    assert " ".join(rest.split())[:20] in error.tool_message()["content"]
    assert json.loads(error.assistant_message()["tool_calls"][0]["function"]["arguments"]) == {
        "a": 1
    }


@pytest.mark.parametrize("arguments", ['{"a": ', '{"a": 1', "{a: 1}", '{"a": NaN}'])
@pytest.mark.parametrize(
    "form", ["<function=add>{}", "<function=add>{}</function>", '{"name": "add", "arguments": {}']
)
def test_malformed_arguments_of_a_refused_call_are_asked_again_as_an_object(
    arguments: str, form: str
) -> None:
    error = tool_error_from_status(failed(form.replace("{}", arguments)), TOOLS)
    assert isinstance(error, InvalidToolArgumentsError)
    assert (error.name, error.reason) == ("add", "invalid_json")
    written = error.assistant_message()["tool_calls"][0]["function"]["arguments"]
    assert isinstance(json.loads(written), dict)


def failed(written: str | None, code: str = "tool_use_failed") -> APIStatusError:
    return APIStatusError(
        "Failed to call a function.",
        status_code=400,
        code=code,
        failed_generation=written,
        request_id="req_1",
    )


@pytest.mark.parametrize(
    ("written", "kind", "reason"),
    [
        ('{"name": "add", "arguments": {"a": "x"}}', InvalidToolArgumentsError, "wrong_shape"),
        ('{"name": "add", "arguments": {"a": ', InvalidToolArgumentsError, "invalid_json"),
        ('{"name": "add", "arguments": {"a": 1}}', RefusedToolCallError, None),
        ('{"name": "nope", "arguments": {}}', UnknownToolError, None),
        ("nonsense", RefusedToolCallError, None),
        (None, RefusedToolCallError, None),
    ],
)
def test_groqs_tool_use_failed_is_the_same_error_and_a_bad_request(
    written: str | None, kind: type[ToolCallError], reason: str | None
) -> None:
    refusal = failed(written)
    error = tool_error_from_status(refusal, TOOLS)
    assert isinstance(error, kind)
    assert isinstance(error, BadRequestError)
    assert isinstance(error, RefusedToolCallError)
    assert getattr(error, "reason", None) == reason
    kept = {**vars(refusal), "message": error.message}
    assert {name: getattr(error, name) for name in kept} == kept
    assert pickle.loads(pickle.dumps(error)) == copy.deepcopy(error) == error  # noqa: S301 - our own
    assert (error.status_code, error.request_id, error.response) == (400, "req_1", None)
    again = [{"role": "user", "content": "?"}, error.assistant_message(), error.tool_message()]
    ChatRequest(messages=again)
    if error.name:
        assert again[1]["tool_calls"][0]["id"] == again[2]["tool_call_id"]  # type: ignore[index]


def test_that_a_demanded_tool_was_not_called_is_an_error_of_its_own() -> None:
    refusal = failed("Ulm lies on the Danube.")
    words = "Tool choice is required, but model did not call a tool"
    refusal = APIStatusError(words, **{k: v for k, v in vars(refusal).items() if k != "message"})
    error = tool_error_from_status(refusal, TOOLS)
    assert type(error) is ToolNotCalledError
    assert not isinstance(error, InvalidToolArgumentsError)
    assert error.arguments == "Ulm lies on the Danube."
    assert words in error.message
    again = [{"role": "user", "content": "?"}, error.assistant_message(), error.tool_message()]
    assert "must be called" in ChatRequest(messages=again).messages[2].content  # type: ignore[operator]


def test_another_status_is_left_alone() -> None:
    assert tool_error_from_status(failed("{}", code="rate_limit_exceeded"), TOOLS) is None


def test_half_a_character_in_the_arguments_is_replaced() -> None:
    reply = asks(("Search", '{"query": "Hi \\ud83d"}'))
    assert validate_call(reply.tool_calls[0], TOOLS).arguments == Search(query="Hi \ufffd")


def test_arguments_that_hold_a_number_that_json_does_not_have_are_no_json() -> None:
    def scale(by: float) -> float:
        return by

    reply = asks(("scale", '{"by": NaN}'))
    with pytest.raises(InvalidToolArgumentsError) as caught:
        validate_call(reply.tool_calls[0], [FunctionTool.from_function(scale)])
    assert caught.value.reason == "invalid_json"


@pytest.mark.parametrize("finish_reason", ["length", "model_length", "MAX_TOKENS"])
def test_arguments_that_were_cut_are_told_so_in_every_providers_word(finish_reason: str) -> None:
    reply = asks(("Search", '{"query": "a'), finish_reason=finish_reason)
    with pytest.raises(InvalidToolArgumentsError) as caught:
        validate_call(reply.tool_calls[0], TOOLS, response=reply)
    assert caught.value.reason == "length"


@pytest.mark.parametrize("arguments", ["null", " null\n", None, "", "{}", {}])
def test_null_is_no_arguments(arguments: Any) -> None:
    def ping() -> str:
        return "pong"

    bare = {"type": "function", "function": {"name": "bare"}}
    tools = [FunctionTool.from_function(ping), add, bare]
    for name in ("ping", "bare"):
        reply = asks((name, arguments))
        assert validate_call(reply.tool_calls[0], tools).arguments == {}
    with pytest.raises(InvalidToolArgumentsError):
        validate_call(asks(("add", arguments)).tool_calls[0], tools)
