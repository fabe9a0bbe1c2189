"""The governor keeps the limits that it learns of, and uses them; the clock is the test's."""

import heapq
import itertools
import random
from collections.abc import Callable

import pytest

from corechat import ChatResponse, Headers, RateLimitError
from corechat._call.governor import Governor, Sent
from tests.core.support import completion, decode
from tests.many.limits import Limit, Limits, Sliding, Steady, Window

CONCURRENCY = 32
TOKENS = 100
SIZE = 300


class Clock:
    """A clock that the test moves."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


def run(limits: Limits, seconds: float, latency: Callable[[], float] = lambda: 0.05) -> None:
    """Let so many slots ask, send and hear for so long, without a real wait."""
    clock = Clock()
    start = clock.now
    governor = Governor(clock)
    events: list[tuple[float, int, Callable[[], None]]] = []
    counted = itertools.count()
    idle = CONCURRENCY
    asking = False

    def at(when: float, what: Callable[[], None]) -> None:
        heapq.heappush(events, (when, next(counted), what))

    def ask() -> None:
        """Be the thread at the head of the line."""
        nonlocal idle, asking
        asking = True
        while idle:
            asked = governor.ask("m", SIZE)
            if not isinstance(asked, Sent):
                at(clock.now + min(asked, 0.5), ask)
                return
            idle -= 1
            send(asked)
        asking = False

    def send(sent: Sent) -> None:
        allowed, headers = limits.admit(TOKENS, clock.now - start)
        usage = {"prompt_tokens": 75, "completion_tokens": 25, "total_tokens": TOKENS}
        end: ChatResponse | RateLimitError = decode(completion(usage=usage), headers)
        if not allowed:
            wait = float(headers["retry-after"])
            end = RateLimitError(
                "slow down", status_code=429, retry_after=wait, headers=Headers(headers)
            )

        def hear() -> None:
            nonlocal idle
            governor.ended(sent, end, end.rate_limits, clock.now)
            idle += 1
            if not asking:
                ask()

        at(clock.now + (latency() if allowed else 0.002), hear)

    ask()
    while events[0][0] < start + seconds:
        clock.now, _, what = heapq.heappop(events)
        what()


def varying(seconds: float) -> Callable[[], float]:
    chance = random.Random(7)  # noqa: S311 - the same at every run
    return lambda: seconds * chance.uniform(0.5, 1.5)


KINDS = [Steady, Window, Sliding]
CASES = [(kind, latency) for kind in KINDS for latency in (0.02, 0.5, 5.0)][:-1]
"""All but slow answers of a sliding window: their headers are old when they come."""


@pytest.mark.parametrize(("kind", "latency"), CASES)
def test_a_limit_of_requests_is_used_and_kept(kind: type[Limit], latency: float) -> None:
    limits = Limits(requests=kind(100, 60))
    run(limits, 600, varying(latency))
    assert limits.refused <= 2
    assert limits.admitted >= 0.95 * 1000


@pytest.mark.parametrize(("kind", "latency"), CASES)
def test_a_limit_of_tokens_is_used_and_kept(kind: type[Limit], latency: float) -> None:
    limits = Limits(tokens=kind(20_000, 60))
    run(limits, 600, varying(latency))
    assert limits.refused <= 2
    assert limits.used >= 0.95 * 200_000


@pytest.mark.parametrize("latency", [0.02, 1.0])
def test_groqs_two_limits_are_kept_together(latency: float) -> None:
    limits = Limits(requests=Steady(14_400, 86_400), tokens=Steady(6_000, 60))
    run(limits, 600, lambda: latency)
    assert limits.refused <= 2
    assert limits.used >= 0.95 * 60_000


@pytest.mark.parametrize("kind", KINDS)
def test_a_limit_that_no_header_tells_is_met_seldom(kind: type[Limit]) -> None:
    limits = Limits(hidden=kind(30, 60), requests=Steady(14_400, 86_400))
    run(limits, 1200, lambda: 0.3)
    assert limits.refused <= 0.08 * limits.admitted
    assert limits.admitted >= 0.9 * 600
