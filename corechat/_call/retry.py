"""The retry policy: a pure function of how an attempt ended, how often, and what is left."""

import re
from dataclasses import dataclass
from typing import Literal

from corechat.errors import ConfigurationError

_RETRYABLE = frozenset({408, 409, 425, 429, 498})
_BASE = 0.5
_LONGEST_BACKOFF = 8.0
_RETRY_COST = 5
_TIMEOUT_COST = 10
_IMPOSSIBLE = re.compile(r"Limit:? ~?(\d{1,15})\b.{0,80}?Requested:? ~?(\d{1,15})\b", re.DOTALL)


def check_retries(value: int) -> int:
    """Return a number of retries if it is one: a whole number from 0."""
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise ConfigurationError(f"max_retries must be a whole number from 0, not {value!r}.")
    return value


@dataclass(frozen=True, slots=True)
class AttemptOutcome:
    """Hold how one attempt ended without an answer to hand out.

    Attributes:
        status: the status of the response, or of the head that came before the failure; else None.
        failure: how the transport failed; None where a whole response came.
        bytes_received: whether any byte of an answer came.
        reused: whether the connection had carried an earlier request.
        sent: whether a byte of the request may have reached the server.
        retry_after: seconds that the server asked to wait.
        should_retry: the server's own verdict (``x-should-retry``).
        message: the server's words.
    """

    status: int | None = None
    failure: Literal["connection", "timeout", "too_large"] | None = None
    bytes_received: bool = False
    reused: bool = False
    sent: bool = True
    retry_after: float | None = None
    should_retry: bool | None = None
    message: str = ""


@dataclass(frozen=True, slots=True)
class Decision:
    """Hold what to do next.

    Attributes:
        wait: seconds until the next attempt; None to stop.
        cost: tokens that the retry takes from the client's quota.
        counted: whether it counts against ``max_retries``.
        why: the reason, for the log.
    """

    wait: float | None
    why: str
    cost: int = 0
    counted: bool = True


def decide(  # noqa: PLR0913 - all that the decision depends on, so that it needs nothing else
    outcome: AttemptOutcome,
    *,
    retries: int,
    max_retries: int,
    time_left: float,
    quota: int,
    jitter: float,
    stale_tried: bool = False,
) -> Decision:
    """Decide whether to try again, and when.

    `retries` counts those that the call has had, `quota` the tokens left in the client's bucket;
    `jitter` is a random number from 0 to 1 (full jitter); `stale_tried` tells whether the call has
    had its one free retry after a stale connection.
    """
    stop = _never(outcome)
    if stop is not None:
        return Decision(None, stop)
    cut = outcome.bytes_received or outcome.status is not None
    stale = outcome.failure == "connection" and outcome.reused and not cut
    if stale and not stale_tried and time_left > 0:
        return Decision(0.0, "the reused connection was stale", counted=False)
    if retries >= max_retries:
        return Decision(None, f"all {max_retries} retries are used")
    cost = _TIMEOUT_COST if outcome.failure == "timeout" else _RETRY_COST
    if cost > quota:
        return Decision(None, "the client's retry quota is used up")
    if outcome.retry_after is not None:
        wait, why = outcome.retry_after, "the server asked to wait"
    else:
        wait, why = jitter * min(_LONGEST_BACKOFF, _BASE * 2**retries), "backing off"
    if wait >= time_left:
        return Decision(None, f"a wait of {wait:.3g} s does not fit the {time_left:.3g} s left")
    return Decision(wait, why, cost=cost)


def _never(outcome: AttemptOutcome) -> str | None:
    status = outcome.status
    if status is None:
        return _never_without_head(outcome)
    if status < 300:  # noqa: PLR2004 - 2xx: the answer was generated and may have been billed
        return "a success had come"
    if outcome.should_retry is not None:
        return None if outcome.should_retry else "the server said not to retry"
    if status not in _RETRYABLE and status < 500:  # noqa: PLR2004 - 5xx: the server failed
        return f"status {status} is final"
    if status == 429 and can_never_succeed(outcome.message):  # noqa: PLR2004 - RFC 6585 §4
        return "the request is larger than the limit itself"
    return None


def _never_without_head(outcome: AttemptOutcome) -> str | None:
    if outcome.failure == "too_large":
        return "the response head is too large"
    if outcome.failure == "timeout" and outcome.sent:
        return "the deadline passed"
    return "part of an answer had come" if outcome.bytes_received else None


def can_never_succeed(message: str) -> bool:
    """Tell whether a 429 says that the request is larger than the limit itself."""
    found = _IMPOSSIBLE.search(message)
    return found is not None and int(found[2]) > int(found[1])
