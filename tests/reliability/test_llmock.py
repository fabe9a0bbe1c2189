"""llmock, a mock made by others, breaks calls by a script and grades the client that made them."""

import contextlib
import json
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest

import corechat
from tests.reliability.clients import BACKENDS

pytestmark = pytest.mark.slow

_START = "from llmock.cli import app; app()"
_STARTING = 60.0


class Llmock:
    """Speak to a running llmock.

    Args:
        port: where it listens.
    """

    def __init__(self, port: int) -> None:
        self._url = f"http://127.0.0.1:{port}"
        self.base_url = f"{self._url}/groq/openai/v1"

    def ask(self, method: str, path: str, body: object = None) -> Any:
        """Use its control interface."""
        request = urllib.request.Request(  # noqa: S310 - loopback
            f"{self._url}/_llmock/{path}",
            method=method,
            data=None if body is None else json.dumps(body).encode(),
        )
        with urllib.request.urlopen(request, timeout=20) as response:  # noqa: S310 - loopback
            return json.loads(response.read())

    def play(self, *behaviors: dict[str, Any]) -> None:
        """Forget what was, and treat the next requests so."""
        self.ask("POST", "reset")
        self.ask("POST", "scenario", {"behaviors": behaviors})


def _free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port: int = sock.getsockname()[1]
        return port


@pytest.fixture(scope="module")
def llmock() -> Iterator[Llmock]:
    port = _free_port()
    command = [sys.executable, "-c", _START, "serve", "--host", "127.0.0.1", "--port", str(port)]
    with subprocess.Popen(  # noqa: S603 - this very interpreter, fixed words
        [*command, "--log-level", "error"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as process:
        try:
            server = Llmock(port)
            end = time.monotonic() + _STARTING
            while True:
                with contextlib.suppress(OSError):
                    server.ask("POST", "reset")
                    break
                assert process.poll() is None, "llmock did not start"
                assert time.monotonic() < end, "llmock does not answer"
                time.sleep(0.2)
            yield server
        finally:
            process.terminate()
            process.wait(20)


def _ask(client: corechat.Client, number: int) -> str:
    message = {"role": "user", "content": f"Question {number}"}
    return client.complete(model=f"m{number}", messages=[message]).text


def _for(number: int, **behavior: Any) -> dict[str, Any]:
    return {**behavior, "match": {"model": f"m{number}"}}


@pytest.mark.parametrize("backend", BACKENDS)
def test_llmock_finds_nothing_wrong_with_how_faults_are_met(llmock: Llmock, backend: str) -> None:
    llmock.play(
        _for(0, type="fail", status=429, retry_after=1),
        _for(1, type="fail", status=503),
        _for(2, type="fail", status=500, times=2),
        _for(3, type="fail", status=400),
        _for(4, type="fail", status=401),
        _for(5, type="fail", status=422),
        _for(6, type="delay", seconds=0.5),
    )
    ended: list[str] = []
    with corechat.Client(
        backend, base_url=llmock.base_url, api_key="gsk-mock", timeout=20
    ) as client:
        for number in range(8):
            try:
                ended.append("answer" if _ask(client, number) else "no text")
            except corechat.APIStatusError as error:
                ended.append(type(error).__name__)
    refused = ["BadRequestError", "AuthenticationError", "UnprocessableEntityError"]
    assert ended == ["answer"] * 3 + refused + ["answer"] * 2
    verdict = llmock.ask("GET", "verdict")
    assert verdict["passed"], verdict
    # full jitter may make the second wait no longer than the first: llmock warns of that
    assert {finding["code"] for finding in verdict["findings"]} <= {"no_backoff"}, verdict
    assert verdict["calls"] == 8
    assert verdict["attempts"] == 8 + 4
    assert verdict["faults_injected"] >= 7


@pytest.mark.parametrize("backend", BACKENDS)
def test_llmock_passes_eight_threads_amid_faults(llmock: Llmock, backend: str) -> None:
    llmock.play(
        {"type": "fail", "status": 503, "times": 6},
        {"type": "fail", "status": 429, "retry_after": 1, "times": 4},
        {"type": "delay", "seconds": 0.2, "times": 5},
    )
    ended: list[str] = []
    with corechat.Client(
        backend, base_url=llmock.base_url, api_key="gsk-mock", timeout=30, max_retries=8
    ) as client:

        def work(part: int) -> None:
            ended.extend([_ask(client, 100 * part + number) for number in range(4)])

        threads = [threading.Thread(target=work, args=(part,)) for part in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
    assert len(ended) == 32
    assert all(ended)
    verdict = llmock.ask("GET", "verdict")
    assert verdict["passed"], verdict
    assert verdict["calls"] == 32


@pytest.mark.parametrize("backend", BACKENDS)
def test_llmock_sees_one_request_where_the_wait_is_too_long(llmock: Llmock, backend: str) -> None:
    llmock.play({"type": "fail", "status": 429, "retry_after": 300, "times": 3})
    with corechat.Client(
        backend, base_url=llmock.base_url, api_key="gsk-mock", timeout=5
    ) as client:
        start = time.monotonic()
        with pytest.raises(corechat.RateLimitError) as raised:
            _ask(client, 1)
    assert raised.value.retry_after == 300
    assert time.monotonic() - start < 4
    verdict = llmock.ask("GET", "verdict")
    assert verdict["passed"], verdict
    assert verdict["attempts"] == 1
