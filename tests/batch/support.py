"""A batch's input, a loopback server that counts calls, and the command in a process."""

import json
import os
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from corechat.testing._kit.server import LoopbackServer
from corechat.transport import HttpResponse
from tests.core.support import answer, completion
from tests.many.support import ask, many

COMMAND = [sys.executable, "-W", "error", "-c", "from corechat._cli import main; main()", "batch"]
BOUND = 100.0


def line(custom_id: str, body: object = None, **fields: object) -> dict[str, object]:
    """Make a line of an input; it asks for its own id."""
    return {
        "custom_id": custom_id,
        "method": "POST",
        "url": "/v1/chat/completions",
        "body": ask(custom_id) if body is None else body,
        **fields,
    }


def write_lines(path: Path, lines: list[Any]) -> Path:
    """Write lines, those that are texts as they are."""
    path.write_text(
        "".join(f"{one if isinstance(one, str) else json.dumps(one)}\n" for one in lines), "utf-8"
    )
    return path


def write_input(path: Path, count: int) -> Path:
    """Write an input of so many lines, ``line-0`` and on."""
    return write_lines(path, [line(f"line-{number}") for number in range(count)])


def read_lines(path: Path) -> list[dict[str, Any]]:
    """Read an output."""
    return [json.loads(text) for text in path.read_bytes().splitlines()]


class Counting:
    """Answer with the text that was asked, after some seconds; count the calls by text.

    Args:
        seconds: how long an answer takes.
        statuses: which status a text is answered with, where that is not 200.
    """

    def __init__(self, seconds: float = 0.0, statuses: Mapping[str, int] | None = None) -> None:
        self.calls: Counter[str] = Counter()
        self.asked: list[dict[str, Any]] = []
        self.statuses = dict(statuses or {})
        self._seconds = seconds
        self._lock = threading.Lock()

    def __call__(self, parameters: dict[str, Any]) -> HttpResponse:
        text = parameters["messages"][-1]["content"]
        with self._lock:
            self.calls[text] += 1
            self.asked.append(parameters)
        time.sleep(self._seconds)
        status = self.statuses.get(text, 200)
        if status == 200:
            return answer(completion(text))
        return answer({"error": {"message": f"no {text}", "type": "invalid_request_error"}}, status)


@contextmanager
def counting(
    seconds: float = 0.0, statuses: Mapping[str, int] | None = None
) -> Iterator[tuple[LoopbackServer, Counting]]:
    """Serve and count."""
    handler = Counting(seconds, statuses)
    with many(handler) as server:
        yield server, handler


def url_of(server: LoopbackServer) -> str:
    """Return the base URL of a server."""
    return f"{server.url}/v1"


def start(*args: object, **options: Any) -> "subprocess.Popen[str]":
    """Start the command in a process of its own."""
    return subprocess.Popen(  # noqa: S603 - our own command
        [*COMMAND, *map(str, args)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "GROQ_API_KEY": "sk-batch"},
        **options,
    )


def finish(process: "subprocess.Popen[str]") -> tuple[int, str, str]:
    """Wait for the command: its exit code, standard output and standard error."""
    out, told = process.communicate(timeout=BOUND)
    return process.returncode, out, told


def batch(*args: object, **options: Any) -> tuple[int, str, str]:
    """Run the command in a process of its own."""
    return finish(start(*args, **options))
