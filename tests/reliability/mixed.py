"""A server that treats every call by its number, well or badly, and what must come of each."""

import gzip
import json
import threading
from collections import Counter

import corechat
from corechat.testing import Connection, LoopbackServer, ReceivedRequest, Script
from corechat.testing.scripts import CHUNKED_HEAD, chunk, chunked, reply
from tests.reliability.battery.plays import completion

KINDS = (
    "answer",
    "chunks",
    "gzip",
    "slow",
    "close after",
    "leftover",
    "503 once",
    "429 once",
    "reset once",
    "400",
    "no completion",
    "cut",
    "cut chunks",
    "answer",
    "answer",
    "answer",
)
"""Call number n is treated by kind n modulo their count."""

_ENDS: dict[str, type[corechat.CorechatError]] = {
    "400": corechat.BadRequestError,
    "no completion": corechat.APIResponseValidationError,
    "cut": corechat.APIConnectionError,
    "cut chunks": corechat.APIConnectionError,
}


def request_of(number: int) -> corechat.ChatRequest:
    """Make the request of a call."""
    message = {"role": "user", "content": f"<{number}>"}
    return corechat.ChatRequest(model="m", messages=[message])


def complaint(client: corechat.Client, number: int) -> str:
    """Make a call, and say what is wrong with what came of it; nothing where all is right."""
    kind = KINDS[number % len(KINDS)]
    wanted = _ENDS.get(kind)
    try:
        text = client.complete(request_of(number)).text
    except corechat.CorechatError as error:
        if wanted is None or type(error) is not wanted:
            return f"{number} ({kind}): {type(error).__name__}: {error}"
        told = f"<{number}>" in str(error)
        return "" if told or wanted is corechat.APIConnectionError else f"{number}: {error}"
    return "" if wanted is None and text == f"<{number}>" else f"{number} ({kind}): {text!r}"


class Mixed:
    """Hold the state of one server: how often each call has been seen.

    Attributes:
        seen: call number to the number of its requests.
    """

    def __init__(self) -> None:
        self.seen: Counter[int] = Counter()
        self._lock = threading.Lock()

    def script(self, server: "list[LoopbackServer]") -> Script:
        """Give what the server does with a connection.

        Args:
            server: holds the server once it is made; what it recorded is dropped, so that its own
                memory stays flat.
        """

        def serve(connection: Connection) -> None:
            while True:
                request = connection.read_request()
                for each in server:
                    each.received.clear()
                self._answer(connection, request)

        return serve

    def _answer(self, connection: Connection, request: ReceivedRequest) -> None:
        content = json.loads(request.body)["messages"][0]["content"]
        number = int(content[1:-1])
        with self._lock:
            self.seen[number] += 1
            first = self.seen[number] == 1
        body = completion(content)
        match KINDS[number % len(KINDS)]:
            case "chunks":
                connection.send(chunked(body[:40], body[40:]))
            case "gzip":
                connection.send(reply(gzip.compress(body), 200, [("Content-Encoding", "gzip")]))
            case "slow":
                connection.sleep(0.02)
                connection.send(reply(body))
            case "close after":
                connection.send(reply(body))
                connection.close()
            case "leftover":
                connection.send(reply(body) + reply(completion("poison")))
            case "503 once" if first:
                connection.send(reply(b"{}", 503, [("retry-after-ms", "1")]))
            case "429 once" if first:
                connection.send(reply(b"{}", 429, [("Retry-After", "0.01")]))
            case "reset once" if first:
                connection.reset()
            case "400":
                connection.send(reply(json.dumps({"error": content}).encode(), 400))
            case "no completion":
                connection.send(reply(json.dumps({"odd": content}).encode()))
            case "cut":
                connection.send(reply(body)[:-9])
                connection.close()
            case "cut chunks":
                connection.send(CHUNKED_HEAD + chunk(body))
                connection.close()
            case _:
                connection.send(reply(body))
