"""How much memory groq-python and openai-python take at their worst; as `tests.reliability.memory`.

Run from the repository's root: ``python -m tests.benchmarks.peer_memory groq``. It imports no more
than it must, since what is imported counts.
"""

import contextlib
import json
import sys
from importlib import import_module
from typing import Any

from tests.reliability.memory import Ask, measure

_CLIENTS = {"groq": "Groq", "openai": "OpenAI"}


def open_peer(name: str, base_url: str, timeout: float, retries: int) -> Any:
    """Make a peer's client.

    Args:
        name: ``groq`` or ``openai``.
        base_url: where its requests go.
        timeout: seconds; to the peers that is one attempt's, and one read's.
        retries: how often it may try again.
    """
    make = getattr(import_module(name), _CLIENTS[name])
    return make(base_url=base_url, api_key="sk-battery", timeout=timeout, max_retries=retries)


def peer_ask(name: str) -> Ask:
    """Ask by a peer.

    Args:
        name: ``groq`` or ``openai``.
    """

    def ask(base_url: str) -> None:
        message = {"role": "user", "content": "hi"}
        with open_peer(name, base_url, 60.0, 0) as client, contextlib.suppress(Exception):
            client.chat.completions.create(model="m", messages=[message])

    return ask


if __name__ == "__main__":
    print(json.dumps(measure(peer_ask(sys.argv[1]))))  # noqa: T201 - what the caller reads
