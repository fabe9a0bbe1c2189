"""Whatever is written is read back the same, as JSON and as YAML, and matches what it should."""

import copy
import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from corechat._http.messages import Headers, HttpRequest, HttpResponse
from corechat.errors import CassetteError
from corechat_replay.cassette.differences import describe_nearest
from corechat_replay.cassette.matching import Matching
from corechat_replay.cassette.reader import load, parse
from corechat_replay.cassette.writer import format_cassette, save_cassette
from corechat_replay.interaction import Interaction
from tests.cassettes.support import URL, chat

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
NAMES = st.from_regex(r"[a-z][a-z0-9-]{0,12}", fullmatch=True).filter(
    lambda name: name not in {"content-length", "transfer-encoding", "content-encoding"}
)
HEADERS = st.dictionaries(NAMES, st.lists(TEXT, min_size=1, max_size=2), max_size=4).map(
    lambda fields: Headers([(name, value) for name in sorted(fields) for value in fields[name]])
)
BODIES = st.one_of(TEXT.map(str.encode), st.binary(max_size=30))
INTERACTIONS = st.builds(
    lambda sent, got, fields, headers, status: Interaction(
        HttpRequest("POST", URL, fields, sent.encode()), HttpResponse(status, headers, got), "OK"
    ),
    TEXT,
    BODIES,
    HEADERS,
    HEADERS,
    st.integers(200, 599),
)
JSON: st.SearchStrategy[Any] = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**20), 10**20)
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=12,
)


@settings(max_examples=150, deadline=None)
@given(st.lists(INTERACTIONS, max_size=3))
def test_what_is_written_is_read_back_and_is_the_same_yaml(recorded: list[Interaction]) -> None:
    text = format_cassette(recorded)
    assert format_cassette(copy.deepcopy(recorded)) == text
    assert yaml.load(text, yaml.CSafeLoader) == json.loads(text)
    again = parse(text.encode(), "a.json").interactions
    assert format_cassette(again) == text
    for before, after in zip(recorded, again, strict=True):
        assert after.request == before.request
        assert (after.response.status, after.response.body) == (
            before.response.status,
            before.response.body,
        )
        kept = [pair for pair in after.response.headers.pairs if pair[0] != "content-length"]
        assert tuple(kept) == before.response.headers.pairs


def shuffled(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: shuffled(value[key]) for key in reversed(value)}
    if isinstance(value, list):
        return [shuffled(item) for item in value]
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 2**53:
        return float(value)
    return value


@settings(max_examples=300, deadline=None)
@given(JSON, JSON)
def test_requests_match_exactly_when_their_json_means_the_same(one: Any, other: Any) -> None:
    matching = Matching()

    def digest(value: Any, **spelling: Any) -> bytes:
        return matching.digest("POST", URL, json.dumps(value, **spelling).encode())

    assert digest(one) == digest(shuffled(one), indent=2) == digest(one, ensure_ascii=False)
    exact = json.dumps(shuffled(one), sort_keys=True) == json.dumps(shuffled(other), sort_keys=True)
    assert (digest(one) == digest(other)) == exact


@pytest.mark.parametrize(
    ("one", "other"), [(True, 1), (False, 0), (None, "null"), ("1", 1), ([], {}), (0.1, "0.1")]
)
def test_values_of_different_kinds_do_not_match(one: Any, other: Any) -> None:
    matching = Matching()
    digests = [matching.digest("POST", URL, json.dumps({"a": v}).encode()) for v in (one, other)]
    assert digests[0] != digests[1]


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (
            "https://A.example:443/v1/chat/completions",
            "https://a.example/v1/chat/completions",
            True,
        ),
        ("https://a.example/x?b=2&a=1", "https://a.example/x?a=1&b=2", True),
        ("https://a.example/x#stream", "https://a.example/x", True),
        ("https://a.example/x?key=one", "https://a.example/x?key=two", True),
        ("https://a.example/x?a=1", "https://a.example/x?a=2", False),
        ("http://a.example/x", "https://a.example/x", False),
        ("https://a.example:8443/x", "https://a.example/x", False),
        ("https://a.example/x/", "https://a.example/x", False),
    ],
)
def test_urls_match_as_rfc_3986_has_it(one: str, other: str, same: bool) -> None:  # noqa: FBT001 - a column
    matching = Matching()
    assert (matching.digest("POST", one, b"") == matching.digest("POST", other, b"")) == same
    assert matching.same_url(one, other) == same


@settings(max_examples=100, deadline=None)
@given(JSON, JSON)
def test_two_bodies_that_differ_always_show_a_difference(one: Any, other: Any) -> None:
    matching = Matching()
    bodies = [json.dumps(value).encode() for value in (one, other)]
    recorded = Interaction(
        HttpRequest("POST", URL, Headers(), bodies[0]), HttpResponse(200, Headers(), b"")
    )
    lines = describe_nearest(HttpRequest("POST", URL, Headers(), bodies[1]), [recorded], matching)
    same = matching.digest("POST", URL, bodies[0]) == matching.digest("POST", URL, bodies[1])
    assert bool(lines) != same
    assert all(len(line) < 400 and "\x1b" not in line for line in lines)


def test_a_save_is_one_step_and_refuses_what_it_cannot_say(tmp_path: Path) -> None:
    path = tmp_path / "sub" / "a.json"
    good = Interaction(
        HttpRequest("POST", URL, Headers(), json.dumps(chat("q")).encode()),
        HttpResponse(200, Headers(), b"{}"),
    )
    save_cassette(path, [good])
    before = path.read_bytes()
    bad = Interaction(HttpRequest("POST", URL, Headers(), b"\xff"), good.response)
    with pytest.raises(CassetteError, match="not UTF-8"):
        save_cassette(path, [good, bad])
    unknown = Interaction(
        good.request, HttpResponse(200, Headers({"content-encoding": "rot13"}), b"x")
    )
    with pytest.raises(CassetteError, match="Content-Encoding 'rot13'"):
        save_cassette(path, [unknown])
    assert path.read_bytes() == before
    assert [each.name for each in path.parent.iterdir()] == ["a.json"]
    assert len(load(path).interactions) == 1
    save_cassette(path, [])
    assert load(path).interactions == ()
