"""RateLimits: the limits of a key, as the headers of a response tell them."""

from collections.abc import Mapping
from dataclasses import dataclass

from corechat._http.retry_after import parse_duration

_PREFIX = "x-ratelimit-"


@dataclass(frozen=True, slots=True)
class RateLimits:
    """Hold the rate limits of a key as an answer told them; None for what it did not say.

    At Groq requests are counted per day and tokens per minute, for the whole organisation
    (Groq's documentation, "Rate limits").

    Attributes:
        limit_requests: requests a day.
        limit_tokens: tokens a minute.
        remaining_requests: requests left.
        remaining_tokens: tokens left.
        reset_requests: seconds until the requests are full again.
        reset_tokens: seconds until the tokens are.
    """

    limit_requests: int | None = None
    limit_tokens: int | None = None
    remaining_requests: int | None = None
    remaining_tokens: int | None = None
    reset_requests: float | None = None
    reset_tokens: float | None = None

    @classmethod
    def from_headers(cls, headers: Mapping[str, str]) -> "RateLimits":
        """Read the rate limits from the headers of a response.

        Args:
            headers: a response's headers, looked up without regard to case.
        """
        if not any(name.startswith(_PREFIX) for name in headers):  # most servers tell none
            return NOTHING_TOLD
        return cls(
            limit_requests=_count(headers, "limit-requests"),
            limit_tokens=_count(headers, "limit-tokens"),
            remaining_requests=_count(headers, "remaining-requests"),
            remaining_tokens=_count(headers, "remaining-tokens"),
            reset_requests=parse_duration(headers.get("x-ratelimit-reset-requests", "")),
            reset_tokens=parse_duration(headers.get("x-ratelimit-reset-tokens", "")),
        )


NOTHING_TOLD = RateLimits()
"""What a response without such headers tells."""


def _count(headers: Mapping[str, str], name: str) -> int | None:
    text = headers.get(f"{_PREFIX}{name}", "").strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) < 20 else None  # noqa: PLR2004 - 2**64 has 20 digits
