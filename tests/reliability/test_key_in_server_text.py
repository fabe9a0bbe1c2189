"""A server's text that repeats the key, in any dress, has it replaced: the decoder's part."""

import copy
import gzip
import json
import pickle
from typing import Any

import pytest

import corechat
from corechat._call.call_errors import CallErrors
from corechat._call.decode import Decoder
from corechat._http.messages import Headers, HttpResponse
from corechat._providers.key import ApiKey
from tests.reliability.battery.plays import completion

KEY = "gsk_Planted-0123456789/abcdef"
ESCAPED = "".join(f"\\u{ord(char):04x}" for char in KEY)
ERRORS = CallErrors(key=ApiKey(KEY))
DECODER = Decoder(ERRORS)


def _texts(error: corechat.CorechatError) -> str:
    return f"{error} {error!r} {vars(error)!r} {pickle.dumps(error)!r} {copy.deepcopy(error)!r}"


def _status(body: bytes, **headers: str) -> corechat.APIStatusError:
    fields = Headers({name.replace("_", "-"): value for name, value in headers.items()})
    return ERRORS.of_status(HttpResponse(400, fields, body), attempts=1)


def _invalid(body: bytes, **headers: str) -> corechat.CorechatError:
    fields = Headers({name.replace("_", "-"): value for name, value in headers.items()})
    with pytest.raises(corechat.CorechatError) as raised:
        DECODER.decode(HttpResponse(200, fields, body), elapsed=0, attempts=1)
    return raised.value


def _parts(template: str, key: str) -> bytes:
    return template.replace("KEY", key).encode()


TEMPLATES = (
    '{"error": {"message": "Incorrect API key provided: KEY."}}',
    '{"error": {"message": "no", "code": "KEY", "type": "KEY", "param": "KEY"}}',
    '{"error": {"message": "no", "failed_generation": "KEY"}}',
    '{"error": {"message": {"KEY": ["KEY"]}}}',
    '{"error": "KEY"}',
    '{"headers": {"Authorization": "Bearer KEY"}}',
    '["KEY", {"KEY": {"KEY": "KEY"}}]',
    '"KEY"',
    "Bearer KEY is wrong",
    "<html>KEY</html>",
    '{"error": {"message": "cut KEY',
    f'{{"error": "plain {KEY}, and KEY"}}',
    f"plain {KEY}, and KEY",
)


@pytest.mark.parametrize("template", TEMPLATES)
@pytest.mark.parametrize("key", [KEY, ESCAPED, KEY.replace("/", "\\/")], ids=["plain", "u", "/"])
def test_no_body_of_an_error_gives_the_key_back(template: str, key: str) -> None:
    body = _parts(template, key)
    for error in (_status(body), _invalid(body)):
        assert KEY not in _texts(error)
        assert ESCAPED not in _texts(error)
        assert "[api key]" in _texts(error)


@pytest.mark.parametrize(
    "name", ["content_type", "x_request_id", "content_encoding", "retry_after"]
)
def test_no_header_gives_the_key_back(name: str) -> None:
    for error in (_status(b"{}", **{name: KEY}), _invalid(b"{}", **{name: KEY})):
        assert KEY not in _texts(error)
        assert KEY.lower() not in _texts(error)


@pytest.mark.parametrize("size", range(7, len(KEY)))
def test_a_key_that_is_cut_at_a_bound_leaves_no_long_piece(size: int) -> None:
    body = b"x" * (64 * 1024 - size) + KEY.encode()
    assert KEY[:size] not in _texts(_status(body))
    packed = gzip.compress(body, 0)
    assert KEY[:size] not in _texts(_status(packed, content_encoding="gzip"))
    spaced = b" " * (1600 - size) + KEY.encode() + b"<html>"
    assert KEY[:size] not in _texts(_invalid(spaced))


def test_an_answer_that_repeats_the_key_has_it_replaced() -> None:
    response = HttpResponse(200, Headers({"X-Echo": KEY}), completion(f"you sent {KEY}"))
    reply = DECODER.decode(response, elapsed=0, attempts=1)
    assert reply.text == "you sent [api key]"
    assert KEY not in repr(reply.http)


@pytest.mark.parametrize("key", ["x", "e", '"', "none", "EMPTY"])
def test_a_placeholder_that_stands_for_a_key_is_no_secret_and_spoils_no_text(key: str) -> None:
    errors = CallErrors(key=ApiKey(key))
    decoder = Decoder(errors)
    body = json.dumps({"error": {"message": "EMPTY prompt, none expected", "code": "x_e"}})
    error = errors.of_status(HttpResponse(400, Headers(), body.encode()), attempts=1)
    assert "EMPTY prompt, none expected" in str(error)
    assert error.code == "x_e"
    answer = HttpResponse(200, Headers(), completion("EMPTY, none, x"))
    assert decoder.decode(answer, elapsed=0, attempts=1).text == "EMPTY, none, x"


@pytest.mark.parametrize("depth", [10, 90, 200, 400, 900, 30_000])
def test_an_error_body_of_any_depth_pickles_and_copies(depth: int) -> None:
    error: Any = _status(b'{"error": ' + b"[" * depth + b"]" * depth + b"}")
    assert pickle.loads(pickle.dumps(error)) == error  # noqa: S301 - our own error
    assert copy.deepcopy(error) == error
