"""Cassettes as a user meets them: through `corechat.Client`."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

import corechat
from corechat.errors import ConfigurationError, UnmatchedRequestError
from corechat_replay.cassette.reader import load
from tests.cassettes.support import Answer, chat, completion, serve

HELLO: Any = [{"role": "user", "content": "hello"}]
KEY = "gsk_" + "Zq7" * 14


@pytest.mark.parametrize("backend", ["httpx", "httpx2", "aiohttp"])
def test_a_client_records_once_and_replays_without_key_or_server(
    tmp_path: Path, backend: str
) -> None:
    path = tmp_path / "hello.yaml"
    with serve() as server:
        live = corechat.Client(backend, base_url=server.base_url, api_key=KEY, record=path)
        with live as client:
            first = client.complete(model="m", messages=HELLO)
    assert server.requests[0][1]["authorization"] == f"Bearer {KEY}"
    assert KEY not in path.read_text()
    with corechat.Client(backend, record=path) as client:
        again = client.complete(model="m", messages=HELLO)
        assert again.text == first.text == "You said: hello"
        with pytest.raises(UnmatchedRequestError, match="played 1 of 1"):
            client.complete(model="m", messages=HELLO)
    with corechat.Client(backend="replay", cassette=path) as client:
        assert client.complete(model="m", messages=HELLO) == again
        with pytest.raises(UnmatchedRequestError, match=r"'hello' → 'good-bye'"):
            client.complete(model="m", messages=[{"role": "user", "content": "good-bye"}])
    assert len(server.requests) == 1


def test_one_recording_serves_every_transport_byte_for_byte(tmp_path: Path) -> None:
    files: list[bytes] = []
    with serve() as server:
        for backend in ("httpx", "httpx2", "aiohttp"):
            path = tmp_path / f"{backend}.json"
            with corechat.Client(
                backend, base_url=server.base_url, api_key=KEY, record=path
            ) as client:
                client.complete(model="m", messages=HELLO)
            files.append(path.read_bytes())
    assert files[0] == files[1] == files[2]


def test_retried_attempts_are_recorded_and_replayed_in_their_order(tmp_path: Path) -> None:
    answers = [
        Answer(b'{"error": {"message": "slow down"}}', 429, {"retry-after-ms": "1"}),
        Answer(json.dumps(completion("at last")).encode()),
    ]
    path = tmp_path / "a.json"
    with (
        serve(lambda *_: answers.pop(0)) as server,
        corechat.Client(base_url=server.base_url, record=path) as client,
    ):
        assert client.complete(model="m", messages=HELLO).text == "at last"
    with corechat.Client(backend="replay", cassette=path) as client:
        reply = client.complete(model="m", messages=HELLO)
    assert (reply.text, reply.http.attempts) == ("at last", 2)


def test_an_error_that_repeats_the_key_is_recorded_without_it(tmp_path: Path) -> None:
    body = json.dumps({"error": {"message": f"Incorrect API key {KEY} of org_{'a1' * 13}"}})
    path = tmp_path / "a.json"
    with (
        serve(lambda *_: Answer(body.encode(), 401)) as server,
        corechat.Client(base_url=server.base_url, api_key=KEY, record=path) as client,
        pytest.raises(corechat.AuthenticationError),
    ):
        client.complete(model="m", messages=HELLO)
    with (
        corechat.Client(backend="replay", cassette=path) as client,
        pytest.raises(corechat.AuthenticationError, match=r"key \[hidden\] of \[organization\]"),
    ):
        client.complete(model="m", messages=HELLO)
    assert KEY not in path.read_text()


def test_an_unknown_record_mode_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="Did you mean 'rewrite'"):
        corechat.Client(
            base_url="http://127.0.0.1:1/v1", record=tmp_path / "a.json", record_mode="rewrit"
        )


def ask_again(client: corechat.Client, body: dict[str, Any]) -> corechat.ChatResponse:
    known = corechat.ChatRequest.model_fields
    extra = {name: value for name, value in body.items() if name not in known}
    named = {name: value for name, value in body.items() if name in known}
    return client.complete(**named, extra_body=extra)


def test_every_plain_chat_of_the_corpus_gets_its_answer_through_a_client(corpus_dir: Path) -> None:
    outcomes: Counter[str] = Counter()
    for path in sorted((corpus_dir / "yaml").iterdir()):
        with corechat.Client(backend="replay", cassette=path, max_retries=0) as client:
            endpoint = client_endpoint(path)
            for interaction in load(path).interactions:
                body = json.loads(interaction.request.body)
                if not interaction.request.url.startswith(endpoint) or body.get("stream"):
                    continue
                try:
                    ask_again(client, body)
                    outcomes["answered"] += interaction.response.status == 200
                except corechat.APIStatusError as error:
                    outcomes["refused"] += error.status_code == interaction.response.status
                except corechat.APIResponseValidationError as error:
                    # a content filter answers 200 with an error object
                    outcomes["filtered" if "Azure" in str(error) else "invalid"] += 1
            with pytest.raises(UnmatchedRequestError):
                client.complete(**chat("no such prompt"))
    assert outcomes["answered"] > 30
    assert outcomes["refused"] >= 5
    assert outcomes["invalid"] == 0


def client_endpoint(path: Path) -> str:
    endpoint = load(path).endpoint
    assert endpoint
    return endpoint.partition("?")[0] + "/chat/completions"
