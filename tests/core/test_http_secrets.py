"""Secrets: which headers hold one, and every spelling in which a text may hide one."""

import json
import time
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corechat._http.secrets import HIDDEN, hide_secrets, is_secret_header

SECRET = 'sk-a/b+c="7é'


@pytest.mark.parametrize(
    "name",
    [
        "x-ratelimit-remaining-tokens",
        "x-ratelimit-limit-token",
        "x-time-per-token",
        "fireworks-server-time-to-first-token",
        "x-prompt-token-count",
        "x-request-id",
        "retry-after",
        "content-type",
        "monkey",
    ],
)
def test_a_header_of_figures_holds_no_secret(name: str) -> None:
    assert not is_secret_header(name)
    assert not is_secret_header(name.title())


SPELLINGS = {
    "plain": SECRET,
    "JSON": json.dumps(SECRET, ensure_ascii=False)[1:-1],
    "JSON, ASCII only": json.dumps(SECRET)[1:-1],
    "JSON, every letter": "".join(f"\\u{ord(one):04x}" for one in SECRET),
    "JSON, every letter, upper case": "".join(f"\\u{ord(one):04X}" for one in SECRET),
    "JSON in JSON": json.dumps(json.dumps(SECRET)[1:-1])[1:-1],
    "escaped slash": SECRET.replace("/", r"\/").replace('"', r"\""),
    "URL": quote(SECRET),
    "URL, slash too": quote(SECRET, safe=""),
    "URL, lower case": quote(SECRET, safe="").lower(),
}


@pytest.mark.parametrize("spelling", SPELLINGS.values(), ids=SPELLINGS)
def test_a_secret_is_taken_out_however_it_is_written_and_nothing_else_is(spelling: str) -> None:
    around = r'{"a": "\u00e9\/ 50% %41 \\ ', r' \ud83d\ude00 \"", "b": "/"}'
    text = f"{around[0]}{spelling}{around[1]}{spelling}"
    assert hide_secrets(text, ["other", SECRET]) == f"{around[0]}{HIDDEN}{around[1]}{HIDDEN}"


@given(st.text(), st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=8))
def test_a_text_without_the_secret_stays_and_json_stays_json(text: str, secret: str) -> None:
    written = json.dumps([text, secret, {text: secret}])
    hidden = hide_secrets(written, [secret], "*")
    if secret in '", []{}:':  # a piece of JSON itself
        return
    assert secret not in hidden
    assert json.loads(hide_secrets(json.dumps(text), [secret + "\0"])) == text


@pytest.mark.parametrize("piece", ["\\", "\\u", "%", "%4", "\\u0073"])
def test_a_text_of_escapes_takes_no_quadratic_time(piece: str) -> None:
    started = time.thread_time()
    hide_secrets(piece * 100_000, [SECRET, "s" * 200])
    assert time.thread_time() - started < 10
