"""An error is built from any answer whose status is no success, and says what the server said."""

import copy
import json
import pickle
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corechat import (
    APIStatusError,
    APITimeoutError,
    AuthenticationError,
    BadRequestError,
    Headers,
    NotFoundError,
    RateLimitError,
)
from corechat._call.call_errors import CallErrors
from corechat._providers.key import ApiKey
from corechat.transport import HttpResponse, TimeoutFailure
from tests.core.support import REQUEST, ScriptedTransport, answer, client_over


def error_of(body: object, status: int = 400, **headers: str) -> APIStatusError:
    fields = {name.replace("_", "-"): value for name, value in headers.items()}
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    error = CallErrors().of_status(HttpResponse(status, Headers(fields), data), attempts=3)
    assert error.status_code == status
    assert error.attempts == 3
    assert len(error.message.encode()) <= 1000
    assert pickle.loads(pickle.dumps(error)) == error == copy.deepcopy(error)  # noqa: S301 - our own
    return error


def test_the_apis_error_object_is_read_whole() -> None:
    body = {
        "error": {
            "message": "Failed to call a function.",
            "type": "invalid_request_error",
            "code": "tool_use_failed",
            "param": "tools",
            "failed_generation": "<function=f>{</function>",
        }
    }
    error = error_of(body, 400, x_request_id="req_1")
    assert isinstance(error, BadRequestError)
    assert (error.code, error.type, error.param) == (
        "tool_use_failed",
        "invalid_request_error",
        "tools",
    )
    assert error.failed_generation == "<function=f>{</function>"
    assert error.body == body
    assert error.request_id == "req_1"
    assert str(error) == (
        "HTTP 400 (invalid_request_error, tool_use_failed): Failed to call a function. "
        "[request req_1] The field: tools."
    )


@pytest.mark.parametrize(
    ("body", "words", "code"),
    [
        ({"error": "plain text"}, "plain text", None),
        ({"error": {"message": "m", "code": 429}}, "m", 429),
        ({"error": {"message": "m", "code": None}}, "m", None),
        ({"error": {"message": "m", "code": True}}, "m", None),
        ({"error": {"message": "m", "code": 1.5}}, "m", None),
        ({"error": {"message": {"a": 1}}}, '{"a": 1}', None),
        ({"error": {"message": ["a", "b"]}}, '["a", "b"]', None),
        ({"error": [1, 2]}, "[1, 2]", None),
        ({"error": None, "message": "outer"}, "outer", None),
        ({"message": "m", "code": "c"}, "m", "c"),
        ({"detail": "Not Found"}, "Not Found", None),
        ({"detail": [{"loc": ["body", "n"], "msg": "too big"}]}, "too big", None),
        ({"title": "Bad", "status": 400}, "Bad", None),
        ({"error_description": "expired"}, "expired", None),
        ([{"error": {"message": "wrapped", "code": 400}}], "wrapped", 400),
        ([], "[]", None),
        ("text", "text", None),
        (None, "the server gave no reason", None),
        ({}, "the server gave no reason", None),
        (5, "5", None),
        (True, "true", None),
        (b"", "the server gave no reason", None),
        (b"<html><h1>Bad\n  Gateway</h1></html>", "<html><h1>Bad Gateway</h1></html>", None),
        (b"\xff\xfe\x00bad", "\ufffd\ufffd\\x00bad", None),
        (b"\xef\xbb\xbf" + b'{"error": {"message": "after a BOM"}}', "after a BOM", None),
        (b'{"error": {"message": "cut', '{"error": {"message": "cut', None),
        (b'{"error": {"message": "half \\ud83d"}}', "half \\ud83d", None),
        (b'{"error": {"message": "n", "code": NaN}}', "n", "NaN"),
        (b"[" * 100_000, "[[[[", None),
        (b'{"a":' * 10_000, '{"a":', None),
        (b"[" * 500 + b"]" * 500, "[[[[", None),
        (b"1" * 6000, "1111", None),
        (b'{"error": {"message": "m", "code": ' + b"1" * 6000 + b"}}", '"m"', None),
    ],
    ids=lambda value: repr(value)[:40],
)
def test_words_and_code_are_found_in_a_body_of_any_shape(
    body: object, words: str, code: object
) -> None:
    error = error_of(body)
    assert words in error.message
    assert error.code == code


@pytest.mark.parametrize("depth", [10, 99, 150, 300, 900])
def test_the_body_pickles_and_copies_however_deep_it_nests(depth: int) -> None:
    error_of(b'{"error": ' + b"[" * depth + b"]" * depth + b"}")


def test_the_body_is_kept_parsed_or_as_text() -> None:
    assert error_of({"error": "x"}).body == {"error": "x"}
    assert error_of(b"<html>").body == "<html>"
    assert error_of(b"").body == ""
    assert len(str(error_of(b"x" * 200_000).body)) == 64 * 1024


def test_control_characters_of_a_server_are_escaped() -> None:
    error = error_of(
        {"error": {"message": "\x1b[31mred\x00\u202e", "type": "\x1b", "code": "\x9b"}}
    )
    assert error.message == "HTTP 400 (\\x1b, \\x9b): \\x1b[31mred\\x00\\u202e"
    assert error_of(b"x", x_request_id="\x1b[2J").request_id == "\\x1b[2J"


def test_long_words_are_shortened_and_the_request_id_still_shows() -> None:
    error = error_of({"error": {"message": "é" * 5000}}, x_request_id="req_1")
    assert error.message.endswith("[request req_1]")
    assert "…" in error.message


def test_a_401_and_a_404_say_what_to_check() -> None:
    wrong_key, wrong_name = error_of({}, 401), error_of({}, 404)
    assert isinstance(wrong_key, AuthenticationError)
    assert isinstance(wrong_name, NotFoundError)
    assert "API key" in wrong_key.message
    assert "model" in wrong_name.message


def test_a_401_names_where_its_key_came_from() -> None:
    errors = CallErrors(key=ApiKey("secret-key", "GROQ_API_KEY"))
    error = errors.of_status(HttpResponse(401, Headers(), b""), attempts=1)
    assert error.message.endswith("Check the API key in GROQ_API_KEY.")


def test_a_400_names_the_field_that_the_words_do_not() -> None:
    named = error_of({"error": {"message": "temperature is too high", "param": "temperature"}})
    assert "The field" not in named.message
    other = error_of({"error": {"message": "too high", "param": "temperature"}})
    assert other.message.endswith("too high. The field: temperature.")


def test_a_time_out_names_its_seconds_and_its_parameter() -> None:
    client = client_over(ScriptedTransport(TimeoutFailure("late", sent=True)), max_retries=0)
    with pytest.raises(APITimeoutError, match=r"in time \(\d\.\d s, .*longer timeout=") as caught:
        client.complete(REQUEST)
    assert caught.value.attempts == 1
    early = client_over(ScriptedTransport(TimeoutFailure("late", sent=False)), max_retries=0)
    with pytest.raises(APITimeoutError, match="longer connect_timeout="):
        early.complete(REQUEST)


def test_a_429_tells_how_long_to_wait() -> None:
    error = error_of({"error": {"message": "slow down"}}, 429, retry_after="2m59.56s")
    assert isinstance(error, RateLimitError)
    assert error.retry_after == pytest.approx(179.56)
    assert error.message.endswith("Wait 179.56 s before the next try.")
    assert error_of({}, 429).retry_after is None
    assert error_of({}, 503, retry_after="7").retry_after == 7


@pytest.mark.parametrize("coding", ["gzip", "br", "zstd", "deflate", "nonsense", "gzip, gzip"])
def test_an_error_whose_body_is_not_what_its_coding_says_is_still_an_error(coding: str) -> None:
    error = error_of(b"plain", 502, content_encoding=coding)
    assert error.status_code == 502


@settings(deadline=None, max_examples=500)
@given(
    st.binary(max_size=400),
    st.integers(300, 599),
    st.dictionaries(
        st.sampled_from(["content-encoding", "retry-after", "retry-after-ms", "x-request-id"]),
        st.text(max_size=30) | st.sampled_from(["gzip", "br", "zstd", "deflate", "1", "-1"]),
    ),
)
def test_any_bytes_make_an_error(body: bytes, status: int, headers: dict[str, str]) -> None:
    error_of(body, status, **headers)


JSON: Any = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["error", "message", "code", "type", "param", "detail", "x"]), inner
        )
    ),
    max_leaves=6,
)


@settings(deadline=None, max_examples=300)
@given(JSON)
def test_any_json_makes_an_error_with_typed_fields(body: Any) -> None:
    error = error_of(body)
    assert error.code is None or type(error.code) in (str, int)
    for value in (error.type, error.param, error.failed_generation):
        assert value is None or isinstance(value, str)


def test_a_redirect_is_an_error_that_names_its_status() -> None:
    error = CallErrors().of_status(answer(b"", 302, {"location": "https://x/"}), attempts=1)
    assert type(error) is APIStatusError
    assert "302" in error.message


def test_what_a_model_wrote_with_half_a_character_can_be_repeated() -> None:
    error = error_of(b'{"error": {"code": "x", "failed_generation": "Hi \\ud83d \\ud83d\\ude00"}}')
    assert error.failed_generation == "Hi \ufffd 😀"


GOOGLE = {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "34.5s"}
QUOTA = {"@type": "type.googleapis.com/google.rpc.QuotaFailure", "violations": [{"quotaId": "x"}]}


@pytest.mark.parametrize(
    ("body", "seconds"),
    [
        ({"error": {"code": 429, "message": "m", "details": [QUOTA, GOOGLE]}}, 34.5),
        ([{"error": {"code": 429, "message": "m", "details": [QUOTA, GOOGLE]}}], 34.5),
        ({"error": {"message": "Limit 7, Requested 5. Please try again in 2.5s. Visit"}}, 2.5),
        ({"error": {"message": "Please try again in 7m12.5s."}}, 432.5),
        ({"error": {"message": "Please try again in 1h0m3s"}}, 3603),
        ({"error": {"message": "Please try again in 350ms."}}, 0.35),
        ({"error": {"message": "Please retry after 6 seconds."}}, 6),
        ({"error": {"message": "Quota exceeded.\\nPlease retry in 34.07s."}}, 34.07),
        ({"error": {"message": "Try again in 1 minute and 5 seconds."}}, 65),
        ({"error": "Try again in 2 hours"}, 7200),
        ({"detail": "Please wait 5 seconds"}, 5),
        (b"Too many requests. Retry after 30 seconds.", 30),
        ({"error": {"message": "m", "retry_after": 2.5}}, 2.5),
        ({"message": "m", "retry_after": "3"}, 3),
        ({"error": {"message": "m"}, "retryAfter": 4}, 4),
        ({"error": {"message": "m", "retry_after_ms": 1500}}, 1.5),
        ({"error": {"message": "m", "metadata": {"retry_after_seconds": 9}}}, 9),
        ({"error": {"message": "m", "details": [{"retryDelay": "soon"}]}}, None),
        ({"error": {"message": "m", "details": [{"retryDelay": "-5s"}]}}, None),
        ({"error": {"message": "m", "details": "x", "retry_after": None}}, None),
        ({"error": {"message": "m", "retry_after": True}}, None),
        ({"error": {"message": "m", "retry_after": 1e300}}, None),
        ({"error": {"message": "Try again later."}}, None),
        ({"error": {"message": "It had to wait 30 seconds, and gave up"}}, None),
        ({"error": {"message": "Try again in a moment"}}, None),
        ({"error": {"message": "The model retries 3 times in 5 s"}}, None),
        ({"error": {"message": "try again in 5 moments"}}, None),
    ],
    ids=str,
)  # fmt: skip
def test_the_wait_that_stands_only_in_the_body_is_read(body: Any, seconds: float | None) -> None:
    assert error_of(body, 429).retry_after == (seconds and pytest.approx(seconds))


def test_a_header_says_more_than_words() -> None:
    body = {"error": {"message": "Please try again in 20s"}}
    assert error_of(body, 429, retry_after="7").retry_after == 7
    assert error_of(body, 429, retry_after="0").retry_after == 0
    assert error_of(body, 429, retry_after="soon").retry_after == 20


@settings(deadline=None, max_examples=300)
@given(st.from_regex(r"(try again in|retry after) (\d{1,12}[.]?\d{0,4} ?[a-z]{1,7}[, ]?)*"))
def test_any_words_are_a_sensible_wait_or_none(words: str) -> None:
    seconds = error_of({"error": {"message": words}}, 429).retry_after
    assert seconds is None or 0 <= seconds <= 366 * 86400
