"""One cassette answers corechat, groq-python, openai-python and bare HTTP, offline."""

import errno
import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import groq
import openai
import pytest

import corechat
from corechat_replay.cassette.reader import parse_whole
from corechat_replay.cli.serve import ReplayServer
from tests.cassettes.support import chat, interaction, write
from tests.cli_cassette.support import run

ROOT = Path(__file__).resolve().parents[2]
HELLO = ROOT / "cassettes" / "hello.json"
ASK: dict[str, Any] = {
    "model": "SmolLM2-135M-Instruct",
    "messages": [{"role": "user", "content": "What is the capital of France?"}],
}
ANSWER = "The capital of France is Paris."
COMMAND = [sys.executable, "-c", "from corechat._cli import main; main()", "cassette", "serve"]


@contextmanager
def serving(path: Path, **options: Any) -> Iterator[ReplayServer]:
    server = ReplayServer(str(path), parse_whole(path.read_bytes(), str(path)), **options)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def post(url: str, body: object) -> tuple[int, dict[str, Any]]:
    data = json.dumps(body).encode()
    request = urllib.request.Request(url, data, {"Content-Type": "application/json"})  # noqa: S310 - loopback
    try:
        with urllib.request.urlopen(request, timeout=30) as response:  # noqa: S310 - loopback
            return response.status, json.loads(response.read())
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.loads(error.read())


def said(answer: dict[str, Any]) -> str:
    return str(answer["choices"][0]["message"]["content"])


@pytest.fixture(scope="module")
def command() -> Iterator[str]:
    """Run the command in a process of its own, as a user does; give its address."""
    process = subprocess.Popen(  # noqa: S603 - our own command
        [*COMMAND, str(HELLO), "--port", "0"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )
    assert process.stdout is not None
    try:
        first = process.stdout.readline()
        found = re.search(r"1 recording of .*hello.json at (http://127.0.0.1:\d+)/v1", first)
        assert found, first
        yield found[1]
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=30)
        assert "1 of 1 recording played" in errors
        assert "Traceback" not in errors
    finally:
        process.kill()
        process.communicate()


def test_groq_python_gets_its_answer(command: str) -> None:
    with groq.Groq(api_key="none", base_url=command, max_retries=0) as client:
        reply = client.chat.completions.create(**ASK)
    assert reply.choices[0].message.content == ANSWER


def test_openai_python_gets_its_answer(command: str) -> None:
    with openai.OpenAI(api_key="none", base_url=f"{command}/v1", max_retries=0) as client:
        reply = client.chat.completions.create(**ASK)
    assert reply.choices[0].message.content == ANSWER
    assert reply.usage is not None
    assert reply.usage.total_tokens == 36


@pytest.mark.parametrize("backend", ["httpx", "aiohttp"])
def test_corechat_gets_its_answer(command: str, backend: str) -> None:
    with corechat.Client(backend, base_url=f"{command}/v1", api_key="none") as client:
        assert client.complete(**ASK).text == ANSWER


def test_bare_http_gets_its_answer_at_any_base_path(command: str) -> None:
    for path in ("/v1", "/openai/v1", "/api/paas/v4", ""):
        status, answer = post(f"{command}{path}/chat/completions", ASK)
        assert (status, said(answer)) == (200, ANSWER)


def test_a_miss_is_a_404_in_openais_form_that_names_the_difference(command: str) -> None:
    other = {**ASK, "messages": [{"role": "user", "content": "What is the capital of Spain?"}]}
    with (
        openai.OpenAI(api_key="none", base_url=f"{command}/v1") as client,
        pytest.raises(openai.NotFoundError) as caught,
    ):
        client.chat.completions.create(**other)
    assert caught.value.code == "not_recorded"
    assert caught.value.type == "cassette_error"
    assert "messages[0].content" in str(caught.value)
    assert "France" in str(caught.value)
    assert "Spain" in str(caught.value)
    assert "corechat chat --record FILE" in str(caught.value)
    with (
        groq.Groq(api_key="none", base_url=command) as theirs,
        pytest.raises(groq.NotFoundError, match="Spain"),
    ):
        theirs.chat.completions.create(**other)
    with (
        corechat.Client(base_url=f"{command}/v1", api_key="none") as ours,
        pytest.raises(corechat.NotFoundError, match="Spain"),
    ):
        ours.complete(**other)


def test_recordings_of_one_request_play_in_order_and_the_last_one_again(tmp_path: Path) -> None:
    path = write(tmp_path / "a.json", *(interaction(chat("q"), text) for text in "abc"))
    with serving(path) as server:
        answers = [said(post(f"{server.url}/v1/chat/completions", chat("q"))[1]) for _ in range(5)]
        assert server.unplayed() == ()
    assert answers == ["a", "b", "c", "c", "c"]


def test_each_recording_is_played_once_if_asked_for(tmp_path: Path) -> None:
    path = write(tmp_path / "a.json", *(interaction(chat("q"), str(n)) for n in range(40)))
    with serving(path, repeat_last=False) as server:
        url = f"{server.url}/v1/chat/completions"
        with ThreadPoolExecutor(8) as pool:
            answers = list(pool.map(lambda _: post(url, chat("q")), range(40)))
        assert Counter(said(answer) for _, answer in answers) == Counter(map(str, range(40)))
        status, answer = post(url, chat("q"))
    assert status == 404
    assert "played 40 of 40" in answer["error"]["message"]


def test_fields_can_be_ignored(tmp_path: Path) -> None:
    path = write(tmp_path / "a.json", interaction(chat("q", user="me"), "a"))
    with serving(path, ignore=["user"]) as server:
        assert post(f"{server.url}/v1/chat/completions", chat("q", user="you"))[0] == 200
    with serving(path) as server:
        assert post(f"{server.url}/v1/chat/completions", chat("q", user="you"))[0] == 404


def test_other_apis_are_found_by_path_and_query(tmp_path: Path) -> None:
    models = interaction([], "models", url="https://api.groq.com/openai/v1/models?page=2")
    models["request"] |= {"method": "GET", "body": ""}
    with serving(write(tmp_path / "a.json", models)) as server:
        url = f"{server.url}/openai/v1/models"
        with urllib.request.urlopen(f"{url}?page=2", timeout=30) as response:  # noqa: S310 - loopback
            assert said(json.loads(response.read())) == "models"
        with pytest.raises(urllib.error.HTTPError) as caught:
            urllib.request.urlopen(url, timeout=30)  # noqa: S310 - loopback
        assert caught.value.code == 404
        caught.value.close()


def _raw(server: ReplayServer, data: bytes) -> bytes:
    with socket.create_connection(("127.0.0.1", int(server.server_address[1])), 30) as sock:
        sock.sendall(data)
        sock.shutdown(socket.SHUT_WR)
        return b"".join(iter(lambda: sock.recv(65536), b""))


def test_recorded_errors_headers_and_statuses_come_back(tmp_path: Path) -> None:
    recorded = interaction(chat("q"), "")
    recorded["response"] |= {
        "status": {"code": 429, "message": "Too Many Requests"},
        "headers": {
            "Content-Type": ["application/json"],
            "Retry-After": ["7"],
            "Set-Cookie": ["a=b"],
            "Connection": ["close"],
            "X-Evil": ["a\r\nX-Injected: 1"],
            "X-Word": ["Gr\u00fc\u00dfe"],
        },
        "body": {"string": '{"error": {"message": "slow down"}}'},
    }
    body = json.dumps(chat("q")).encode()
    with serving(write(tmp_path / "a.json", recorded)) as server:
        head = b"POST /v1/chat/completions HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n"
        answer = _raw(server, head % len(body) + body).decode()
    assert answer.startswith("HTTP/1.1 429 ")
    assert "Retry-After: 7\r\n" in answer
    assert answer.endswith('\r\n\r\n{"error": {"message": "slow down"}}')
    for word in ("Cookie", "Connection", "Injected", "X-Word"):
        assert word not in answer


@pytest.mark.parametrize(
    ("header", "status"),
    [
        ("Transfer-Encoding: chunked", 411),
        ("Content-Length: -1", 411),
        ("Content-Length: 99999999999", 413),
    ],
)
def test_a_body_without_an_honest_length_is_refused(header: str, status: int) -> None:
    with serving(HELLO) as server:
        answer = _raw(server, f"POST /v1 HTTP/1.1\r\nHost: a\r\n{header}\r\n\r\n".encode())
    assert answer.startswith(f"HTTP/1.1 {status} ".encode())
    assert b"cassette_error" in answer


def test_it_listens_on_loopback_only() -> None:
    with serving(HELLO) as server:
        assert server.server_address[0] == "127.0.0.1"


def test_a_port_in_use_or_unknown_is_an_error_in_one_line() -> None:
    with serving(HELLO) as server:
        taken = run("serve", HELLO, "--port", server.server_address[1])
    assert taken.exit_code == 1
    assert f"cannot be used: {os.strerror(errno.EADDRINUSE)}" in taken.stderr
    assert run("serve", HELLO, "--port", 99999).exit_code == 1
