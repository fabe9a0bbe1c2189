"""What a provider is known to answer with 400: warned of, refused, left out or sent."""

import dataclasses
import inspect
import json
import pickle
import re
from typing import Any

import pytest

from corechat import BadRequestError, ChatRequest, Client, RequestValidationError
from corechat._call.unsupported_policy import UnsupportedFieldWarning
from corechat.plugins import PROVIDERS, Provider, UnsupportedFields, hookimpl
from tests.core.support import KEY, ScriptedTransport, answer, client_over

USER = {"role": "user", "content": "?"}
GROQ, OPENAI = PROVIDERS["groq"].unsupported, PROVIDERS["openai"].unsupported


def request(**fields: Any) -> ChatRequest:
    return ChatRequest(**{"model": "m", "messages": [USER], **fields})


REFUSED_BY_GROQ = [
    ({"logprobs": True}, ["logprobs"]),
    ({"logprobs": True, "top_logprobs": 2}, ["logprobs", "top_logprobs"]),
    ({"logit_bias": {"5": 1}}, ["logit_bias"]),
    ({"n": 2}, ["n"]),
    ({"messages": [{**USER, "name": "Ada"}]}, ["messages[0].name"]),
    ({"messages": [USER, {**USER, "timestamp": 5}]}, ["messages[1].timestamp"]),
    (
        {"messages": [USER, {"role": "assistant", "content": "a", "executed_tools": []}, USER]},
        ["messages[1].executed_tools"],
    ),
    ({"verbosity": "low", "web_search_options": {"x": 1}}, ["verbosity", "web_search_options"]),
]

TAKEN_BY_GROQ = [
    {},
    {"n": 1},
    {"n": None, "logprobs": None, "logit_bias": None},
    {"logprobs": False},
    {"include_reasoning": False},
    {"reasoning_format": "hidden", "include_reasoning": None},
    {"documents": [{"source": {"type": "text", "text": "a"}}], "citation_options": "enabled"},
    {"extra_body": {"logprobs": True, "n": 3, "anything": 1}},
    {"messages": [USER, {"role": "function", "name": "f", "content": "1"}]},
    {
        "messages": [
            USER,
            {
                "role": "assistant",
                "content": None,
                "reasoning": "hm",
                "tool_calls": [
                    {"id": "c", "type": "function", "function": {"name": "f", "arguments": "{}"}}
                ],
            },
            {"role": "tool", "tool_call_id": "c", "content": "1"},
        ]
    },
]
REFUSAL = answer({"error": {"message": "property is unsupported"}}, status=400)


def at_groq(transport: ScriptedTransport, **options: Any) -> Client:
    return client_over(transport, provider="groq", **options)


@pytest.mark.parametrize(("fields", "paths"), REFUSED_BY_GROQ, ids=str)
def test_what_groq_refuses_is_sent_with_a_warning_at_the_callers_line(
    fields: dict[str, Any], paths: list[str]
) -> None:
    found, transport = request(temperature=0.5, **fields), ScriptedTransport()
    client = at_groq(transport)
    parameters = {name: getattr(found, name) for name in found.model_fields_set}
    for call in (
        lambda: client.complete(found),
        lambda: client.chat.completions.create(**parameters),
        lambda: client.run_tools(found, []),
    ):
        with pytest.warns(UnsupportedFieldWarning, match="sent all the same") as warned:
            call()
        assert [one.filename for one in warned] == [__file__]
        assert all(path in str(warned[0].message) for path in paths)
        sent = json.loads(transport.requests[-1].body)
        assert {**sent, **json.loads(found.to_json())} == sent


@pytest.mark.parametrize(("fields", "paths"), REFUSED_BY_GROQ, ids=str)
@pytest.mark.parametrize("policy", ["warn", "send"])
@pytest.mark.filterwarnings("ignore::corechat.UnsupportedFieldWarning")
def test_if_a_400_comes_back_its_error_names_the_fields(
    fields: dict[str, Any], paths: list[str], policy: str
) -> None:
    client = at_groq(ScriptedTransport(REFUSAL), unsupported=policy)
    with pytest.raises(BadRequestError) as caught:
        client.complete(request(**fields))
    assert caught.value.message.endswith(f"Known to be refused by groq: {', '.join(paths)}.")
    assert "property is unsupported" in caught.value.message


def test_the_error_of_a_taken_request_or_of_another_status_names_no_field() -> None:
    with pytest.raises(BadRequestError) as caught:
        at_groq(ScriptedTransport(REFUSAL)).complete(request(n=1))
    assert "Known" not in caught.value.message
    with pytest.warns(UnsupportedFieldWarning), pytest.raises(Exception, match="401") as other:
        at_groq(ScriptedTransport(answer(status=401))).complete(request(n=2))
    assert "Known" not in str(other.value)


@pytest.mark.parametrize(("fields", "paths"), REFUSED_BY_GROQ, ids=str)
def test_by_choice_it_is_refused_before_it_is_sent(
    fields: dict[str, Any], paths: list[str]
) -> None:
    transport = ScriptedTransport()
    with pytest.raises(RequestValidationError) as caught:
        at_groq(transport, unsupported="error").complete(request(**fields))
    assert [path for path, _ in caught.value.problems] == paths
    assert all(path in caught.value.message for path in paths)
    assert transport.requests == []


@pytest.mark.parametrize(("fields", "paths"), REFUSED_BY_GROQ, ids=str)
def test_by_choice_it_is_left_out_with_a_warning(fields: dict[str, Any], paths: list[str]) -> None:
    found, transport = request(temperature=0.5, **fields), ScriptedTransport()
    with pytest.warns(UnsupportedFieldWarning, match="left out") as warned:
        at_groq(transport, unsupported="drop").complete(found)
    assert [one.filename for one in warned] == [__file__]
    assert all(path in str(warned[0].message) for path in paths)
    left = ChatRequest.model_validate_json(transport.requests[0].body)
    assert GROQ.find(left) == ()
    assert left.temperature == 0.5
    assert len(left.messages) == len(found.messages)
    assert GROQ.find(found) != ()


@pytest.mark.parametrize("fields", TAKEN_BY_GROQ, ids=str)
@pytest.mark.parametrize("policy", ["warn", "error", "drop", "send"])
def test_what_groq_takes_is_left_alone(fields: dict[str, Any], policy: str) -> None:
    found, transport = request(**fields), ScriptedTransport()
    at_groq(transport, unsupported=policy).complete(found)
    assert transport.requests[0].body == found.to_json()


def test_by_choice_it_is_sent_without_a_word() -> None:
    transport = ScriptedTransport()
    at_groq(transport, unsupported="send").complete(request(n=2))
    assert json.loads(transport.requests[0].body)["n"] == 2


def test_openai_does_not_know_groqs_own_fields() -> None:
    found = request(search_settings={"country": "de"}, reasoning_format="raw", n=2, logprobs=True)
    assert [path for path, _ in OPENAI.find(found)] == ["reasoning_format", "search_settings"]
    assert OPENAI.leave_out(found) == request(n=2, logprobs=True)


@pytest.mark.parametrize(("fields", "_paths"), REFUSED_BY_GROQ, ids=str)
def test_of_an_endpoint_that_is_not_known_nothing_is_refused(
    fields: dict[str, Any], _paths: list[str]
) -> None:
    client_over(ScriptedTransport(), unsupported="error").complete(request(**fields))
    for name in ("openrouter", "llamacpp"):
        assert PROVIDERS[name].unsupported.find(request(**fields)) == ()


def test_extra_body_is_kept_when_fields_are_left_out() -> None:
    left = GROQ.leave_out(request(n=2, extra_body={"debug": True}))
    assert b'"debug":true' in left.to_json()
    assert b'"n"' not in left.to_json()


def test_a_long_list_of_fields_is_cut_and_counted() -> None:
    found = request(**dict.fromkeys(["verbosity", "prompt_cache_key", "safety_identifier"], "x"),
                    n=2, audio={"a": 1}, moderation={"a": 1}, prediction={"a": 1})  # fmt: skip
    client = at_groq(ScriptedTransport(REFUSAL), unsupported="send")
    with pytest.raises(BadRequestError, match="and 2 more"):
        client.complete(found)


class House:
    """A plugin whose provider has quirks of its own."""

    provider = Provider(
        "house",
        "https://house.example/v1",
        needs_key=False,
        timeout=7.0,
        schema_rules=dataclasses.replace(PROVIDERS["groq"].schema_rules, name="the house"),
        unsupported=UnsupportedFields(refused={"seed": "the house draws its own"}),
    )

    @hookimpl
    def corechat_register_providers(self) -> dict[str, Provider]:
        return {"house": self.provider}


def test_a_plugins_provider_has_the_same_power() -> None:
    client = Client(ScriptedTransport(), provider="house", plugins=[House()], unsupported="error")
    with pytest.raises(RequestValidationError, match="seed: the house draws its own"):
        client.complete(request(seed=1))
    with pytest.raises(RequestValidationError, match="cannot be strict at the house"):
        client.complete(request(), response_format=dict[str, int])


def test_a_provider_is_plain_data() -> None:
    for provider in (House.provider, *PROVIDERS.values()):
        assert pickle.loads(pickle.dumps(provider)) == provider  # noqa: S301 - our own
        assert hash(provider) == hash(dataclasses.replace(provider))


def test_what_is_said_to_be_a_providers_own_is_known_to_be_refused_by_the_other() -> None:
    docstring = inspect.getdoc(ChatRequest) or ""
    of_groq = set(re.findall(r"^    (\w+): Groq[,:]", docstring, re.MULTILINE))
    of_openai = set(re.findall(r"^    (\w+): OpenAI[,:]", docstring, re.MULTILINE))
    assert of_groq == set(OPENAI.refused)
    taken_by_groq = {"store", "stream_options"}  # its API reference lists them
    not_yet_at_groq = {"logprobs", "top_logprobs", "logit_bias"}
    assert of_openai - taken_by_groq == set(GROQ.refused) - not_yet_at_groq
    assert {*GROQ.refused, *GROQ.only, *OPENAI.refused} <= set(ChatRequest.model_fields)


@pytest.mark.parametrize(
    ("options", "seconds"),
    [
        ({"provider": "groq"}, 60),
        ({"provider": "openai"}, 600),
        ({"provider": "openrouter"}, 60),
        ({"base_url": "https://h/v1"}, 60),
        ({"provider": "house", "plugins": [House()]}, 7),
        ({"provider": "openai", "timeout": 5}, 5),
    ],
    ids=lambda value: str(value.get("provider")) if isinstance(value, dict) else str(value),
)
def test_a_call_may_take_as_long_as_the_providers_own_client_waits(
    options: dict[str, Any], seconds: float
) -> None:
    left: list[float] = []

    class Transport(ScriptedTransport):
        def send(self, request: Any, deadline: Any) -> Any:
            left.append(deadline.remaining())
            return super().send(request, deadline)

    Client(Transport(), api_key=KEY, **options).complete(request())
    assert seconds - 5 < left[0] <= seconds
