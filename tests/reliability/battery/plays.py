"""The bytes and the moves that many faults share."""

import json
from collections.abc import Callable, Iterable
from typing import Any

from corechat.testing import Connection, ReceivedRequest
from corechat.testing._kit.replies import Fields, head, reply
from tests.reliability.battery.fault import Play


def completion(text: str = "fine", **more: Any) -> bytes:
    """Write a chat completion."""
    choice = {
        "index": 0,
        "message": {"role": "assistant", "content": text},
        "finish_reason": "stop",
    }
    fields = {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1_700_000_000,
        "model": "m",
        "choices": [choice],
        "usage": {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2},
    }
    return json.dumps(fields | more).encode()


FINE = completion()
"""The body of the right answer."""

FINE_REPLY = reply(FINE)


def says(data: bytes) -> Play:
    """Send bytes."""
    return lambda connection, _: connection.send(data)


fine = says(FINE_REPLY)
"""Answer rightly."""


def answers(body: bytes, status: int = 200, fields: Fields = ()) -> Play:
    """Send a whole response with a Content-Length."""
    return says(reply(body, status, fields))


def answers_as(content_type: str | None, body: bytes, status: int = 200) -> Play:
    """Send a whole response of a content type."""
    fields = [("Content-Length", str(len(body)))]
    if content_type is not None:
        fields.append(("Content-Type", content_type))
    return says(head(status, fields) + body)


def closes(data: bytes = b"") -> Play:
    """Send bytes and close."""

    def play(connection: Connection, _: ReceivedRequest) -> None:
        connection.send(data)
        connection.close()

    return play


def resets(data: bytes = b"") -> Play:
    """Send bytes, let them arrive, and reset."""

    def play(connection: Connection, _: ReceivedRequest) -> None:
        connection.send(data)
        if data:
            connection.sleep(0.1)
        connection.reset()

    return play


def waits(data: bytes = b"") -> Play:
    """Send bytes, then nothing until the client goes."""

    def play(connection: Connection, _: ReceivedRequest) -> None:
        connection.send(data)
        connection.wait_gone()

    return play


def drips(start: bytes, part: bytes, every: float = 0.15, seconds: float = 9.0) -> Play:
    """Send a part over and over, slowly."""

    def play(connection: Connection, _: ReceivedRequest) -> None:
        connection.send(start)
        for _number in range(int(seconds / every)):
            connection.send(part)
            connection.sleep(every)

    return play


def pours(start: bytes, part: bytes, limit: int) -> Play:
    """Send a part over and over, as fast as it goes, and close."""

    def play(connection: Connection, _: ReceivedRequest) -> None:
        connection.send(start)
        connection.pour(part, limit)
        connection.close()

    return play


def in_order(*plays: Play) -> Play:
    """Do one thing after the other."""

    def play(connection: Connection, request: ReceivedRequest) -> None:
        for each in plays:
            each(connection, request)

    return play


def pauses(seconds: float) -> Play:
    """Wait."""
    return lambda connection, _: connection.sleep(seconds)


def error(status: int, message: str = "no", fields: Fields = (), **more: Any) -> Play:
    """Send an API's error."""
    body = json.dumps({"error": {"message": message, "type": "t", **more}}).encode()
    return answers(body, status, fields)


def made(make: Callable[[ReceivedRequest], bytes]) -> Play:
    """Send what is made of the request at that moment."""
    return lambda connection, request: connection.send(make(request))


def fields(*pairs: str) -> Iterable[tuple[str, str]]:
    """Write header fields from ``name: value``."""
    return [(name, value.strip()) for name, _, value in (pair.partition(":") for pair in pairs)]
