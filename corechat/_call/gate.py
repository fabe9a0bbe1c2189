"""Gate: one call's way past the rate limits, which all threads of a client share."""

import logging
import threading
import time
from collections import deque
from dataclasses import dataclass, field

from corechat._call.governor import End, Governor, Sent
from corechat._http.rate_limits import NOTHING_TOLD, RateLimits
from corechat.errors import APIStatusError
from corechat.responses import ChatResponse
from corechat.transport._deadline import Deadline

_log = logging.getLogger("corechat")
_LOOK = 0.5  # seconds until a wait is looked at again: an answer may have changed it
_LONG = 30.0


class StoppedError(BaseException):
    """Say that a request was not sent, since all of them were stopped; never leaves `map`.

    A BaseException, as that of a cancelled task, so that plugins on the way do not handle it.
    """


@dataclass(slots=True)
class Gate:
    """Hold what one call of many is told, and tells, about waiting.

    Attributes:
        stop: set when nothing more is to be sent.
        until: when all calls have to end.
        governed: whether the rate limits are kept.
        model: whose limits count.
        waited: the seconds that the call's attempts were held back.
    """

    stop: threading.Event = field(default_factory=threading.Event)
    until: Deadline | None = None
    governed: bool = True
    model: str = ""
    waited: float = 0.0

    def bound(self, deadline: Deadline) -> Deadline:
        """Return the deadline of a call, or that of all if it is earlier."""
        return deadline if self.until is None else deadline.earlier(self.until.remaining())

    @property
    def closed(self) -> bool:
        """Whether nothing more is to be sent."""
        return self.stop.is_set() or (self.until is not None and self.until.expired)


class SharedGovernor:
    """Let many threads pass by one governor; those of one model stand in a line."""

    def __init__(self) -> None:
        self._governor = Governor()
        self._lock = threading.Lock()
        self._ended: deque[tuple[Sent, End, RateLimits, float]] = deque()
        self._lines: dict[str, threading.Lock] = {}

    def enter(self, gate: Gate, size: int) -> tuple[Sent, float]:
        """Wait until a request of so many bytes may be sent; return the seconds waited, too.

        Raises:
            StoppedError: all were stopped meanwhile.
        """
        line = self._lines.get(gate.model)
        if line is None:
            line = self._lines.setdefault(gate.model, threading.Lock())
        elif not line.locked() and not gate.closed:
            asked = self._ask(gate, size)
            if isinstance(asked, Sent):
                return asked, 0.0
        return self._wait(line, gate, size)

    def _ask(self, gate: Gate, size: int) -> Sent | float:
        with self._lock:
            while self._ended:
                self._governor.ended(*self._ended.popleft())
            return self._governor.ask(gate.model, size)

    def _wait(self, line: threading.Lock, gate: Gate, size: int) -> tuple[Sent, float]:
        started = time.monotonic()
        told = False
        with line:
            while not gate.closed:
                asked = self._ask(gate, size)
                if isinstance(asked, Sent):
                    waited = time.monotonic() - started
                    gate.waited += waited
                    return asked, waited
                if asked > _LONG and not told:
                    told = True
                    _log.warning("%s: waiting %.0f s for its rate limit", gate.model, asked)
                gate.stop.wait(min(asked, _LOOK))
        raise StoppedError

    def leave(self, sent: Sent, end: End) -> None:
        """Tell how the request ended; None where it is not known."""
        told = NOTHING_TOLD
        if isinstance(end, ChatResponse | APIStatusError):
            told = end.rate_limits
        self._ended.append((sent, end, told, time.monotonic()))  # without a wait for the lock
