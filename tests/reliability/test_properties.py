"""Whatever comes, a call ends in an answer or a typed error, and a cassette in one or the other."""

import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.reliability import targets
from tests.reliability.battery.plays import FINE, completion

_CORPUS = Path(__file__).parent / "corpus"
_MORE = settings(max_examples=400, deadline=None)

_JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=20)
    | st.just("KEY"),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["error", "message", "code", "type", "choices", "content", "usage", "tool_calls"]
            )
            | st.text(max_size=5),
            inner,
            max_size=4,
        )
    ),
    max_leaves=15,
)
_HEAD = st.tuples(st.binary(min_size=2, max_size=2), st.binary(max_size=40)).map(
    lambda parts: parts[0] + parts[1].replace(b"\n", b"") + b"\n"
)


def _cut(body: bytes, start: int, gone: int, put: bytes) -> bytes:
    return body[:start] + put + body[start + gone :]


_MUTATED = st.builds(
    _cut,
    st.sampled_from([FINE, gzip.compress(FINE, mtime=0), completion("KEY", error={"a": "KEY"})]),
    st.integers(0, 300),
    st.integers(0, 20),
    st.binary(max_size=8),
)


@_MORE
@given(_HEAD, st.binary(max_size=400))
def test_any_bytes_end_a_call(start: bytes, body: bytes) -> None:
    targets.call(start + body)


@_MORE
@given(_HEAD, _JSON)
def test_any_json_ends_a_call(start: bytes, value: Any) -> None:
    targets.call(start + json.dumps(value).encode())


@_MORE
@given(_HEAD, _JSON, _JSON)
def test_any_message_ends_a_call(start: bytes, message: Any, more: Any) -> None:
    body = completion(choices=[{"message": message, "x": more}], usage=more, x_groq=message)
    targets.call(start + body)


@_MORE
@given(_HEAD, _MUTATED)
def test_any_damaged_answer_ends_a_call(start: bytes, body: bytes) -> None:
    targets.call(start + body)


_CASSETTE = json.dumps(
    {
        "version": 1,
        "interactions": [
            {
                "request": {"method": "POST", "uri": "https://x/v1", "body": "{}", "headers": {}},
                "response": {
                    "status": {"code": 200, "message": "OK"},
                    "headers": {"Content-Type": ["application/json"]},
                    "body": {"string": FINE.decode()},
                },
            }
        ],
    }
).encode()
_YAML = b"""interactions:
- request:
    body: !!binary |
      e30=
    headers: {accept: ['*/*']}
    method: POST
    uri: https://x/v1
  response:
    body: {string: 'x'}
    headers: {}
    status: {code: 200, message: OK}
version: 1
"""


@_MORE
@given(
    st.builds(
        _cut,
        st.sampled_from([_CASSETTE, _YAML]),
        st.integers(0, 500),
        st.integers(0, 30),
        st.binary(max_size=8) | st.text(max_size=8).map(str.encode),
    )
    | st.binary(max_size=100)
    | _JSON.map(lambda value: json.dumps(value).encode())
)
def test_any_damaged_cassette_is_read_or_refused(data: bytes) -> None:
    targets.cassette(data)


@pytest.mark.parametrize("target", targets.TARGETS)
def test_what_the_fuzzer_found_stays_found(target: str) -> None:
    found = sorted((_CORPUS / target).iterdir())
    assert found
    for path in found:
        targets.TARGETS[target](path.read_bytes())
