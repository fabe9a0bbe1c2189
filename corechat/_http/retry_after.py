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
_MILLISECONDS = ("retry-after-ms", "x-ms-retry-after-ms")


def read_retry_after(headers: Mapping[str, str], now: float | None = None) -> float | None:
    """Return the seconds that the server asks to wait, at most 366 days; None if it does not.

    ``retry-after-ms`` and ``x-ms-retry-after-ms`` (milliseconds, OpenAI and Azure) go before
    ``retry-after`` (seconds or a date, RFC 9110 §10.2.3; or a duration). ``now`` is Unix seconds,
    the clock's by default.
    """
    for name in _MILLISECONDS:
        seconds = parse_duration(headers.get(name, ""))
        if seconds is not None:
            return sensible_wait(seconds / 1000)
    text = headers.get("retry-after", "")
    if not text:
        return None
    # a proxy may add a field of its own: the longest wait is never earlier than asked
    waits = [parse_duration(one) for one in text.split(", ")]
    if None not in waits:
        return sensible_wait(max(wait for wait in waits if wait is not None))
    try:
        date = parsedate_to_datetime(text)
        return sensible_wait(max(0.0, date.timestamp() - (time.time() if now is None else now)))
    except (ValueError, TypeError, OverflowError, IndexError):
        return None


def sensible_wait(seconds: float) -> float | None:
    """Return the seconds; None if they are not finite, or more than 366 days."""
    return seconds if math.isfinite(seconds) and seconds <= _LONGEST else None


_IN_WORDS = re.compile(
    r"(?:try again|retry(?: again)?|retrying|please wait)(?: in| after| for)?"
    r"(?: about| approximately| at least)?:? {0,2}"
    r"((?:\d{1,9}(?:\.\d{0,12})? ?"
    r"(?:days?|hours?|hrs?|minutes?|mins?|milliseconds?|seconds?|secs?|ms|[dhms])(?![a-z])"
    r"(?:,? and |, | )?){1,5})",
    re.IGNORECASE,
)
_PIECE = re.compile(r"(\d+(?:\.\d*)?) ?([a-z]+)", re.IGNORECASE)
_MOST_WORDS = 4096


def read_wait_in_words(text: str) -> float | None:
    """Return the seconds that a server's words ask to wait; None if they do not ask.

    ``Please try again in 7m12.5s.`` (Groq, OpenAI), ``retry after 6 seconds`` (Azure), ``Please
    retry in 34.07s.`` (Gemini).
    """
    found = _IN_WORDS.search(text[:_MOST_WORDS])
    if found is None:
        return None
    pieces = _PIECE.findall(found[1])
    return sensible_wait(sum(float(number) * _UNITS[_unit(word)] for number, word in pieces))


def _unit(word: str) -> str:
    word = word.lower()
    return "ms" if word.startswith(("ms", "milli")) else word[0]


def read_should_retry(headers: Mapping[str, str]) -> bool | None:
    """Return the server's own verdict, ``x-should-retry`` (OpenAI, Groq); None if it gave none."""
    return {"true": True, "false": False}.get(headers.get("x-should-retry", "").strip().lower())
