"""Rate limits as servers enforce them, on a clock that the test gives."""

from collections import deque
from dataclasses import dataclass, field


@dataclass
class Steady:
    """A bucket that fills evenly, as Groq's and OpenAI's: empty it takes a period to be full."""

    limit: float
    period: float
    level: float = -1.0
    at: float = 0.0

    def wait(self, cost: float, now: float) -> float:
        """Give the seconds until so much is there."""
        return max(0.0, cost - self._now(now)) * self.period / self.limit

    def take(self, cost: float, now: float) -> None:
        """Take so much."""
        self.level, self.at = self._now(now) - cost, now

    def told(self, now: float) -> tuple[float, float]:
        """Give what remains, and the seconds until it is full."""
        level = self._now(now)
        return level, (self.limit - level) * self.period / self.limit

    def _now(self, now: float) -> float:
        if self.level < 0:
            return self.limit
        return min(self.limit, self.level + (now - self.at) * self.limit / self.period)


@dataclass
class Window:
    """A count that begins anew at every full period."""

    limit: float
    period: float
    used: float = 0.0
    number: int = 0

    def wait(self, cost: float, now: float) -> float:
        """Give the seconds until so much is there."""
        remaining, reset = self.told(now)
        return reset if cost > remaining else 0.0

    def take(self, cost: float, now: float) -> None:
        """Take so much."""
        self._turn(now)
        self.used += cost

    def told(self, now: float) -> tuple[float, float]:
        """Give what remains, and the seconds until the next window."""
        self._turn(now)
        return self.limit - self.used, (self.number + 1) * self.period - now

    def _turn(self, now: float) -> None:
        if int(now / self.period) != self.number:
            self.number, self.used = int(now / self.period), 0.0


@dataclass
class Sliding:
    """A count of what was taken in the period that ends now."""

    limit: float
    period: float
    taken: deque[tuple[float, float]] = field(default_factory=deque)

    def wait(self, cost: float, now: float) -> float:
        """Give the seconds until so much is there."""
        fits = self._used(now) + cost <= self.limit
        return 0.0 if fits else max(0.001, self.taken[0][0] + self.period - now)

    def take(self, cost: float, now: float) -> None:
        """Take so much."""
        self.taken.append((now, cost))

    def told(self, now: float) -> tuple[float, float]:
        """Give what remains, and the seconds until all that was taken is forgotten."""
        used = self._used(now)
        return self.limit - used, (self.taken[-1][0] + self.period - now) if self.taken else 0.0

    def _used(self, now: float) -> float:
        while self.taken and self.taken[0][0] + self.period <= now:
            self.taken.popleft()
        return sum(cost for _, cost in self.taken)


Limit = Steady | Window | Sliding


@dataclass
class Limits:
    """What a server does with a request: its limits of requests and tokens, and of what it hides.

    Attributes:
        requests: the limit of requests, told in ``x-ratelimit-…-requests``.
        tokens: the limit of tokens, told as well.
        hidden: a limit of requests that only a Retry-After tells of.
    """

    requests: Limit | None = None
    tokens: Limit | None = None
    hidden: Limit | None = None
    admitted: int = 0
    refused: int = 0
    used: float = 0.0

    def admit(self, tokens: float, now: float) -> tuple[bool, dict[str, str]]:
        """Decide on one request, and give the headers of its answer."""
        asked = [
            (one, cost)
            for one, cost in ((self.requests, 1.0), (self.tokens, tokens), (self.hidden, 1.0))
            if one is not None
        ]
        wait = max(one.wait(cost, now) for one, cost in asked)
        if wait > 0:
            self.refused += 1
        else:
            self.admitted += 1
            self.used += tokens
            for one, cost in asked:
                one.take(cost, now)
        headers = {"retry-after": f"{wait:.3f}"} if wait > 0 else {}
        for name, told in (("requests", self.requests), ("tokens", self.tokens)):
            if told is not None:
                remaining, reset = told.told(now)
                headers[f"x-ratelimit-limit-{name}"] = f"{told.limit:.0f}"
                headers[f"x-ratelimit-remaining-{name}"] = f"{int(remaining)}"
                headers[f"x-ratelimit-reset-{name}"] = f"{reset:.3f}s"
        return wait == 0, headers
