"""Governor: how many requests a model's rate limits allow now, learnt from its answers.

A policy with its caller's clock: the governor itself does not wait.
"""

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple, TypeAlias

from corechat._call.retry import can_never_succeed
from corechat._http.rate_limits import NOTHING_TOLD, RateLimits
from corechat.errors import APIStatusError, CorechatError
from corechat.responses import ChatResponse
from corechat.responses._usage import tokens_of

_FIRST = 4  # in flight until a model's first answer tells its limits; as many more each second
_SOON = 0.02  # seconds until to ask again where an answer in flight decides
_DEFAULT_RESET = 60.0  # Azure tells what remains of a minute, not when it ends
_DEFAULT_HOLD = 1.0
_MINUTE = 60.0
_ENOUGH = 5  # successes to tell a rate by
_FIND, _KEEP = 0.8, 0.995  # what an interval becomes with each success
_WHOLE = 0.9  # of the time to the reset
_SLOWER = 1.1
_WEIGHT = 0.1  # of one answer in the averages
OVERLOADED = frozenset({429, 498, 503, 529})
"""Statuses whose Retry-After holds for all requests, not for one."""


End: TypeAlias = ChatResponse | CorechatError | None
"""How a request ended; None where nothing came of it."""


@dataclass(slots=True)
class _Limit:
    """Hold one limit, of requests or of tokens, as the answer to request `told_by` told it."""

    limit: float = 0.0
    remaining: float = 0.0
    reset: float = 0.0
    at: float = 0.0
    told_by: int = 0
    at_once: bool = False
    """Whether it is full again at its reset and not before (a window), or fills steadily."""

    def available(self, now: float) -> float:
        passed = now - self.at
        if passed >= self.reset:
            return self.limit
        gained = 0.0 if self.at_once else (self.limit - self.remaining) * passed / self.reset
        return self.remaining + gained

    def wait(self, in_flight: float, need: float, now: float) -> float:
        """Give the seconds until so much is available beside what is in flight; 0 if it is now."""
        need = in_flight + min(need, self.limit)  # more than the limit is the server's to refuse
        missing = need - self.available(now)
        if missing <= 0 or not self.limit:
            return 0.0
        left = self.reset - (now - self.at)
        if self.at_once or left <= 0:
            return max(left, _SOON)
        return max(missing * self.reset / max(1.0, self.limit - self.remaining), _SOON / 10)

    def learn(
        self, limit: int | None, remaining: int | None, reset: float | None, number: int, now: float
    ) -> None:
        if remaining is None:
            return
        if number < self.told_by and remaining >= self.available(now):
            return  # the answer to an earlier request: what was sent since is not in it
        known = self.limit > 0
        reset = _DEFAULT_RESET if reset is None else reset
        if known and remaining < self.remaining and number > self.told_by:
            # what fills steadily takes the longer, the more is used; a window ends when it ends
            self.at_once = reset < self.reset if reset != self.reset else self.at_once
        self.limit = float(max(limit or self.limit, remaining, 1))
        self.remaining, self.reset, self.at = float(remaining), reset, now
        self.told_by = max(number, self.told_by)


@dataclass(slots=True)
class _Model:
    began: float
    requests: _Limit = field(default_factory=_Limit)
    tokens: _Limit = field(default_factory=_Limit)
    sent: int = 0
    in_flight: int = 0
    tokens_in_flight: float = 0.0
    answered: bool = False
    held_until: float = 0.0
    prompt_share: float = 0.25
    """Tokens of the prompt a byte of the request."""
    completion: float = 0.0
    interval: float = 0.0
    """Seconds between requests, after a 429 for a limit that headers do not tell."""
    quicken: float = _FIND
    next_at: float = 0.0
    paced_at: int = 0
    """The number of requests sent when the interval was set."""
    successes: deque[float] = field(default_factory=lambda: deque(maxlen=10_000))

    def wait(self, tokens: float, now: float) -> float:
        if now < self.held_until:
            return self.held_until - now
        if not self.answered:
            return 0.0 if self.in_flight < _FIRST * (1 + now - self.began) else _SOON
        wait = max(
            self.next_at - now if self.interval else 0.0,
            self.requests.wait(self.in_flight, 1, now),
            self.tokens.wait(self.tokens_in_flight, tokens, now),
        )
        return min(wait, _SOON) if self.in_flight else wait  # an answer may say more

    def pace(self, wait: float, now: float) -> None:
        """Send evenly, and slower than it went until now."""
        if self.interval and self.quicken == _KEEP:
            self.interval *= _SLOWER
        else:
            recent = self.in_flight + sum(now - at < _MINUTE for at in self.successes)
            self.quicken = _KEEP if self.interval else _FIND
            self.interval = _MINUTE / recent if recent >= _ENOUGH else max(wait, _DEFAULT_HOLD)
        self.paced_at = self.sent


class Sent(NamedTuple):
    """Hold that a request may be sent.

    Attributes:
        model: its model.
        number: its number among those of the model.
        size: its bytes.
        tokens: those that it is expected to take.
    """

    model: str
    number: int
    size: int
    tokens: float


class Governor:
    """Keep the rate limits of one key: a limit of requests and one of tokens for each model.

    They are primed by ``x-ratelimit-*`` and Retry-After. What is in flight counts as used, since
    an answer's headers may not know of it yet. Not safe from threads by itself.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._models: dict[str, _Model] = {}

    def ask(self, model: str, size: int) -> Sent | float:
        """Allow a request of so many bytes to be sent now, or return the seconds to wait."""
        now = self._clock()
        known = self._models.get(model)
        if known is None:
            known = self._models[model] = _Model(now)
        tokens = known.prompt_share * size + known.completion
        wait = known.wait(tokens, now)
        if wait > 0:
            return wait
        known.sent += 1
        known.in_flight += 1
        known.tokens_in_flight += tokens
        if known.interval:
            known.next_at = max(now, known.next_at) + known.interval
        return Sent(model, known.sent, size, tokens)

    def ended(self, sent: Sent, end: End, told: RateLimits, now: float) -> None:
        """Learn from how a request ended, what that told of the limits, and when it was."""
        known = self._models[sent.model]
        known.in_flight -= 1
        known.tokens_in_flight = known.tokens_in_flight - sent.tokens if known.in_flight else 0.0
        known.answered = True
        if told is not NOTHING_TOLD:
            _learn(known, told, sent.number, now)
        if isinstance(end, ChatResponse):
            _succeed(known, end, sent.size, now)
        elif (
            isinstance(end, APIStatusError)
            and end.status_code in OVERLOADED
            and not can_never_succeed(end.message)
        ):
            _hold(known, end, sent, now)


def _learn(known: _Model, told: RateLimits, number: int, now: float) -> None:
    known.requests.learn(
        told.limit_requests, told.remaining_requests, told.reset_requests, number, now
    )
    known.tokens.learn(told.limit_tokens, told.remaining_tokens, told.reset_tokens, number, now)


def _succeed(known: _Model, answer: ChatResponse, size: int, now: float) -> None:
    known.successes.append(now)
    unhindered = now - known.held_until > _MINUTE
    known.interval *= _FIND if unhindered else known.quicken
    used = tokens_of(answer.usage)
    if used["prompt_tokens"]:
        share = used["prompt_tokens"] / max(1, size)
        known.prompt_share += _WEIGHT * (share - known.prompt_share)
    first = len(known.successes) == 1
    known.completion += (1 if first else _WEIGHT) * (used["completion_tokens"] - known.completion)


def _hold(known: _Model, error: APIStatusError, sent: Sent, now: float) -> None:
    wait = _DEFAULT_HOLD if error.retry_after is None else error.retry_after
    known.held_until = max(known.held_until, now + wait)
    if error.status_code != 429:  # noqa: PLR2004 - RFC 6585 §4
        return
    used_up = [
        one
        for one, need in ((known.requests, 1.0), (known.tokens, sent.tokens))
        if one.limit and one.available(now) < need
    ]
    for one in used_up:
        one.at_once = wait >= _WHOLE * (one.reset - (now - one.at))
    if not used_up and sent.number > known.paced_at:  # of a limit that headers do not tell
        known.pace(wait, now)
