"""What the core's tests share: a planted key, answers, scripted servers and transports."""

import json
import os
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from corechat import ChatRequest, Client, Headers
from corechat._call.decode import Decoder
from corechat.responses import ChatResponse
from corechat.testing._kit.connection import Connection, ReceivedRequest
from corechat.testing._kit.replies import head
from corechat.testing._kit.server import LoopbackServer, Script
from corechat.transport import Deadline, HttpRequest, HttpResponse

KEY = "sk-planted/" + "0123456789abcdefghij" * 2
MESSAGES: list[Any] = [{"role": "user", "content": "Say hello."}]
REQUEST = ChatRequest(messages=MESSAGES, model="m", temperature=0.5)
MIB = 1024 * 1024


def completion(text: str = "Hello!", **fields: Any) -> dict[str, Any]:
    """Make the JSON of a small answer, as a server sends it."""
    message = {"role": "assistant", "content": text}
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1763800000,
        "model": "some-model",
        "choices": [{"index": 0, "message": message, "finish_reason": "stop", "logprobs": None}],
        "usage": {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5},
        **fields,
    }


def answer(
    body: object = None, status: int = 200, headers: Mapping[str, str] | None = None
) -> HttpResponse:
    """Make a response as a transport gives it; a completion unless told otherwise."""
    data = body if isinstance(body, bytes) else json.dumps(body or completion()).encode()
    return HttpResponse(
        status, Headers({"content-type": "application/json", **(headers or {})}), data
    )


def decode(body: object, headers: Mapping[str, str] | None = None) -> ChatResponse:
    """Decode a body as the core does."""
    return Decoder().decode(answer(body, headers=headers), elapsed=0.25, attempts=2)


def with_message(**fields: Any) -> ChatResponse:
    """Decode an answer that holds a message with these fields."""
    message = {"role": "assistant", "content": None, **fields}
    return decode({"choices": [{"message": message}]})


class LibraryError(Exception):
    """An exception that some library raises."""


def on_the_wire(response: HttpResponse) -> bytes:
    """Write a response as a server sends it."""
    length = ("Content-Length", str(len(response.body)))
    return head(response.status, [*response.headers.pairs, length]) + response.body


RESET = "reset"
"""A turn of `serve`: read the request and abort the connection."""

Turn = HttpResponse | str


@contextmanager
def serve(*turns: Turn) -> Iterator[LoopbackServer]:
    """Answer the requests in turn over real sockets; the last turn serves all further requests."""
    received: list[ReceivedRequest] = []

    def script(connection: Connection) -> None:
        while True:
            received.append(connection.read_request())
            turn = turns[min(len(received), len(turns)) - 1]
            if isinstance(turn, str):
                connection.reset()
                return
            connection.send(on_the_wire(turn))

    with serve_by(script) as server:
        yield server


@contextmanager
def serve_by(script: Script) -> Iterator[LoopbackServer]:
    """Serve every connection by a script; a mistake in the script fails the test."""
    with LoopbackServer(script) as server:
        yield server
    assert server.script_errors == []


def client_of(server: LoopbackServer, **options: Any) -> Client:
    """Make a client of a loopback server, with the planted key."""
    options = {"api_key": KEY, "timeout": 20.0, **options}
    return Client(base_url=f"{server.url}/v1", **options)


def run_python(
    code: str, *, stdin: bytes = b"", env: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[bytes]:
    """Run code in a fresh interpreter; it must end well within a minute."""
    return subprocess.run(  # noqa: S603 - our own interpreter and code
        [sys.executable, "-W", "error", "-c", code],
        input=stdin,
        capture_output=True,
        check=True,
        timeout=60,
        env={**os.environ, **(env or {})},
    )


class ScriptedTransport:
    """A transport in memory: gives or raises what it was told, in turn, then the last again."""

    def __init__(self, *turns: HttpResponse | BaseException | object) -> None:
        self.turns: Iterable[object] = turns or (answer(),)
        self.requests: list[HttpRequest] = []
        self.closed = 0

    def send(self, request: HttpRequest, deadline: Deadline) -> HttpResponse:
        """Give or raise the next turn."""
        del deadline
        turns = tuple(self.turns)
        self.requests.append(request)
        turn = turns[min(len(self.requests), len(turns)) - 1]
        if isinstance(turn, BaseException):
            raise turn
        return turn  # type: ignore[return-value]  # a test may script a broken transport

    def close(self) -> None:
        """Count."""
        self.closed += 1


def client_over(transport: object, **options: Any) -> Client:
    """Make a client over a transport in memory, with the planted key."""
    options = {"api_key": KEY, "timeout": 20.0, **options}
    return Client(transport, base_url="https://api.example.com/v1", **options)  # type: ignore[arg-type]
