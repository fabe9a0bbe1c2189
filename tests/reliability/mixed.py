"""A server that treats every call by its number, well or badly, and what must come of each."""

import gzip
import json
import threading
from collections import Counter
from collections.abc import Callable

import corechat
from corechat.testing import Connection, LoopbackServer, ReceivedRequest, Script
from corechat.testing._kit.replies import CHUNKED_HEAD, chunk, chunked, reply
from tests.reliability.battery.fault import Play
from tests.reliability.battery.plays import (
    answers,
    closes,
    completion,
    in_order,
    pauses,
    resets,
    says,
)

_POISON = reply(completion("poison"))


def _once(status: int, field: tuple[str, str]) -> Callable[[str], Play]:
    return lambda _: answers(b"{}", status, [field])


_KINDS: dict[str, Callable[[str], Play]] = {
    "answer": lambda text: answers(completion(text)),
    "chunks": lambda text: says(chunked(completion(text)[:40], completion(text)[40:])),
    "gzip": lambda text: answers(
        gzip.compress(completion(text)), 200, [("Content-Encoding", "gzip")]
    ),
    "slow": lambda text: in_order(pauses(0.02), answers(completion(text))),
    "close after": lambda text: closes(reply(completion(text))),
    "leftover": lambda text: says(reply(completion(text)) + _POISON),
    "503 once": _once(503, ("retry-after-ms", "1")),
    "429 once": _once(429, ("Retry-After", "0.01")),
    "reset once": lambda _: resets(),
    "400": lambda text: answers(json.dumps({"error": text}).encode(), 400),
    "no completion": lambda text: answers(json.dumps({"odd": text}).encode()),
    "cut": lambda text: closes(reply(completion(text))[:-9]),
    "cut chunks": lambda text: closes(CHUNKED_HEAD + chunk(completion(text))),
}
KINDS = (*_KINDS, "answer", "answer", "answer")
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
        kind = KINDS[number % len(KINDS)]
        if kind.endswith("once") and not first:
            kind = "answer"
        _KINDS[kind](content)(connection, request)
