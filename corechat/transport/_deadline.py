"""Deadline: one clock for connect, write, every read, every retry and every wait of a call."""

import time
from typing import Self

from corechat._errors.before import ConfigurationError

LONGEST = 1_000_000
"""Seconds, 11 days: what a system's socket timeouts can hold."""


class Deadline:
    """Hold the moment, on the monotonic clock, by which a call has ended.

    Args:
        at: seconds on `time.monotonic`'s clock.
    """

    __slots__ = ("_at",)

    def __init__(self, at: float) -> None:
        self._at = at

    @classmethod
    def after(cls, seconds: float, name: str = "timeout") -> Self:
        """Set a deadline so many seconds from now.

        Args:
            seconds: a positive number, at most `LONGEST`.
            name: of the parameter that says so, for the error.

        Raises:
            ConfigurationError: it is not.
        """
        if isinstance(seconds, bool) or not isinstance(seconds, int | float):
            raise ConfigurationError(
                f"{name} must be a number of seconds, not {seconds!r}. timeout= is one number, for "
                "the whole call; connect_timeout= bounds the connecting."
            )
        if not 0 < seconds <= LONGEST:  # false for NaN, too
            raise ConfigurationError(
                f"{name} must be a positive number of seconds, at most {LONGEST}."
            )
        return cls(time.monotonic() + seconds)

    def remaining(self) -> float:
        """Give the seconds that are left; 0.0 when it has passed."""
        return max(0.0, self._at - time.monotonic())

    @property
    def expired(self) -> bool:
        """Whether the moment has passed."""
        return time.monotonic() >= self._at

    def earlier(self, seconds: float) -> "Deadline":
        """Give the nearer of this deadline and one so many seconds from now.

        Args:
            seconds: the bound of one phase, for example of connecting.
        """
        return Deadline(min(self._at, time.monotonic() + seconds))

    def later(self, seconds: float) -> "Deadline":
        """Give the deadline so many seconds after this one.

        Args:
            seconds: what is not to count, for example the wait for a rate limit.
        """
        return Deadline(self._at + seconds)

    def __repr__(self) -> str:
        return f"Deadline({self.remaining():.3f} s left)"
