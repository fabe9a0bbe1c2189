"""vcrpy and pytest-recording play what corechat recorded; corechat plays what vcrpy recorded."""

import asyncio
import gzip
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import aiohttp
import httpx
import pytest
import vcr

from corechat.transport import Transport, TransportOptions
from corechat_aiohttp.factories import aiohttp as aiohttp_backend
from corechat_httpx.factories import httpx as httpx_backend
from corechat_replay.cassette.reader import load
from corechat_replay.factories import replay
from corechat_replay.record import RecordingTransport
from tests.cassettes.support import Answer, ask, chat, completion, serve

PROMPTS = (
    "plain",
    "Grüße, 世界 🙂",
    "line\nbreak\ttab \x7f \u2028 \u200b \ufeff",
    'quote " and \\',
)
HEADERS = {"Content-Type": "application/json"}
BACKENDS: dict[str, Callable[[TransportOptions], Transport]] = {
    "httpx": httpx_backend,
    "aiohttp": aiohttp_backend,
}


def recorded(path: Path, backend: str) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    with serve() as server:
        transport = RecordingTransport(BACKENDS[backend](TransportOptions()), path)
        for prompt in PROMPTS:
            ask(transport, chat(prompt), server.chat_url)
        transport.close()
        return server.chat_url  # and the server is gone


def body(prompt: str) -> bytes:
    return json.dumps(chat(prompt), ensure_ascii=False).encode()


def said(answer: Any) -> str:
    return str(answer["choices"][0]["message"]["content"])


MATCHERS: list[list[str]] = [
    ["method", "scheme", "host", "port", "path", "query"],
    ["method", "uri", "body"],
]


@pytest.mark.parametrize("match_on", MATCHERS)
@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("name", ["a.yaml", "a.json"])
def test_vcrpy_plays_our_file_with_httpx(
    tmp_path: Path, name: str, backend: str, match_on: list[str]
) -> None:
    path = tmp_path / name
    url = recorded(path, backend)
    before = path.read_bytes()
    serializer = "json" if name.endswith("json") else "yaml"
    with (
        vcr.use_cassette(
            str(path), record_mode="none", match_on=match_on, serializer=serializer
        ) as cassette,
        httpx.Client() as client,
    ):
        for prompt in PROMPTS:
            response = client.post(url, content=body(prompt), headers=HEADERS)
            assert said(response.json()) == f"You said: {prompt}"
        assert cassette.all_played
    assert path.read_bytes() == before


@pytest.mark.parametrize("backend", BACKENDS)
def test_vcrpy_plays_our_file_with_aiohttp(tmp_path: Path, backend: str) -> None:
    path = tmp_path / "a.yaml"
    url = recorded(path, backend)

    async def talk() -> list[str]:
        async with aiohttp.ClientSession() as session:
            answers: list[str] = []
            for prompt in PROMPTS:
                async with session.post(url, data=body(prompt), headers=HEADERS) as response:
                    assert response.status == 200
                    answers.append(said(await response.json()))
            return answers

    with vcr.use_cassette(str(path), record_mode="none") as cassette:
        assert asyncio.run(talk()) == [f"You said: {prompt}" for prompt in PROMPTS]
        assert cassette.all_played


def test_vcrpy_goes_on_recording_in_our_file_and_we_read_the_result(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    with serve() as server:
        transport = RecordingTransport(httpx_backend(TransportOptions()), path)
        ask(transport, chat("ours"), server.chat_url)
        transport.close()
        with (
            vcr.use_cassette(str(path), record_mode="new_episodes", match_on=["uri", "body"]),
            httpx.Client() as client,
        ):
            client.post(server.chat_url, content=body("theirs"), headers=HEADERS)
        again = replay(TransportOptions(), cassette=path)
        for prompt in ("theirs", "ours"):
            assert ask(again, chat(prompt), server.chat_url) == f"You said: {prompt}"


def test_an_answer_that_is_no_text_loads_in_vcrpy_too(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    with serve(
        lambda *_: Answer(b"<h1>Caf\xe9</h1>", 502, {"Content-Type": "text/html"})
    ) as server:
        transport = RecordingTransport(httpx_backend(TransportOptions()), path)
        with pytest.raises(UnicodeDecodeError):
            ask(transport, chat("q"), server.chat_url)
        transport.close()
        url = server.chat_url
    with vcr.use_cassette(str(path), record_mode="none"), httpx.Client() as client:
        response = client.post(url, content=body("q"), headers=HEADERS)
    assert (response.status_code, response.text) == (502, "<h1>Caf\ufffd</h1>")


def test_pytest_recording_plays_our_file(tmp_path: Path) -> None:
    pytest.importorskip("pytest_recording", reason="pytest-recording is not installed")
    url = recorded(tmp_path / "cassettes" / "test_theirs" / "test_it.yaml", "httpx")
    (tmp_path / "test_theirs.py").write_text(
        "import httpx, pytest\n"
        "@pytest.mark.vcr\n"
        "@pytest.mark.block_network\n"
        "def test_it():\n"
        f"    for data in {[body(prompt) for prompt in PROMPTS]!r}:\n"
        f"        response = httpx.post({url!r}, content=data,\n"
        "            headers={'Content-Type': 'application/json'})\n"
        "        text = response.json()['choices'][0]['message']['content']\n"
        "        assert text.startswith('You said')\n"
    )
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-c", "/dev/null"]
    run = subprocess.run(  # noqa: S603 - our own test
        [*command, f"--rootdir={tmp_path}", str(tmp_path), "--record-mode=none"],
        capture_output=True,
        text=True,
        check=False,
        timeout=100,
        cwd=tmp_path,
    )
    assert run.returncode == 0, run.stdout + run.stderr
    assert pytest.RunResult.parse_summary_nouns(run.stdout.splitlines()) == {"passed": 1}


def gzipped(headers: dict[str, str], sent: bytes) -> Answer:
    del headers
    prompt = json.loads(sent)["messages"][-1]["content"]
    packed = gzip.compress(json.dumps(completion(f"You said: {prompt}")).encode(), mtime=0)
    return Answer(packed, headers={"Content-Encoding": "gzip", "Set-Cookie": "a=b"})


def sdk_client(name: str, url: str) -> Any:
    module = pytest.importorskip(name, reason=f"the SDK {name!r} is not installed")
    if name == "groq":  # it appends /openai/v1 itself
        return module.Groq(api_key="k" * 20, base_url=url)
    return module.OpenAI(api_key="k" * 20, base_url=f"{url}/openai/v1")


def create(client: Any, prompt: str) -> None:
    client.chat.completions.create(model="m", messages=[{"role": "user", "content": prompt}])


@pytest.mark.parametrize("sdk", ["groq", "openai"])
@pytest.mark.parametrize("coding", ["kept", "undone"])
def test_corechat_plays_what_vcrpy_recorded_through_an_sdk(
    tmp_path: Path, sdk: str, coding: str
) -> None:
    path = tmp_path / "a.yaml"
    with serve(gzipped) as server:
        client = sdk_client(sdk, server.url)
        with (
            vcr.use_cassette(
                str(path), match_on=["uri", "body"], decode_compressed_response=coding == "undone"
            ),
            client,
        ):
            for prompt in PROMPTS:
                create(client, prompt)
        url = f"{server.url}/openai/v1"
    assert load(path).endpoint == url
    transport = replay(TransportOptions(), cassette=path)
    for prompt in reversed(PROMPTS):
        assert ask(transport, chat(prompt), f"{url}/chat/completions") == f"You said: {prompt}"
    assert transport.unplayed() == ()


def test_corechat_plays_what_vcrpy_recorded_through_aiohttp(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"

    async def talk(url: str) -> None:
        async with aiohttp.ClientSession() as session:
            for prompt in PROMPTS:
                async with session.post(url, json=chat(prompt)) as response:
                    await response.read()

    with serve() as server:
        with vcr.use_cassette(str(path), match_on=["uri", "body"]):
            asyncio.run(talk(server.chat_url))
        url = server.chat_url
    transport = replay(TransportOptions(), cassette=path)
    for prompt in PROMPTS:
        assert ask(transport, chat(prompt), url) == f"You said: {prompt}"


@pytest.mark.parametrize("sdk", ["groq", "openai"])
def test_the_sdks_replay_our_recording_under_vcrpy(tmp_path: Path, sdk: str) -> None:
    path = tmp_path / "a.json"
    with serve() as server:
        transport = RecordingTransport(httpx_backend(TransportOptions()), path)
        sent = {"messages": [{"role": "user", "content": "hello"}], "model": "m"}
        ask(transport, sent, f"{server.url}/openai/v1/chat/completions")
        transport.close()
        client = sdk_client(sdk, server.url)
    with vcr.use_cassette(str(path), record_mode="none", match_on=["uri", "body"]), client:
        reply = client.chat.completions.create(
            model="m", messages=[{"role": "user", "content": "hello"}]
        )
    assert reply.choices[0].message.content == "You said: hello"


def test_corechat_plays_the_aliases_that_vcrpy_writes(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    constant = {"Content-Type": ["application/json"], "x-request-id": ["req_1"]}

    def with_constant_headers(response: dict[str, Any]) -> dict[str, Any]:
        return response | {"headers": constant}

    with (
        serve() as server,
        vcr.use_cassette(str(path), before_record_response=with_constant_headers),
        httpx.Client() as client,
    ):
        for prompt in PROMPTS:
            client.post(server.chat_url, content=body(prompt), headers=HEADERS)
    assert "*id001" in path.read_text()
    transport = replay(TransportOptions(), cassette=path)
    assert [ask(transport, chat(prompt), server.chat_url) for prompt in PROMPTS] == [
        f"You said: {prompt}" for prompt in PROMPTS
    ]
    for each in load(path).interactions:
        assert each.response.headers["x-request-id"] == "req_1"
