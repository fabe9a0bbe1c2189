"""Work: what carries one request, here or in another process."""

import functools
import pickle
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from secrets import token_hex
from typing import Any, TypeAlias

from corechat._batch.outcome import Parameters
from corechat._call.gate import Gate
from corechat._call.options import CallOptions
from corechat.errors import CorechatError, RequestValidationError
from corechat.requests import ChatRequest
from corechat.responses import ChatResponse
from corechat.transport._deadline import Deadline

Ending: TypeAlias = tuple[ChatResponse | None, CorechatError | None, int, float, float]
"""An outcome without its key and its request, which need not travel back."""

Complete = Callable[..., ChatResponse]
"""Stands for the client's own method: a request or None, its parameters, options, a gate."""

_AT_ONCE = 0.001
_lock = threading.Lock()


class Work:
    """Turn a request into its outcome; pickles as the client's configuration, without its key.

    Where it lands, the client is made once a process, and reads its key there.

    Args:
        complete: a bound method of the client.
        beside: parameters for every request, where it does not say otherwise itself.
        options: for every call.
        stop: set when nothing more is to be sent.
        until: when all calls have to end.
        governed: whether the rate limits are kept.
    """

    def __init__(  # noqa: PLR0913 - the parts of a call, each made elsewhere
        self,
        complete: Complete,
        beside: Mapping[str, Any],
        options: CallOptions,
        stop: threading.Event,
        until: Deadline | None,
        *,
        governed: bool,
    ) -> None:
        self._complete = complete
        self._beside = beside
        self._options = options
        self._governed = governed
        self._stop = stop
        self._until = until
        self._run = token_hex(8)

    def __dask_tokenize__(self) -> str:
        """Tell one run from another: dask remembers what it has computed."""
        return self._run

    def __call__(self, position: int, request: Parameters) -> Ending:
        """Carry one request; every `CorechatError` is an ending.

        Dask takes calls with equal arguments for the same task: the position tells them apart.
        """
        del position
        gate = Gate(self._stop, self._until, governed=self._governed)
        started = time.monotonic()
        response: ChatResponse | None = None
        failed: CorechatError | None = None
        try:
            response = self._send(request, gate)
        except CorechatError as error:
            # its frames would keep the whole answer for as long as the error is kept
            failed = error.with_traceback(None)
        attempts = getattr(failed, "attempts", 0) if response is None else response.http.attempts
        elapsed = time.monotonic() - started - gate.waited
        return response, failed, attempts, elapsed, gate.waited

    def _send(self, request: object, gate: Gate) -> ChatResponse:
        if isinstance(request, ChatRequest):
            return self._complete(request, dict(self._beside), self._options, gate)
        if isinstance(request, Mapping) and all(isinstance(name, str) for name in request):
            return self._complete(None, {**self._beside, **request}, self._options, gate)
        raise RequestValidationError(
            f"A request must be a ChatRequest or a dict of its parameters, not "
            f"{'this' if isinstance(request, Mapping) else 'a'} {type(request).__name__}; with a "
            "key of yours: (key, request)."
        )

    @functools.cached_property
    def _client(self) -> bytes:
        return pickle.dumps(self._complete)

    def __reduce__(self) -> tuple[Any, ...]:
        left = None if self._until is None else self._until.remaining()
        return _land, (self._client, self._beside, self._options, self._governed, left)


def _land(
    client: bytes,
    beside: Mapping[str, Any],
    options: CallOptions,
    governed: bool,  # noqa: FBT001 - a pickle's arguments have no names
    left: float | None,
) -> Work:
    until = None if left is None else Deadline.after(max(left, _AT_ONCE))
    return Work(_Landed(client), beside, options, threading.Event(), until, governed=governed)


@dataclass(frozen=True, slots=True)
class _Landed:
    """Stand for the client's method where it was sent to; a client that cannot be made raises here.

    Were it made while the pickle is read, its error would end a pool's process.
    """

    pickled: bytes

    def __call__(self, *arguments: Any) -> ChatResponse:
        with _lock:
            complete = _client(self.pickled)
        return complete(*arguments)


@functools.lru_cache(maxsize=8)
def _client(pickled: bytes) -> Complete:
    loaded: Complete = pickle.loads(pickled)  # noqa: S301 - what `Work` itself has written
    return loaded
