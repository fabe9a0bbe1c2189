"""corechat's client, as the battery asks it."""

from collections.abc import Iterator
from contextlib import contextmanager

import corechat
from tests.reliability.battery.fault import Ending, Fault, Outcome
from tests.reliability.battery.stage import Ask, Client

BACKENDS = ("httpx", "httpx2", "aiohttp")
KEY = "sk-battery-0123456789abcdef"

_ENDINGS: dict[type[BaseException], Outcome] = {
    corechat.APIResponseValidationError: Outcome.NO_COMPLETION,
    corechat.ResponseTooLargeError: Outcome.TOO_LARGE,
    corechat.APIConnectionError: Outcome.NO_WHOLE_ANSWER,
    corechat.APITimeoutError: Outcome.TIMEOUT,
}


def corechat_client(backend: str) -> Client:
    """Give corechat's client over a backend.

    Args:
        backend: its name.
    """

    @contextmanager
    def make(base_url: str, fault: Fault) -> Iterator[Ask]:
        with corechat.Client(
            backend,
            base_url=base_url,
            api_key=KEY,
            timeout=fault.timeout,
            max_retries=fault.retries,
        ) as client:
            message = {"role": "user", "content": "x" * fault.prompt}

            def ask() -> tuple[Ending, str, BaseException | None]:
                try:
                    return Outcome.ANSWER, client.complete(model="m", messages=[message]).text, None
                except Exception as error:  # noqa: BLE001 - whatever leaves a call is what is tested
                    return ending_of(error), "", error

            yield ask

    return make


def ending_of(error: Exception) -> Ending:
    """Say how a call ended that raised."""
    if isinstance(error, corechat.APIStatusError):
        right = type(error) is corechat.APIStatusError.class_for(error.status_code)
        return error.status_code if right else Outcome.OTHER
    other = Outcome.OTHER if isinstance(error, corechat.CorechatError) else Outcome.UNTYPED
    return _ENDINGS.get(type(error), other)


def own_complaints(fault: Fault, error: BaseException | None) -> str:
    """Check what corechat's errors promise besides their class.

    Args:
        fault: what was met.
        error: what the last call raised.
    """
    if error is None:
        return ""
    text = str(error)
    if len(text) > 1024 or KEY in text:
        return f"a message of {len(text)} characters, or with the key"
    if fault.started and "may have been billed" not in text:
        return f"it does not say that the answer may have been billed: {text}"
    if not fault.started and "may have been billed" in text:
        return f"it says that an answer was billed: {text}"
    if isinstance(error, corechat.APIConnectionError) and fault.started > error.response_started:
        return "response_started is False"
    return ""
