"""ApiKey: checked once, shown nowhere."""

import copy
import json
import pickle
import pprint
import traceback
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corechat import Client, ConfigurationError
from corechat._providers.key import ApiKey
from tests.core.support import KEY, ScriptedTransport

TESTS = str(Path(__file__).parents[1])


def test_no_way_of_looking_at_a_key_shows_it() -> None:
    key = ApiKey(KEY)
    views = [
        repr(key),
        str(key),
        f"{key} {key!s} {key!r} {key!a}",
        format(key),
        "%s %r" % (key, key),  # noqa: UP031 - one more way
        pprint.pformat([key]),
        str(dir(key)),
        repr([getattr(key, name) for name in dir(key)]),
        repr({"key": key}),
    ]
    assert all(KEY not in view for view in views)
    with pytest.raises(TypeError):
        vars(key)
    with pytest.raises(TypeError):
        json.dumps(key)


def test_a_key_is_copied_as_itself_and_never_pickled() -> None:
    key = ApiKey(KEY)
    assert copy.copy(key) is key
    assert copy.deepcopy([key])[0] is key
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        with pytest.raises(ConfigurationError, match="does not pickle"):
            pickle.dumps(key, protocol)


@pytest.mark.parametrize("value", [KEY, f"{KEY}\n", f"{KEY}\r\n", f"{KEY}\r"])
def test_one_line_end_is_stripped(value: str) -> None:
    assert ApiKey(value).header_value("Bearer ") == f"Bearer {KEY}"


@pytest.mark.parametrize(
    "value",
    [
        "",
        "\n",
        "\r\n",
        " ",
        f" {KEY}",
        f"{KEY} ",
        f"{KEY}\n\n",
        f"{KEY}\nX-Evil: 1",
        f"{KEY}\r\nX-Evil: 1",
        f"{KEY}\x00",
        f"{KEY}\x7f",
        f"{KEY}\t",
        f"{KEY}é",
        f"{KEY}\u200b",
        f"“{KEY}”",
        5,
        KEY.encode(),
        [KEY],
    ],
)
def test_a_key_that_no_header_can_carry_is_refused_and_not_shown(value: str) -> None:
    for make in (
        lambda: ApiKey(value, "SOME_API_KEY"),
        lambda: Client(ScriptedTransport(), base_url="https://h", api_key=value),
    ):
        with pytest.raises(ConfigurationError) as caught:
            make()
        shown = traceback.TracebackException.from_exception(caught.value, capture_locals=True)
        ours = [frame for frame in shown.stack if not frame.filename.startswith(TESTS)]
        assert ours
        assert KEY not in f"{caught.value!r} {[frame.locals for frame in ours]}"


@settings(deadline=None)
@given(st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1))
def test_any_visible_ascii_text_is_a_key(value: str) -> None:
    assert ApiKey(value).header_value() == value


def test_the_key_is_replaced_in_texts_from_elsewhere() -> None:
    key = ApiKey(KEY)
    assert key.redact(f"a {KEY} b {KEY}") == "a [api key] b [api key]"
    assert key.redact("nothing of it") == "nothing of it"
    escaped = KEY.replace("/", "\\/")
    assert KEY not in key.redact(f'{{"m": "{escaped}"}}').replace("\\/", "/")
    assert key.redact_bytes(f"a {KEY}".encode()) == b"a [api key]"
    assert key.redact_bytes(KEY[:20].encode(), cut=True) == b""
    assert key.redact_bytes(KEY[:20].encode()) == KEY[:20].encode()


def test_a_word_too_short_to_be_a_secret_is_left_alone() -> None:
    for word in ("x", "EMPTY", "none"):
        assert ApiKey(word).redact(f"the index is {word}") == f"the index is {word}"
