"""Ctrl-C in the middle of many requests: it ends at once, and loses no answer that has come."""

import os
import signal
import subprocess
import sys
import threading
import time
from typing import Any

import pytest

from corechat.transport import HttpResponse
from tests.core.support import KEY
from tests.many.support import echo, many

CODE = """
import sys, corechat
backend, url, caught = sys.argv[1:]
asked = [{"model": "m", "messages": [{"role": "user", "content": text}]}
         for text in ["30", *"abcdef", "30", *"ghij", *["30"] * 50]]
client = corechat.Client(backend, base_url=url, api_key="KEY")
def told(outcome):
    print("told", outcome.result().text, flush=True)
outcomes = client.map(asked, concurrency=4, on_outcome=told)
try:
    for outcome in outcomes:
        print("given", outcome.result().text, flush=True)
except KeyboardInterrupt:
    if caught == "uncaught":
        raise
    for outcome in outcomes:
        print("given", outcome.result().text, flush=True)
    print(outcomes.stopped, len(outcomes.unfinished), flush=True)
""".replace("KEY", KEY)


@pytest.mark.parametrize("backend", ["httpx", "httpx2", "aiohttp", "pyreqwest"])
@pytest.mark.parametrize("caught", ["caught", "uncaught"])
def test_it_ends_within_a_second_and_loses_nothing(backend: str, caught: str) -> None:
    over = threading.Event()

    def handler(parameters: dict[str, Any]) -> HttpResponse:
        if parameters["messages"][-1]["content"] == "30":
            over.wait(30)
            return echo({"messages": [{"content": "late"}]})
        return echo(parameters)

    with many(handler) as server:
        process = subprocess.Popen(  # noqa: S603 - our own interpreter and code
            [sys.executable, "-c", CODE, backend, f"{server.url}/v1", caught],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
        )
        with process:
            assert process.stdout is not None
            told = [process.stdout.readline().split() for _ in range(10)]
            time.sleep(0.3)
            started = time.monotonic()
            process.send_signal(signal.SIGINT)
            out, err = process.communicate(timeout=20)
            took = time.monotonic() - started
            over.set()
    assert sorted(told) == [["told", letter] for letter in "abcdefghij"]
    lines = out.splitlines()
    if caught == "caught":
        assert lines[:-1] == [f"given {letter}" for letter in "abcdefghij"]
        reason, left = lines[-1].split()
        assert reason == "interrupted"
        assert 4 <= int(left) <= 8
        assert err == ""
        assert process.returncode == 0
    else:
        assert lines == []
        assert err.rstrip().endswith("KeyboardInterrupt")
        assert process.returncode == -signal.SIGINT
    assert took < 1.0 + 1.0  # a second, and the interpreter's own end on a busy machine
