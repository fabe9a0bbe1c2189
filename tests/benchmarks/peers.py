"""groq-python and openai-python, as the battery of faults asks them."""

from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from types import ModuleType
from typing import Any

from tests.reliability.battery.fault import Ending, Fault, Outcome
from tests.reliability.battery.stage import Ask, Client
from tests.reliability.clients import KEY

PEERS = ("groq", "openai")
_CLIENTS = {"groq": "Groq", "openai": "OpenAI"}
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


def open_peer(name: str, base_url: str, timeout: float, retries: int) -> Any:
    """Make a peer's client.

    Args:
        name: ``groq`` or ``openai``.
        base_url: where its requests go.
        timeout: seconds; to the peers that is one attempt's, and one read's.
        retries: how often it may try again.
    """
    make = getattr(import_module(name), _CLIENTS[name])
    return make(base_url=base_url, api_key=KEY, timeout=timeout, max_retries=retries)


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
