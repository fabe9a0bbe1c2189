"""The page on migration: its examples do what they did with groq-python and openai-python."""

import io
import json
import re
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

import httpx
import pytest

import corechat
from corechat import ConfigurationError
from corechat.transport import HttpResponse
from tests.core.support import ScriptedTransport as Scripted
from tests.core.support import answer, client_over, completion, serve

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "migrating.md").read_text("utf-8")
BLOCKS = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
GROQ = BLOCKS[:5]
ASK: dict[str, Any] = {"model": "m", "messages": [{"role": "user", "content": "x"}]}


def said(content: str | None, **fields: Any) -> dict[str, Any]:
    return {"index": 0, "finish_reason": "stop", "message": {"content": content, **fields}}


def whole(*choices: dict[str, Any]) -> HttpResponse:
    for index, choice in enumerate(choices):
        choice["index"] = index
        choice["message"] = {"role": "assistant", **choice["message"]}
    return answer(completion(choices=list(choices)), headers={"x-request-id": "req_1"})


_CALL = {"id": "c1", "type": "function", "function": {"name": "temperature", "arguments": ""}}
_CALL["function"]["arguments"] = json.dumps({"city": "Ulm"})  # type: ignore[index]
_LIMIT = {"error": {"message": "Rate limit reached.", "type": "tokens", "code": "rate_limit"}}
_TOKEN = {"token": "Yes", "logprob": -0.1, "bytes": None}

ANSWERS: list[list[HttpResponse]] = [
    [whole(said("It keeps people in the flow."))],
    [whole(said('{"fruits": ["apple", "fig", "kiwi"]}'))],
    [whole(said(None, tool_calls=[_CALL])), whole(said("21 degrees."))],
    [answer(_LIMIT, status=429)],
    [answer()],
    [whole(said("Arr."), said("Aye."))],
    [whole(said('{"name": "fair", "people": ["Ann", "Bob"]}'))],
    [whole(said("A cat."))],
    [
        whole(
            {**said("Yes"), "logprobs": {"content": [{**_TOKEN, "top_logprobs": [_TOKEN]}]}},
        )
    ],
    [whole(said("A river.")), whole(said("It runs."))],
]


def run(code: str, url: str, monkeypatch: pytest.MonkeyPatch, answers: list[HttpResponse]) -> Any:
    """Run an example against a server: what it printed, and what was sent."""
    with serve(*answers) as server:
        monkeypatch.setenv("GROQ_BASE_URL", server.url)
        monkeypatch.setenv("OPENAI_BASE_URL", f"{server.url}/v1")
        for name in ("GROQ_API_KEY", "OPENAI_API_KEY"):
            monkeypatch.setenv(name, "sk-page")
        printed = io.StringIO()
        with redirect_stdout(printed):
            exec(compile(code, url, "exec"), {"__name__": "page"})  # noqa: S102 - our own page
        sent = [json.loads(request.body) for request in server.received]
        return printed.getvalue(), sent


@pytest.mark.parametrize("number", range(len(BLOCKS)))
def test_an_example_does_what_it_did_with_the_library_it_came_from(
    number: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    library, name = ("groq", "Groq") if number < len(GROQ) else ("openai", "OpenAI")
    pytest.importorskip(library)
    now = BLOCKS[number]
    before = now.replace("from corechat import Client", f"from {library} import {name}")
    before = before.replace("import corechat\n", f"import {library} as corechat\n")
    before = before.replace('Client(provider="openai", ', f"{name}(").replace(
        'Client(provider="openai")', f"{name}()"
    )
    before = before.replace("Client(", f"{name}(")
    here, sent = run(now, "now", monkeypatch, ANSWERS[number])
    there, sent_before = run(before, "before", monkeypatch, ANSWERS[number])
    assert here == there
    assert here.strip()
    assert [body["model"] for body in sent] == [body["model"] for body in sent_before]
    assert len(sent) == len(sent_before) == len(ANSWERS[number])


@pytest.mark.parametrize(
    "name", ["copy", "models", "embeddings", "files", "with_raw_response", "api_key"]
)
def test_what_a_client_has_not_says_what_to_use(name: str) -> None:
    client = client_over(Scripted())
    assert not hasattr(client, name)
    with pytest.raises(AttributeError, match=f"'{name}': .+"):
        getattr(client, name)


@pytest.mark.parametrize("name", ["with_raw_response", "with_streaming_response", "stream"])
def test_what_its_calls_have_not_says_what_to_use(name: str) -> None:
    with pytest.raises(AttributeError, match=f"'{name}': .+"):
        getattr(client_over(Scripted()).chat.completions, name)


@pytest.mark.parametrize("name", ["AsyncGroq", "AsyncOpenAI", "Groq", "OpenAI", "Timeout"])
def test_a_class_of_another_client_can_be_imported_and_says_what_to_use(name: str) -> None:
    made = getattr(corechat, name)
    assert name not in dir(corechat)
    with pytest.raises(ConfigurationError, match=f"no {name}: .+"):
        made(api_key="x")


@pytest.mark.parametrize(
    "option",
    ["default_headers", "default_query", "azure_endpoint", "api_version"],
)
def test_an_option_of_another_client_says_what_to_use(option: str) -> None:
    with pytest.raises(ConfigurationError, match=f"^{option}: .+"):
        corechat.Client(api_key="x", **{option: "x"})


def test_a_timeout_of_httpx_says_what_to_use() -> None:
    with pytest.raises(ConfigurationError, match="connect_timeout="):
        corechat.Client(api_key="x", timeout=httpx.Timeout(5, connect=1))  # type: ignore[arg-type]


def test_with_options_shares_the_connections_and_the_end() -> None:
    transport = Scripted(answer({}, status=500), answer())
    client = client_over(transport, max_retries=0, headers={"X-A": "1"})
    other = client.with_options(max_retries=1, timeout=5.0, headers={"X-B": "2"})
    with pytest.raises(corechat.InternalServerError):
        client.complete(**ASK)
    other.complete(**ASK)
    names = {name.lower() for name, _ in transport.requests[-1].headers.pairs}
    assert {"x-a", "x-b", "authorization"} <= names
    assert "x-b" not in {name.lower() for name, _ in transport.requests[0].headers.pairs}
    other.close()
    with pytest.raises(ConfigurationError, match="closed"):
        client.complete(**ASK)


@pytest.mark.parametrize("wrong", [{"headers": ["X-A"]}, {"timeout": "5"}, {"max_retries": -1}])
def test_a_wrong_option_of_a_copy_is_refused_by_name(wrong: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError, match=next(iter(wrong))):
        client_over(Scripted()).with_options(**wrong)


def test_the_account_is_named_by_argument_or_at_openai_by_the_environment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("OPENAI_ORG_ID", "org_env")
    monkeypatch.setenv("OPENAI_PROJECT_ID", "proj_env")
    for options, expected in (
        ({"provider": "openai"}, ("org_env", "proj_env")),
        ({"provider": "openai", "organization": "org_1"}, ("org_1", "proj_env")),
        ({"organization": "org_1"}, ("org_1", None)),
        ({}, (None, None)),
    ):
        transport = Scripted()
        client_over(transport, **options).complete(
            model="m", messages=[{"role": "user", "content": "x"}]
        )
        sent = transport.requests[0].headers
        assert (sent.get("openai-organization"), sent.get("openai-project")) == expected


@pytest.mark.parametrize("library", ["groq", "openai"])
def test_what_that_library_calls_not_given_is_left_out(library: str) -> None:
    module = pytest.importorskip(library)
    transport = Scripted()
    client_over(transport).chat.completions.create(
        model="m",
        messages=[{"role": "user", "content": "x"}],
        temperature=module.NOT_GIVEN,
        tools=getattr(module, "omit", module.NOT_GIVEN),
    )
    assert json.loads(transport.requests[0].body).keys() == {"model", "messages"}


@pytest.mark.parametrize("library", ["groq", "openai"])
def test_a_message_object_of_that_library_is_sent_as_it_is(library: str) -> None:
    types = pytest.importorskip(f"{library}.types.chat")
    call = {"id": "1", "type": "function", "function": {"name": "f", "arguments": "{}"}}
    said = {"role": "assistant", "content": None, "tool_calls": [call]}
    message = types.ChatCompletionMessage.model_validate(said)
    result = {"role": "tool", "tool_call_id": "1", "content": "3"}
    transport = Scripted()
    client_over(transport).complete(model="m", messages=[message, result])
    assert json.loads(transport.requests[0].body)["messages"] == [said, result]


def test_names_of_other_clients_that_have_a_meaning_here_are_understood() -> None:
    transport = Scripted()
    client_over(transport).chat.completions.create(
        **ASK,
        temperature=corechat.NOT_GIVEN,  # type: ignore[arg-type]
        tools=corechat.omit,  # type: ignore[arg-type]
    )
    assert json.loads(transport.requests[0].body).keys() == {"model", "messages"}
    assert corechat.GroqError is corechat.OpenAIError is corechat.CorechatError


def test_an_option_of_another_backend_says_which() -> None:
    with pytest.raises(ConfigurationError, match=r"Client\('replay', cassette="):
        corechat.Client(api_key="x", cassette="a.json")
