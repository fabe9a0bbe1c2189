"""What the next request needs of an answer: the endpoint's own keys, and arguments it can read."""

import copy
import json
import pickle
from collections import deque
from collections.abc import Callable
from types import MappingProxyType
from typing import Any

import pytest
from groq.types.chat import ChatCompletionMessage as GroqMessage
from openai.types.chat import ChatCompletionMessage as OpenAIMessage

from corechat import ChatRequest, Client, ConfigurationError, tool
from corechat.plugins import Provider, hookimpl
from corechat.requests import AssistantMessage
from corechat.responses import ChatResponse
from tests.core.support import KEY, MESSAGES, REQUEST, ScriptedTransport, answer

CALL: dict[str, Any] = {
    "id": "1",
    "type": "function",
    "index": 0,
    "extra_content": {"google": {"thought_signature": "SIG=="}},
    "function": {"name": "weather", "arguments": '{"city":"Ulm"}', "thought_signature": "F=="},
}
MESSAGE: dict[str, Any] = {
    "role": "assistant",
    "content": "",
    "reasoning": "Hm",
    "reasoning_content": "I think",
    "reasoning_details": [{"type": "reasoning.text", "text": "I think", "signature": "S"}],
    "extra_content": {"google": {"thought_signature": "M=="}},
    "annotations": [],
    "tool_calls": [CALL],
}
PLAIN = {
    "id": "1",
    "type": "function",
    "function": {"name": "weather", "arguments": '{"city":"Ulm"}'},
}
SIGNED = {**PLAIN, "extra_content": CALL["extra_content"]}
ALL = {**SIGNED, "function": CALL["function"]}
THOUGHT = {
    name: MESSAGE[name] for name in ("reasoning_content", "reasoning_details", "extra_content")
}


@tool
def weather(city: str) -> str:
    """Tell the weather."""
    return f"{city}: sun"


def transport(message: dict[str, Any]) -> ScriptedTransport:
    """Answer with a message, then with a text."""
    texts = ({"choices": [{"message": said}]} for said in (message, {"content": "Sun."}))
    return ScriptedTransport(*map(answer, texts))


def client(message: dict[str, Any] = MESSAGE, **options: Any) -> tuple[Client, ScriptedTransport]:
    """Make a client whose first answer is a message."""
    carrier = transport(message)
    return Client(carrier, api_key=KEY, **options), carrier


def sent(message: object) -> dict[str, Any]:
    """Put a message back, and read what is sent."""
    request = ChatRequest(messages=[*MESSAGES, message])
    found: dict[str, Any] = json.loads(request.to_json())["messages"][-1]
    return found


PROVIDERS: list[tuple[dict[str, Any], dict[str, Any], dict[str, Any]]] = [
    ({"provider": "gemini"}, {"extra_content": MESSAGE["extra_content"]}, SIGNED),
    ({"provider": "deepseek"}, THOUGHT, ALL),
    ({"provider": "openrouter"}, {**THOUGHT, "reasoning": "Hm"}, ALL),
    ({"provider": "vllm"}, {**THOUGHT, "reasoning": "Hm"}, ALL),
    ({"provider": "groq"}, {}, PLAIN),
    ({"provider": "openai"}, {}, PLAIN),
    ({"provider": "mistral"}, {}, PLAIN),
    ({"provider": "cerebras"}, {}, PLAIN),
    ({"base_url": "https://gateway.example.com/v1"}, THOUGHT, ALL),
    ({"provider": "openai", "repeated_keys": ["annotations", "tool_calls.extra_content"]},
     {"annotations": []}, SIGNED),
    ({"provider": "gemini", "repeated_keys": ()}, {}, PLAIN),
]  # fmt: skip


@pytest.mark.parametrize(("options", "keys", "call"), PROVIDERS, ids=lambda v: str(v)[:40])
def test_an_answer_repeats_what_its_endpoint_needs_to_see_again(
    options: dict[str, Any], keys: dict[str, Any], call: dict[str, Any]
) -> None:
    made, _ = client(**options)
    message = made.complete(REQUEST).message
    expected = {"role": "assistant", "content": "", **keys, "tool_calls": [call]}
    again = pickle.loads(pickle.dumps(message))  # noqa: S301 - our own bytes
    for one in (message, again, copy.deepcopy(message), message.model_copy()):
        assert sent(one) == expected
        assert sent(one.to_request()) == expected
    assert sent({"role": "assistant", "tool_calls": message.tool_calls})["tool_calls"] == [call]


@pytest.mark.parametrize(("options", "keys", "call"), PROVIDERS, ids=lambda v: str(v)[:40])
def test_a_run_of_tools_repeats_what_its_endpoint_needs_to_see_again(
    options: dict[str, Any], keys: dict[str, Any], call: dict[str, Any]
) -> None:
    made, carrier = client(**options)
    made.run_tools(REQUEST, [weather])
    repeated = json.loads(carrier.requests[1].body)["messages"][1]
    assert repeated == {"role": "assistant", "content": "", **keys, "tool_calls": [call]}


def test_a_plugins_provider_says_what_is_repeated() -> None:
    class House:
        @hookimpl
        def corechat_register_providers(self) -> dict[str, Provider]:
            keys = ("timestamp", "tool_calls.signature")
            house = Provider("house", "https://house.example.com/v1", repeated_keys=keys)
            return {"house": house}

    message = {**MESSAGE, "timestamp": "2026", "tool_calls": [{**CALL, "signature": "C"}]}
    made, _ = client(message, provider="house", plugins=[House()])
    again = sent(made.complete(REQUEST).message)
    assert again.keys() == {"role", "content", "timestamp", "tool_calls"}
    assert again["tool_calls"] == [{**PLAIN, "signature": "C"}]


def test_the_caller_says_for_one_message_what_is_repeated() -> None:
    message = client(provider="groq")[0].complete(REQUEST).message
    assert sent(message.to_request(keep=["reasoning_content"]))["reasoning_content"] == "I think"
    assert sent(message.to_request(keep=["*"])).keys() == MESSAGE.keys()


@pytest.mark.parametrize("keys", ["reasoning", 5, [5], {"a": 1}])
def test_keys_that_are_no_list_of_names_are_refused(keys: Any) -> None:
    with pytest.raises(ConfigurationError, match="repeated_keys"):
        client(repeated_keys=keys)


MALFORMED = [
    '{"x": ', '{"x": 1', "I would call it with x.", '```json\n{"x": 1}\n```', '{"x": 1}{"x": 2}',
    '{"x": 1}; {"x": 2}', "[1]", '["x"]', '"{}"', "5", "true", "NaN", '{"x": NaN}',
    '{"x": "a\nb"}', "{'x': 1}", '{"x": 1,}', "\ufeff{}", "{" * 500, '{"x": 1} thanks',
    "\u201c{}\u201d",
]  # fmt: skip
SAY_NOTHING = ["null", "", " \n", '""', None, {}]


@pytest.mark.parametrize("written", [*MALFORMED, [1], 5, "\ud83d"], ids=repr)
def test_malformed_arguments_go_back_as_the_text_of_an_object_that_holds_them(written: Any) -> None:
    call = {"id": "1", "function": {"name": "f", "arguments": written}}
    body = {"choices": [{"message": {"content": None, "tool_calls": [call]}}]}
    again = sent(ChatResponse.model_validate(body).message)["tool_calls"][0]["function"]
    assert json.loads(again["arguments"]).keys() == {"malformed"}


@pytest.mark.parametrize("written", SAY_NOTHING, ids=repr)
def test_arguments_that_say_nothing_go_back_as_an_empty_object(written: Any) -> None:
    call = {"id": "1", "function": {"name": "f", "arguments": written}}
    for message in ({"tool_calls": [call]}, {"function_call": call["function"]}):
        again = sent(ChatResponse.model_validate({"choices": [{"message": message}]}).message)
        called = (
            again["tool_calls"][0]["function"] if "tool_calls" in again else again["function_call"]
        )
        assert called["arguments"] == "{}"


def test_half_a_surrogate_pair_in_arguments_goes_back_as_json_that_every_server_reads() -> None:
    call = {"id": "1", "function": {"name": "f", "arguments": '{"x":"\\ud83d"}'}}
    message = ChatResponse.model_validate(
        {"choices": [{"message": {"tool_calls": [call]}}]}
    ).message
    assert json.loads(sent(message)["tool_calls"][0]["function"]["arguments"]) == {"x": "\ufffd"}


@pytest.mark.parametrize("written", MALFORMED, ids=repr)
def test_the_model_is_told_what_was_wrong_with_its_arguments_and_the_run_goes_on(
    written: str,
) -> None:
    call = {"id": "1", "type": "function", "function": {"name": "weather", "arguments": written}}
    made, carrier = client({"content": None, "tool_calls": [call]})
    run = made.run_tools(REQUEST, [weather])
    assert run.response.text == "Sun."
    _, said, told = json.loads(carrier.requests[1].body)["messages"]
    assert isinstance(json.loads(said["tool_calls"][0]["function"]["arguments"]), dict)
    assert "are not valid" in told["content"]


@pytest.fixture(scope="module")
def answered() -> ChatResponse:
    """Give an answer that calls a tool."""
    message = {**MESSAGE, "audio": {"id": "a", "data": "x"}, "function_call": CALL["function"]}
    return client(message, provider="gemini")[0].complete(REQUEST)


FORMS: dict[str, Callable[[ChatResponse], Any]] = {
    "list": lambda reply: [*MESSAGES, reply.message],
    "tuple": lambda reply: (*MESSAGES, reply.message),
    "deque": lambda reply: deque([*MESSAGES, reply.message]),
    "generator": lambda reply: (one for one in [*MESSAGES, reply.message]),
    "dict view": lambda reply: {1: MESSAGES[0], 2: reply.message}.values(),
}


@pytest.mark.parametrize("form", FORMS)
def test_an_answer_can_be_put_back_in_any_collection(form: str, answered: ChatResponse) -> None:
    for make in (lambda m: ChatRequest(messages=m), lambda m: REQUEST.replace(messages=m)):
        body = json.loads(make(FORMS[form](answered)).to_json())
        assert body["messages"][1] == sent(answered.message)


PARTS: dict[str, Callable[[ChatResponse], dict[str, Any]]] = {
    "the calls": lambda reply: {"tool_calls": reply.message.tool_calls},
    "calls as a generator": lambda reply: {"tool_calls": (one for one in reply.tool_calls)},
    "calls as a deque": lambda reply: {"tool_calls": deque(reply.tool_calls)},
    "calls as a tuple": lambda reply: {"tool_calls": tuple(reply.tool_calls)},
    "calls one by one": lambda reply: {"tool_calls": [
        {"id": c.id, "type": "function", "extra_content": c.extra_content, "function": c.function}
        for c in reply.tool_calls]},
    "dumped calls": lambda reply: {"tool_calls": [
        c.model_dump(exclude={"index": True, "function": {"thought_signature"}})
        for c in reply.tool_calls]},
}  # fmt: skip


@pytest.mark.parametrize("form", PARTS)
def test_the_calls_of_an_answer_can_be_put_back_by_hand(form: str, answered: ChatResponse) -> None:
    message = {"role": "assistant", "content": "", **PARTS[form](answered)}
    assert sent(message) == {"role": "assistant", "content": "", "tool_calls": [SIGNED]}


def test_other_parts_of_an_answer_can_be_put_back_by_hand(answered: ChatResponse) -> None:
    message = answered.message
    again = sent(
        {"role": "assistant", "audio": message.audio, "function_call": message.function_call}
    )
    assert again == {
        "role": "assistant", "audio": {"id": "a"}, "function_call": PLAIN["function"],
    }  # fmt: skip


@pytest.mark.parametrize(
    "dump",
    [
        lambda message: message.model_dump(),
        lambda message: json.loads(message.model_dump_json()),
        dict,
        lambda message: {**message.model_dump(), "name": "Ada"},
    ],
)
def test_a_dumped_answer_is_put_back_without_the_nulls_of_keys_that_were_not_there(
    dump: Callable[[Any], Any],
) -> None:
    body = {"choices": [{"message": {"role": "assistant", "content": None, "tool_calls": [PLAIN]}}]}
    again = sent(dump(ChatResponse.model_validate(body).message))
    again.pop("name", None)
    assert again == {"role": "assistant", "content": None, "tool_calls": [PLAIN]}


@pytest.mark.parametrize("written", [*MALFORMED, "", "null"], ids=repr)
def test_malformed_arguments_of_a_dumped_answer_go_back_as_an_object(written: str) -> None:
    called = {"name": "f", "arguments": written}
    message = {
        "role": "assistant",
        "content": None,
        "tool_calls": [{"id": "1", "function": called}],
        "function_call": called,
    }
    read = ChatResponse.model_validate({"choices": [{"message": message}]}).message
    calls = {
        "role": "assistant",
        "tool_calls": [call.model_dump() for call in read.tool_calls or ()],
    }
    for again in (sent(read.model_dump()), sent(dict(read)), sent(calls)):
        function = again["tool_calls"][0]["function"]
        assert isinstance(json.loads(function["arguments"]), dict)
        assert isinstance(json.loads(again.get("function_call", function)["arguments"]), dict)


@pytest.mark.parametrize("role", [None, "", "model", 5])
@pytest.mark.parametrize(
    "fields",
    [
        {"content": "Hi"},
        {"content": None, "tool_calls": [{"id": 7, "function": {"name": None, "arguments": {}}}]},
        {"content": {"type": "text", "text": "Hi"}},
        {"content": ["Hi", {"type": "text", "text": None}]},
        {"content": "", "tool_calls": [{"type": "custom", "custom": {"name": 5, "input": [1]}}]},
        {"content": None, "function_call": {"name": 5, "arguments": None}},
        {"content": "Hi", "name": 5, "reasoning": ["r"], "refusal": 5, "audio": "a"},
    ],
    ids=str,
)
def test_a_dump_is_put_back_as_the_assistants_whatever_its_server_left_out(
    role: Any, fields: dict[str, Any]
) -> None:
    body = {"choices": [{"message": {**fields, "role": role}}]}
    message = ChatResponse.model_validate(body).message
    expected = sent(message.to_request())
    assert expected["role"] == "assistant"
    for dumped in (message.model_dump(), json.loads(message.model_dump_json()), dict(message)):
        assert sent(dumped) == expected
    made = AssistantMessage.model_validate(message.model_dump())
    assert sent(made) == expected


@pytest.mark.parametrize(
    "dump",
    [
        lambda message: message.to_request().model_dump(),
        lambda message: GroqMessage.model_validate(
            message.model_dump(exclude_unset=True)
        ).model_dump(),
        lambda message: OpenAIMessage.model_validate(
            message.model_dump(exclude_unset=True)
        ).model_dump(),
        lambda message: MappingProxyType(message.model_dump()),
        lambda message: MappingProxyType({"role": "assistant", "tool_calls": message.tool_calls}),
    ],
    ids=["request", "groq", "openai", "proxy of a dump", "proxy"],
)
def test_every_librarys_dump_is_put_back_without_nulls(dump: Callable[[Any], Any]) -> None:
    body = {"choices": [{"message": {"role": "assistant", "content": None, "tool_calls": [PLAIN]}}]}
    message = ChatResponse.model_validate(body).message
    again = sent(dump(message))
    again.pop("content", None)
    assert again == {"role": "assistant", "tool_calls": [PLAIN]}


def test_a_message_without_a_role_that_calls_tools_is_the_assistants() -> None:
    message = {"content": None, "tool_calls": [PLAIN]}
    read = ChatResponse.model_validate({"choices": [{"message": message}]}).message
    assert sent(read.model_dump(exclude_unset=True)) == {"role": "assistant", **message}
