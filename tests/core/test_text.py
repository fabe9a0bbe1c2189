"""Texts from elsewhere: escaped, shortened; durations, suggestions and the canonical form."""

import json
import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corechat._errors.text import bound, escape_controls, escape_json, excerpt, nearest, one_of
from corechat._http.retry_after import parse_duration
from corechat.requests._json import canonical_json


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain é 🙂\n\ttext", "plain é 🙂\n\ttext"),
        ("\x1b[31mred\x1b[0m", "\\x1b[31mred\\x1b[0m"),
        ("\x1b]0;title\x07", "\\x1b]0;title\\x07"),
        ("a\rb", "a\\rb"),
        ("\x00\x7f\x80\x9b31m", "\\x00\\x7f\\x80\\x9b31m"),
        ("\u202eevil\u2066", "\\u202eevil\\u2066"),
        ("\u200b\ufeff\u2028", "\\u200b\\ufeff\\u2028"),
        ("\U000e0041", "\\U000e0041"),
        ("half \ud83d", "half \\ud83d"),
        ("👩\u200d🚀 \u0645\u200c\u062e", "👩\u200d🚀 \u0645\u200c\u062e"),
        ("", ""),
    ],
)
def test_what_could_steer_a_terminal_is_escaped(text: str, shown: str) -> None:
    assert escape_controls(text) == shown


def test_an_excerpt_is_one_clean_line() -> None:
    assert excerpt("  a\n\n b\t\x1b c ") == "a b \\x1b c"
    assert excerpt("x" * 50, 10) == "x" * 9 + "…"
    assert excerpt("x" * 10, 10) == "x" * 10
    assert excerpt("") == ""


def test_a_bound_takes_from_the_middle() -> None:
    text = bound("head " + "x" * 5000 + " tail", 100)
    assert text.startswith("head xx")
    assert text.endswith("xx tail")
    assert len(text.encode()) <= 100


@settings(deadline=None)
@given(st.text(st.characters()), st.integers(20, 200))
def test_shortened_texts_keep_to_their_limits(text: str, limit: int) -> None:
    assert len(bound(text, limit).encode()) <= limit
    assert len(excerpt(text, limit)) <= limit
    assert escape_controls(escape_controls(text)) == escape_controls(text)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("2m59.56s", 179.56),
        ("7.66s", 7.66),
        ("6ms", 0.006),
        ("120ms", 0.12),
        ("1h0m0s", 3600),
        ("9m38.016s", 578.016),
        ("1d2h3m4s", 93784),
        ("2m", 120),
        ("1m5ms", 60.005),
        ("5", 5),
        ("5.25", 5.25),
        (".5", 0.5),
        ("5.", 5),
        (" 1s ", 1),
        ("0s", 0),
        ("0", 0),
    ],
)
def test_a_duration_is_read_in_every_spelling(text: str, seconds: float) -> None:
    assert parse_duration(text) == pytest.approx(seconds)


@pytest.mark.parametrize(
    "text",
    ["", " ", "s", "ms", "-1", "-1s", "1 s", "nan", "NaN", "inf", "1e3", "1s2m", "m1", "1x",
     "1,5", "٣", "1" * 33, "1s" * 20, "Fri, 31 Dec 1999 23:59:59 GMT", "2m59.56s garbage", "0x10"],
)  # fmt: skip
def test_what_is_no_duration_is_none(text: str) -> None:
    assert parse_duration(text) is None


@settings(deadline=None)
@given(st.text())
def test_any_text_is_a_finite_duration_or_none(text: str) -> None:
    seconds = parse_duration(text)
    assert seconds is None or (math.isfinite(seconds) and seconds >= 0)


def test_the_nearest_known_word_is_named() -> None:
    known = ["aiohttp", "httpx", "httpx2", "replay"]
    assert nearest("htpx", known) == "httpx"
    assert nearest("AIOHTTP", known) == "aiohttp"
    assert nearest("zzz", known) is None
    assert one_of("htpx", known) == "Did you mean 'httpx'? Known: aiohttp, httpx, httpx2, replay."
    assert one_of("zzz", known) == "Known: aiohttp, httpx, httpx2, replay."
    assert one_of("zzz", []) == "None are known."


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ('{"a":1,"b":[2]}', '{ "b" : [2.0], "a" : 1e0 }'),
        ('{"a":"\\u00e9"}', '{"a":"é"}'),
        ("-0.0", "0"),
        ("[1.50]", "[1.5]"),
    ],
)
def test_two_spellings_of_one_value_have_one_canonical_form(one: str, other: str) -> None:
    assert canonical_json(one) == canonical_json(other.encode())


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("1", "true"),
        ("1", '"1"'),
        ("[1,2]", "[2,1]"),
        ("null", "0"),
        ("0.1", "0.10000000000000002"),
    ],
)
def test_different_values_have_different_canonical_forms(one: str, other: str) -> None:
    assert canonical_json(one) != canonical_json(other)


@pytest.mark.parametrize("text", ["", "{", "[" * 100_000, "1" * 5000, b"\xff", "{} {}"])
def test_what_is_no_json_has_no_canonical_form(text: str | bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - its only promise
        canonical_json(text)


def test_json_is_escaped_by_its_own_escapes() -> None:
    value = {"a\x7f": "\x1b \x9b\u202e\U000e0041 é 🙂\n\t"}
    text = json.dumps(value, ensure_ascii=False, indent=2)
    safe = escape_json(text)
    assert json.loads(safe) == value
    assert escape_controls(safe) == safe
    assert "é 🙂" in safe
