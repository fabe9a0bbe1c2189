"""groq-python and openai-python, as the battery of faults asks them."""

from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from types import ModuleType
from typing import Any

from tests.benchmarks.peer_memory import open_peer
from tests.reliability.battery.fault import Ending, Fault, Outcome
from tests.reliability.battery.stage import Ask, Client

PEERS = ("groq", "openai")
_ROOTS = {"groq": "GroqError", "openai": "OpenAIError"}


def peer_client(name: str) -> Client:
    """Give a peer's client.

    Args:
        name: ``groq`` or ``openai``.
    """
    library = import_module(name)

    @contextmanager
    def make(base_url: str, fault: Fault) -> Iterator[Ask]:
        with open_peer(name, base_url, fault.timeout, min(fault.retries, 2)) as client:
            message = {"role": "user", "content": "x" * fault.prompt}

            def ask() -> tuple[Ending, str, BaseException | None]:
                try:
                    answer = client.chat.completions.create(model="m", messages=[message])
                except Exception as error:  # noqa: BLE001 - whatever leaves a call is what is tested
                    return _ending_of(library, _ROOTS[name], error), "", error
                return Outcome.ANSWER, _text(answer), None

            yield ask

    return make


def _text(answer: Any) -> str:
    try:
        return str(answer.choices[0].message.content)
    except (AttributeError, LookupError, TypeError):
        return f"{type(answer).__name__} without an answer"


def _ending_of(library: ModuleType, root: str, error: Exception) -> Ending:
    if isinstance(error, library.APIStatusError):
        status: int = error.status_code
        return status
    if isinstance(error, library.APITimeoutError):
        return Outcome.TIMEOUT
    if isinstance(error, library.APIConnectionError):
        return Outcome.NO_WHOLE_ANSWER
    return Outcome.OTHER if isinstance(error, getattr(library, root)) else Outcome.UNTYPED
