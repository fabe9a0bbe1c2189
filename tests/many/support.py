"""A loopback server for many requests: each is answered by a function of its parameters."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

from corechat.testing._kit.connection import Connection
from corechat.testing._kit.server import LoopbackServer
from corechat.transport import HttpResponse
from tests.core.support import answer, completion, on_the_wire, serve_by
from tests.many.limits import Limits

Handler = Callable[[dict[str, Any]], HttpResponse]


def echo(parameters: dict[str, Any]) -> HttpResponse:
    """Answer with the last message's text; where that is a number, after so many seconds."""
    text = parameters["messages"][-1]["content"]
    with suppress(ValueError):
        time.sleep(float(text))
    return answer(completion(text))


@contextmanager
def many(handler: Handler = echo) -> Iterator[LoopbackServer]:
    """Serve every request by a handler, in a thread a connection."""

    def script(connection: Connection) -> None:
        while True:
            request = connection.read_request()
            connection.send(on_the_wire(handler(json.loads(request.body))))

    with serve_by(script) as server:
        yield server


def limited(limits: Limits, tokens: int = 12) -> Handler:
    """Make a handler that enforces limits; every request takes so many tokens."""
    lock = threading.Lock()
    started = time.monotonic()
    usage = {"prompt_tokens": tokens - 3, "completion_tokens": 3, "total_tokens": tokens}

    def handle(parameters: dict[str, Any]) -> HttpResponse:
        del parameters
        with lock:
            allowed, headers = limits.admit(tokens, time.monotonic() - started)
        time.sleep(0.01)
        if allowed:
            return answer(completion(usage=usage), headers=headers)
        return answer({"error": {"message": "Rate limit reached."}}, 429, headers)

    return handle


def ask(text: object) -> dict[str, Any]:
    """Make the parameters of a request that says something."""
    return {"model": "m", "messages": [{"role": "user", "content": str(text)}]}
