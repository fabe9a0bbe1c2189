"""The backend llamacpp gives what llama.cpp's HTTP server gives: status and JSON."""

import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import corechat
from corechat.transport import Transport, TransportOptions
from corechat_llamacpp.factories import llamacpp
from tests.llamacpp.local import HELLO, ask
from tests.servers.llama_server import LlamaServer

VOLATILE = frozenset({"id", "created", "timings"})
PERSON = {
    "type": "object",
    "properties": {"name": {"type": "string"}, "age": {"type": "integer"}},
    "required": ["name", "age"],
}
TOOL = {"type": "function", "function": {"name": "get_weather", "parameters": PERSON}}


def held_to(schema: Any) -> dict[str, Any]:
    """Ask for an answer of a schema."""
    wanted = {"name": "answer", "schema": schema}
    return HELLO | {"response_format": {"type": "json_schema", "json_schema": wanted}}


ASKED: dict[str, tuple[int, dict[str, Any] | bytes]] = {
    "a plain chat": (200, HELLO),
    "an answer cut short": (200, HELLO | {"max_tokens": 1}),
    "a json_schema": (200, held_to(PERSON)),
    "a json_object": (200, HELLO | {"response_format": {"type": "json_object"}}),
    "tools": (200, HELLO | {"tools": [TOOL]}),
    "a required tool": (200, HELLO | {"tools": [TOOL], "tool_choice": "required"}),
    "two choices": (200, HELLO | {"n": 2}),
    "logprobs": (200, HELLO | {"logprobs": True, "top_logprobs": 3}),
    "an event stream": (200, HELLO | {"stream": True}),
    "cut JSON": (400, b'{"messages": ['),
    "bytes that are no UTF-8": (400, b'{"messages": "\xff"}'),
    "no messages": (400, {}),
    "messages of a wrong type": (400, {"messages": "hello"}),
    "a temperature of a wrong type": (400, HELLO | {"temperature": "hot"}),
    "an unusable schema": (400, held_to({"type": "nonsense"})),
    "more choices than slots": (400, HELLO | {"n": 99}),
    "an over-long prompt": (400, {"messages": [{"role": "user", "content": "long " * 9000}]}),
}
PATHS = {
    "a path that is not there": ("POST", "/nowhere"),
    "GET": ("GET", "/chat/completions"),
    "PUT": ("PUT", "/chat/completions"),
    "DELETE": ("DELETE", "/chat/completions"),
    "the models": ("GET", "/models"),
    "the models by POST": ("POST", "/models"),
}


@pytest.fixture(scope="module")
def local(tiny_model_path: Path) -> Iterator[Transport]:
    transport = llamacpp(TransportOptions(), model_path=tiny_model_path, n_parallel=4)
    yield transport
    transport.close()


def over_http(server: LlamaServer, method: str, path: str, body: bytes) -> tuple[int, str, bytes]:
    """Send the same request to the HTTP server, with the standard library."""
    url = server.base_url + path
    headers = {"Content-Type": "application/json"}
    request = urllib.request.Request(url, body, headers, method=method)  # noqa: S310 - loopback
    try:
        with urllib.request.urlopen(request, timeout=30) as response:  # noqa: S310 - loopback
            return response.status, response.headers["Content-Type"], response.read()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.headers["Content-Type"], error.read()


def stable(value: Any) -> Any:
    """Drop what differs from run to run."""
    if isinstance(value, dict):
        return {key: stable(item) for key, item in value.items() if key not in VOLATILE}
    return [stable(item) for item in value] if isinstance(value, list) else value


def events(body: bytes) -> list[Any]:
    """Read the JSON of an event stream's events."""
    lines = [line.removeprefix("data: ") for line in body.decode().splitlines() if line]
    return [stable(json.loads(line)) for line in lines if line != "[DONE]"]


@pytest.mark.parametrize("case", ASKED)
def test_it_answers_as_the_http_server_does(
    local: Transport, llama_server: LlamaServer, case: str
) -> None:
    status, asked = ASKED[case]
    body = asked if isinstance(asked, bytes) else json.dumps(asked).encode()
    response = ask(local, body)
    path = "/chat/completions"
    their_status, their_type, their_body = over_http(llama_server, "POST", path, body)
    assert response.status == their_status == status
    assert response.headers["Content-Type"] == their_type
    if case == "an event stream":
        assert events(response.body) == events(their_body)
        assert len(events(response.body)) > 3
    else:
        assert stable(json.loads(response.body)) == stable(json.loads(their_body))


@pytest.mark.parametrize("case", PATHS)
def test_it_knows_the_paths_that_the_http_server_knows(
    local: Transport, llama_server: LlamaServer, case: str
) -> None:
    method, path = PATHS[case]
    response = ask(local, method=method, path=f"/v1{path}")
    status, content_type, _ = over_http(llama_server, method, path, b"")
    assert (response.status, response.headers["Content-Type"]) == (status, content_type)


def test_the_answers_name_the_model_and_not_its_folder(local: Transport) -> None:
    assert json.loads(ask(local, HELLO).body)["model"] == "tiny"


def test_a_client_needs_nothing_but_the_file(
    tiny_model_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("GROQ_API_KEY", raising=False)
    with corechat.Client("llamacpp", model_path=tiny_model_path) as client:
        reply = client.complete(model="any", messages=HELLO["messages"])
        assert reply.text == "Hi!"
        with pytest.raises(corechat.BadRequestError):
            client.complete(model="any", messages=HELLO["messages"], n=99)
