"""The typed floor: a checked request over one plain socket, and a checked answer; nothing else.

It has neither retries nor deadlines, and trusts the server: what a typed call costs at least.
"""

import socket
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict


class _Open(BaseModel):
    model_config = ConfigDict(extra="allow")


class _Function(_Open):
    name: str
    description: str | None = None
    parameters: dict[str, Any] | None = None
    arguments: str | None = None


class _Tool(_Open):
    type: Literal["function"]
    function: _Function


class _Message(_Open):
    role: Literal["system", "user", "assistant", "tool"]
    content: str | None = None
    tool_calls: list[_Tool] | None = None


class _Request(_Open):
    model: str
    messages: list[_Message]
    tools: list[_Tool] | None = None
    response_format: dict[str, Any] | None = None


class _Token(_Open):
    token: str
    logprob: float
    bytes: list[int] | None = None
    top_logprobs: list["_Token"] | None = None


class _Logprobs(_Open):
    content: list[_Token] | None = None


class _Choice(_Open):
    index: int
    message: _Message
    finish_reason: str
    logprobs: _Logprobs | None = None


class _Usage(_Open):
    prompt_tokens: int
    completion_tokens: int
    total_tokens: int


class _Completion(_Open):
    id: str
    object: str
    created: int
    model: str
    choices: list[_Choice]
    usage: _Usage


def _receive(connection: socket.socket) -> bytearray:
    received = bytearray()
    wanted = 1
    while len(received) < wanted:
        received += connection.recv(262_144)
        end = received.find(b"\r\n\r\n")
        if wanted == 1 and end >= 0:
            head = received[:end].lower()
            length = int(head.partition(b"content-length:")[2].partition(b"\r")[0])
            wanted = end + 4 + length
        elif end < 0:
            wanted = len(received) + 1
    return received[-length:]


@contextmanager
def connect(url: str, headers: Mapping[str, str]) -> Iterator[Callable[[dict[str, Any]], Any]]:
    """Connect.

    Args:
        url: the server's, with the case's path.
        headers: what is sent with each request.

    Yields:
        What takes parameters, and returns a checked answer.
    """
    parts = urlsplit(f"{url}/v1/chat/completions")
    fields = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    start = f"POST {parts.path} HTTP/1.1\r\nHost: {parts.netloc}\r\n{fields}".encode()

    with socket.create_connection((parts.hostname, parts.port)) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

        def ask(params: dict[str, Any]) -> _Completion:
            body = _Request(**params).model_dump_json(exclude_unset=True).encode()
            connection.sendall(b"%sContent-Length: %d\r\n\r\n%s" % (start, len(body), body))
            return _Completion.model_validate_json(_receive(connection))

        yield ask
