"""Decode: a success only with the skeleton of a completion; all else is one typed error."""

import json
import pickle
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corechat import APIResponseValidationError, ChatResponse, Headers
from corechat._call.decode import Decoder
from corechat._errors.text import escape_controls
from corechat.errors import ResponseTooLargeError
from corechat.transport import HttpResponse, TransportOptions
from tests.core.support import answer, completion

GOOD = json.dumps(completion()).encode()


def decode(body: bytes, status: int = 200, **headers: str) -> ChatResponse:
    fields = {name.replace("_", "-"): value for name, value in headers.items()}
    return Decoder().decode(answer(body, status, fields), elapsed=0.1, attempts=1)


def refused(body: bytes, status: int = 200, **headers: str) -> APIResponseValidationError:
    with pytest.raises(APIResponseValidationError) as caught:
        decode(body, status, **headers)
    error = caught.value
    assert error.status_code == status
    assert len(error.message.encode()) <= 1000
    assert is_clean(error.message)
    assert "may have been billed" in error.message
    assert f"HTTP {status}" in error.message
    assert pickle.loads(pickle.dumps(error)) == error  # noqa: S301 - our own
    return error


def is_clean(text: str) -> bool:
    return escape_controls(text) == text and "\n" not in text


def inside(value: str, where: str) -> bytes:
    """Put a raw JSON value somewhere into a good answer."""
    body = completion()
    match where:
        case "top":
            body["new"] = "@"
        case "deep":
            body["new"] = {"a": [1, {"b": [["@"]]}]}
        case "usage":
            body["usage"]["total_tokens"] = "@"
        case "logprobs":
            body["choices"][0]["logprobs"] = {"content": [{"token": "a", "logprob": "@"}]}
        case "content":
            body["choices"][0]["message"]["content"] = [{"type": "x", "value": "@"}]
        case "key":
            return json.dumps({**body, "@": 1}).replace('"@"', value).encode()
    return json.dumps(body).replace('"@"', value).encode("utf-8", "surrogatepass")


EVERYWHERE = ["top", "deep", "usage", "logprobs", "content"]

NO_COMPLETION: dict[str, bytes] = {
    "empty": b"",
    "white space": b" \r\n\t ",
    "HTML": b"<!doctype html><html><body>502 behind a 200</body></html>",
    "text": b"upstream connect error",
    "event stream": b'data: {"id":"1","choices":[{"delta":{"content":"H"}}]}\n\ndata: [DONE]\n\n',
    "null": b"null",
    "true": b"true",
    "number": b"5",
    "string": b'"Hello"',
    "empty array": b"[]",
    "array of an answer": b"[" + GOOD + b"]",
    "empty object": b"{}",
    "error object": b'{"error": {"message": "overloaded"}}',
    "error text": b'{"error": "overloaded"}',
    "detail": b'{"detail": "Not Found"}',
    "no choices": b'{"id": "1", "object": "chat.completion"}',
    "a chunk": b'{"choices": [{"delta": {"content": "a"}}]}',
    "cut in the middle": GOOD[: len(GOOD) // 2],
    "cut by one byte": GOOD[:-1],
    "trailing text": GOOD + b" trailing",
    "two answers": GOOD + GOOD,
    "two lines": GOOD + b"\n" + GOOD,
    "trailing NUL": GOOD + b"\x00",
    "single quotes": GOOD.replace(b'"', b"'"),
    "trailing comma": GOOD[:-1] + b",}",
    "comment": b"/* hi */" + GOOD,
    "UTF-16": GOOD.decode().encode("utf-16"),
    "bad UTF-8": GOOD.replace(b"Hello", b"\xff\xfe"),
    "overlong UTF-8": GOOD.replace(b"Hello", b"\xc0\xaf"),
    "surrogate in UTF-8": GOOD.replace(b"Hello", b"\xed\xa0\x80"),
    "two BOMs": b"\xef\xbb\xbf\xef\xbb\xbf" + GOOD,
    "100 000 arrays": b"[" * 100_000,
    "100 000 objects": b'{"a":' * 100_000,
    "raw control character": GOOD.replace(b"Hello", b"\x01"),
    "leading zero": inside("01", "usage"),
    "plus sign": inside("+1", "usage"),
}


@pytest.mark.parametrize("body", NO_COMPLETION.values(), ids=NO_COMPLETION.keys())
@pytest.mark.parametrize("status", [200, 201, 204])
def test_a_2xx_that_is_no_completion_is_one_typed_error(body: bytes, status: int) -> None:
    error = refused(body, status, x_request_id="req_1", content_type="text/html; charset=utf-8")
    assert error.request_id == "req_1"
    assert error.content_type == "text/html; charset=utf-8"
    assert "req_1" in error.message
    assert "text/html" in error.message
    assert error.excerpt in error.message
    assert len(error.excerpt) <= 200


def test_the_first_clean_characters_are_shown() -> None:
    error = refused(b"<html>\n  <b>Bad\x1b[31m\x00 gateway</b>" + b"x" * 5000)
    assert error.excerpt.startswith("<html> <b>Bad\\x1b[31m\\x00 gateway</b>xxx")
    assert "It is empty" in refused(b"").message


def test_what_the_server_did_not_say_is_said_to_be_missing() -> None:
    with pytest.raises(APIResponseValidationError) as caught:
        Decoder().decode(HttpResponse(200, Headers(), b"x"), elapsed=0, attempts=1)
    assert caught.value.content_type is None
    assert caught.value.request_id is None
    assert "content type not given, request id not given" in caught.value.message


def test_the_reason_names_the_place() -> None:
    assert "choices" in refused(b"{}").message
    assert "choices.0.message" in refused(b'{"choices": [{}]}').message
    assert "it is not JSON" in refused(b"{").message
    assert "holds an error" in refused(json.dumps(completion(error={"code": 1})).encode()).message


@pytest.mark.parametrize("where", EVERYWHERE)
@pytest.mark.parametrize("word", ["NaN", "Infinity", "-Infinity"])
def test_a_number_that_json_does_not_have_is_refused_wherever_it_is(where: str, word: str) -> None:
    refused(inside(word, where))


@pytest.mark.parametrize("where", [*EVERYWHERE, "key"])
@pytest.mark.parametrize("word", ['"NaN"', '"Infinity and \\"NaN, NaN\\""'])
def test_the_same_words_in_a_text_are_fine(where: str, word: str) -> None:
    body = inside(word, where)
    assert decode(body).model_dump(exclude_unset=True) == json.loads(body)


@pytest.mark.parametrize("where", [*EVERYWHERE, "key"])
@pytest.mark.parametrize(
    ("half", "whole"),
    [
        (r"Hi \ud83d", "Hi \ufffd"),
        (r"\ude00", "\ufffd"),
        (r"\uD83Dx", "\ufffdx"),
        (r"\ud83d\ud83d\uDE00", "\ufffd😀"),
        (r"\ude00\ud83d", "\ufffd\ufffd"),
        (r"\\ud83d \\\ud83d\n", "\\ud83d \\\ufffd\n"),
        (r"\ud83d\\ude00", "\ufffd\\ude00"),
        (r"\ud83d\u0041", "\ufffdA"),
    ],
)
def test_half_a_character_becomes_the_replacement_character_wherever_it_is(
    where: str, half: str, whole: str
) -> None:
    said = decode(inside(f'"{half}"', where)).model_dump(exclude_unset=True)
    written = json.dumps(whole)
    assert said == json.loads(inside(written, where))


@pytest.mark.parametrize("name", ["content", "reasoning", "reasoning_content", "refusal", "x"])
def test_half_a_character_in_a_text_of_the_message_loses_nothing_else(name: str) -> None:
    body = GOOD.replace(b'"content": "Hello!"', f'"{name}": "Hi \\ud83d"'.encode())
    reply = decode(body)
    assert getattr(reply.message, name) == "Hi \ufffd"
    assert reply.usage == decode(GOOD).usage


def test_half_a_character_does_not_make_an_answer_of_what_is_none() -> None:
    for body in (b'{"a": "\\ud83d"}', GOOD[:-1] + b', "x": "\\ud83d"', b'"\\ud83d"', b"\\ud83d"):
        refused(body)
    refused(inside("NaN", "usage").replace(b"Hello", b"\\ud83d"))


@pytest.mark.parametrize("where", [*EVERYWHERE, "key"])
def test_a_whole_character_in_two_escapes_is_fine(where: str) -> None:
    body = inside('"\\ud83d\\ude00 \\u0000"', where)
    assert decode(body).model_dump(exclude_unset=True) == json.loads(body)


@pytest.mark.parametrize("where", EVERYWHERE)
def test_a_number_of_6000_digits_is_refused(where: str) -> None:
    refused(inside("1" * 6000, where))


@pytest.mark.parametrize("where", EVERYWHERE)
@pytest.mark.parametrize(
    "number", ["1" * 4000, "-" + "9" * 40, "1e5", "1E-7", "0.1", "-0.0", "1e-400", "123.0"]
)
def test_every_other_number_comes_back(where: str, number: str) -> None:
    body = inside(number, where)
    reply = decode(body)
    assert json.dumps(reply.model_dump(exclude_unset=True), sort_keys=True) == json.dumps(
        json.loads(body), sort_keys=True
    )
    assert json.loads(reply.model_dump_json(exclude_unset=True)) == json.loads(body)


@pytest.mark.parametrize("where", EVERYWHERE)
def test_a_number_too_large_for_a_float_is_infinite_as_python_has_it(where: str) -> None:
    body = inside("1e999", where)
    assert decode(body).model_dump(exclude_unset=True) == json.loads(body)


@pytest.mark.parametrize("where", ["top", "content"])
def test_nesting_is_bounded(where: str) -> None:
    refused(inside("[" * 100_000 + "]" * 100_000, where))
    refused(inside("[" * 1000 + "]" * 1000, where))
    reply = decode(inside("[" * 90 + "]" * 90, where))
    assert pickle.loads(pickle.dumps(reply)) == reply  # noqa: S301 - our own


def test_one_byte_order_mark_is_allowed() -> None:
    assert decode(b"\xef\xbb\xbf" + GOOD).text == "Hello!"


def test_white_space_around_an_answer_is_allowed() -> None:
    assert decode(b"\r\n \t" + GOOD + b"\n\n").text == "Hello!"


def test_the_content_type_does_not_matter_where_the_body_is_an_answer() -> None:
    assert decode(GOOD, content_type="text/plain").text == "Hello!"


@pytest.mark.parametrize("error", [{"message": "m"}, "overloaded", ["m"], 1, True])
def test_an_answer_beside_an_error_is_no_answer(error: Any) -> None:
    refused(json.dumps(completion(error=error)).encode())


@pytest.mark.parametrize("error", [None, "", {}, [], False])
def test_an_answer_beside_an_empty_error_is_an_answer(error: Any) -> None:
    assert decode(json.dumps(completion(error=error)).encode()).text == "Hello!"


def test_a_repeated_key_does_no_harm() -> None:
    body = (
        GOOD[:-1] + b', "choices": [], "choices": ' + json.dumps([{"message": {}}]).encode() + b"}"
    )
    assert decode(body).text == ""
    refused(GOOD[:-1] + b', "choices": []}')


def test_a_body_over_the_bound_is_refused_also_from_a_transport_that_let_it_through() -> None:
    with pytest.raises(ResponseTooLargeError) as caught:
        Decoder(bounds=TransportOptions(max_body_bytes=len(GOOD) - 1)).decode(
            answer(GOOD), elapsed=0, attempts=4
        )
    assert caught.value.limit == len(GOOD) - 1
    assert caught.value.attempts == 4
    assert "may have been billed" in caught.value.message
    assert Decoder(bounds=TransportOptions(max_body_bytes=len(GOOD))).decode(
        answer(GOOD), elapsed=0, attempts=1
    )


@settings(deadline=None, max_examples=500)
@given(st.binary(max_size=300), st.sampled_from([200, 201, 206, 299]))
def test_any_bytes_are_an_answer_or_the_one_error(body: bytes, status: int) -> None:
    try:
        reply = decode(body, status)
    except APIResponseValidationError:
        refused(body, status)
    else:
        assert reply.choices


@settings(deadline=None, max_examples=500)
@given(st.integers(0, len(GOOD) - 1), st.binary(max_size=4), st.integers(0, 8))
def test_a_damaged_answer_is_an_answer_or_the_one_error(at: int, new: bytes, cut: int) -> None:
    try:
        reply = decode(GOOD[:at] + new + GOOD[at + cut :])
    except APIResponseValidationError:
        return
    json.dumps(reply.model_dump(exclude_unset=True), allow_nan=False)
    assert reply.choices


@settings(deadline=None)
@given(st.dictionaries(st.sampled_from(["content-type", "x-request-id", "x"]), st.text()))
def test_any_header_is_told_cleanly(headers: dict[str, str]) -> None:
    with pytest.raises(APIResponseValidationError) as caught:
        Decoder().decode(HttpResponse(200, Headers(headers), b"x"), elapsed=0, attempts=1)
    assert is_clean(caught.value.message)
    assert is_clean(caught.value.content_type or "")
    assert is_clean(caught.value.request_id or "")
