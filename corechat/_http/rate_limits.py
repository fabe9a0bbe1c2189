"""RateLimits: the limits of a key, as the headers of a response tell them."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from corechat._http.retry_after import parse_duration


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
        told: dict[str, Any] = {}
        for name, header in RATE_LIMIT_HEADERS.items():
            read = parse_duration if name.startswith("reset_") else _count
            told[name] = read(headers.get(header, ""))
        return cls(**told)


NOTHING_TOLD = RateLimits()
"""What a response without such headers tells."""

_PREFIX = "x-ratelimit-"
RATE_LIMIT_HEADERS = {
    one.name: f"{_PREFIX}{one.name.replace('_', '-')}" for one in fields(RateLimits)
}
"""The header in lower case that tells each field."""


def _count(text: str) -> int | None:
    text = text.strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) < 20 else None  # noqa: PLR2004 - 2**64 has 20 digits
