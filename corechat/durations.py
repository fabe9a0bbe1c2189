"""Read the durations that servers write: ``2m59.56s``, ``7.66s``, ``120ms``, plain seconds."""

import re

_DURATION = re.compile(
    r"(?:(?P<d>\d+)d)?(?:(?P<h>\d+)h)?(?:(?P<m>\d+)m(?!s))?(?:(?P<s>\d+(?:\.\d*)?)s)?"
    r"(?:(?P<ms>\d+(?:\.\d*)?)ms)?",
    re.ASCII,
)
_SECONDS = re.compile(r"\d+(?:\.\d*)?|\.\d+", re.ASCII)
_UNITS = {"d": 86400.0, "h": 3600.0, "m": 60.0, "s": 1.0, "ms": 0.001}
_MAX_LENGTH = 32


def parse_duration(text: str) -> float | None:
    """Read a duration.

    Args:
        text: for example ``2m59.56s`` (Groq's ``x-ratelimit-reset-*``), ``6ms`` (OpenAI's), ``5``.

    Returns:
        Seconds, finite and not negative; None for anything that is no duration.
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
