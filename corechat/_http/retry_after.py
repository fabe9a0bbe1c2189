"""Retry-After and its kin: when, and whether, a server wants to be asked again."""

import math
import re
import time
from collections.abc import Mapping
from email.utils import parsedate_to_datetime

_DURATION = re.compile(
    r"(?:(?P<d>\d+)d)?(?:(?P<h>\d+)h)?(?:(?P<m>\d+)m(?!s))?(?:(?P<s>\d+(?:\.\d*)?)s)?"
    r"(?:(?P<ms>\d+(?:\.\d*)?)ms)?",
    re.ASCII,
)
_SECONDS = re.compile(r"\d+(?:\.\d*)?|\.\d+", re.ASCII)
_UNITS = {"d": 86400.0, "h": 3600.0, "m": 60.0, "s": 1.0, "ms": 0.001}
_MAX_LENGTH = 32


def parse_duration(text: str) -> float | None:
    """Return the seconds of a duration; None for what is not one.

    Groq writes ``2m59.56s`` in ``x-ratelimit-reset-*``, OpenAI ``6ms``; a bare number is seconds.
    """
    text = text.strip()
    if not text or len(text) > _MAX_LENGTH:
        return None
    if _SECONDS.fullmatch(text):
        return float(text)
    match = _DURATION.fullmatch(text)
    if match is None:
        return None
    return sum(float(value) * _UNITS[unit] for unit, value in match.groupdict().items() if value)


_LONGEST = 366 * 86400.0


def read_retry_after(headers: Mapping[str, str], now: float | None = None) -> float | None:
    """Return the seconds that the server asks to wait, at most 366 days; None if it does not.

    ``retry-after-ms`` (milliseconds, OpenAI) goes before ``retry-after`` (seconds or a date, RFC
    9110 §10.2.3; or a duration). ``now`` is Unix seconds, the clock's by default.
    """
    milliseconds = headers.get("retry-after-ms", "")
    if milliseconds:
        seconds = parse_duration(milliseconds)
        if seconds is not None:
            return _sensible(seconds / 1000)
    text = headers.get("retry-after", "")
    if not text:
        return None
    # a proxy may add a field of its own: the longest wait is never earlier than asked
    waits = [parse_duration(one) for one in text.split(", ")]
    if None not in waits:
        return _sensible(max(wait for wait in waits if wait is not None))
    try:
        date = parsedate_to_datetime(text)
        return _sensible(max(0.0, date.timestamp() - (time.time() if now is None else now)))
    except (ValueError, TypeError, OverflowError, IndexError):
        return None


def _sensible(seconds: float) -> float | None:
    return seconds if math.isfinite(seconds) and seconds <= _LONGEST else None


def read_should_retry(headers: Mapping[str, str]) -> bool | None:
    """Return the server's own verdict, ``x-should-retry`` (OpenAI, Groq); None if it gave none."""
    return {"true": True, "false": False}.get(headers.get("x-should-retry", "").strip().lower())
