"""StopWhen: bounds on many requests together."""

from dataclasses import dataclass

from corechat.errors import ConfigurationError


@dataclass(frozen=True, slots=True)
class StopWhen:
    """Say when to stop sending: bounds on many requests together, None where one is not set.

    What is in flight when errors or tokens reach their bound still ends, and is handed out.

    Attributes:
        errors: stop at so many outcomes that are errors.
        tokens: stop when the answers have used so many tokens in all.
        seconds: stop after so many seconds; calls in flight end then, too, with an
            `APITimeoutError`.

    Raises:
        ConfigurationError: a bound is not a positive number.
    """

    errors: int | None = None
    tokens: int | None = None
    seconds: float | None = None

    def __post_init__(self) -> None:
        for name in ("errors", "tokens", "seconds"):
            value: object = getattr(self, name)
            kinds = (int, float) if name == "seconds" else (int,)
            if value is None:
                continue
            if isinstance(value, bool) or not isinstance(value, kinds) or not value > 0:
                raise ConfigurationError(f"stop_when: {name} must be a positive number.")

    def reached(self, errors: int, tokens: int) -> str | None:
        """Say which bound on errors or tokens is reached; None if neither."""
        if self.errors is not None and errors >= self.errors:
            return f"{errors} errors"
        if self.tokens is not None and tokens >= self.tokens:
            return f"{tokens} tokens used"
        return None
