"""The formats of JSON Schema that jsonschema checks only with more libraries (2020-12, §7.3)."""

import re
from collections.abc import Callable
from datetime import datetime, time
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from jsonschema import FormatChecker

_DATE_TIME = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)", re.ASCII)
_DURATION = re.compile(
    r"P(?=[\dT])(\d+W|(\d+Y)?(\d+M)?(\d+D)?(T(?=\d)(\d+H)?(\d+M)?(\d+(\.\d+)?S)?)?)", re.ASCII
)
_LABEL = "[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_HOSTNAME = re.compile(rf"(?=.{{1,253}}\Z){_LABEL}(\.{_LABEL})*")
_POINTER = re.compile(r"(/([^~/]|~[01])*)*")  # RFC 6901
_RELATIVE_POINTER = re.compile(rf"(0|[1-9]\d*)(#|{_POINTER.pattern})", re.ASCII)
_TEMPLATE = re.compile(r"([^\s<>\"{}|\\^`]|\{[^\s{}]+\})*")  # RFC 6570


def _is_date_time(text: str) -> bool:
    datetime.fromisoformat(_clock(text))
    return _DATE_TIME.fullmatch(text) is not None


def _is_time(text: str) -> bool:
    time.fromisoformat(_clock(text))
    return _DATE_TIME.fullmatch(f"2000-01-01T{text}") is not None


def _clock(text: str) -> str:
    return re.sub(r"\.\d+", "", text.upper()).replace(":60", ":59")  # a leap second is one


def _is_iri(text: str) -> bool:
    return bool(urlsplit(text).scheme) and _is_iri_reference(text)


def _is_iri_reference(text: str) -> bool:
    return not re.search(r"[\s<>\"{}|\\^`]", text)


_CHECKS: dict[str, Callable[[str], object]] = {
    "date-time": _is_date_time,
    "duration": _DURATION.fullmatch,
    "hostname": _HOSTNAME.fullmatch,
    "iri": _is_iri,
    "iri-reference": _is_iri_reference,
    "json-pointer": _POINTER.fullmatch,
    "relative-json-pointer": _RELATIVE_POINTER.fullmatch,
    "time": _is_time,
    "uri": lambda text: text.isascii() and _is_iri(text),
    "uri-reference": lambda text: text.isascii() and _is_iri_reference(text),
    "uri-template": _TEMPLATE.fullmatch,
}


def format_checker(known: "FormatChecker") -> "FormatChecker":
    """Make a checker of what jsonschema itself can check here, and of the others."""
    made = type(known)(())
    made.checkers = {**known.checkers}
    for name, check in _CHECKS.items():
        if name not in made.checkers:
            made.checks(name, raises=ValueError)(_of_text(check))
    return made


def _of_text(check: Callable[[str], object]) -> Callable[[object], bool]:
    return lambda value: not isinstance(value, str) or bool(check(value))
