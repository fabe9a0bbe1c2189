"""HttpRequest, HttpResponse and Headers: plain frozen data that shows no secret."""

import copy
import pickle
from dataclasses import FrozenInstanceError

import pytest

from corechat import Headers
from corechat._http.secrets import HIDDEN
from corechat.transport import HttpRequest, HttpResponse

PAIRS = [("Content-Type", "text/html"), ("Set-Cookie", "a=1"), ("set-cookie", "b=2"), ("X-A", "é")]


def test_headers_are_looked_up_without_regard_to_case() -> None:
    headers = Headers(PAIRS)
    assert headers["content-TYPE"] == "text/html"
    assert headers["SET-COOKIE"] == "a=1, b=2"
    assert headers.get_list("Set-Cookie") == ["a=1", "b=2"]
    assert headers.get_list("none") == []
    assert headers.get("none") is None
    assert "x-a" in headers
    assert list(headers) == ["content-type", "set-cookie", "x-a"]
    assert len(headers) == 3
    assert headers.pairs == tuple(PAIRS)
    with pytest.raises(KeyError):
        headers["none"]


def test_headers_are_equal_by_names_in_any_case_values_and_order() -> None:
    assert Headers({"A": "1", "B": "2"}) == Headers([("a", "1"), ("b", "2")])
    assert hash(Headers({"A": "1"})) == hash(Headers({"a": "1"}))
    assert Headers({"A": "1"}) != Headers({"A": "2"})
    assert Headers([("a", "1"), ("b", "2")]) != Headers([("b", "2"), ("a", "1")])
    assert Headers({"A": "1"}) != {"A": "1"}


def test_headers_do_not_follow_what_they_were_made_from() -> None:
    given = {"a": "1"}
    headers = Headers(given)
    given["a"] = "2"
    assert headers["a"] == "1"


def test_replace_replaces_every_field_of_the_name() -> None:
    replaced = Headers(PAIRS).replace({"SET-cookie": "c=3", "New": "x"})
    assert replaced.get_list("set-cookie") == ["c=3"]
    assert replaced["new"] == "x"
    assert replaced["x-a"] == "é"


SECRET_HEADERS = [
    "api-key",
    "authorization",
    "cookie",
    "openai-organization",
    "openai-project",
    "proxy-authorization",
    "set-cookie",
    "x-amz-security-token",
    "x-api-key",
    "x-goog-api-key",
]


@pytest.mark.parametrize("name", SECRET_HEADERS)
def test_a_secret_header_is_in_no_repr_and_no_pickle(name: str) -> None:
    headers = Headers({name.title(): "hunter2", "Other": "shown"})
    request = HttpRequest("POST", "https://h/", headers, b"the prompt")
    response = HttpResponse(200, headers, b"the answer")
    for value in (headers, request, response):
        assert "hunter2" not in f"{value!r} {value}"
        assert b"hunter2" not in pickle.dumps(value)
    assert "shown" in repr(headers)
    again = pickle.loads(pickle.dumps(headers))  # noqa: S301 - our own
    assert again == headers.without_secrets()
    assert again[name] == HIDDEN
    assert copy.deepcopy(headers) is copy.copy(headers) is headers


def test_messages_are_frozen_equal_by_content_and_keep_bodies_out_of_their_repr() -> None:
    request = HttpRequest("POST", "https://h/?key=hunter2", Headers(), b"the prompt")
    assert request == copy.deepcopy(request)
    assert "the prompt" not in repr(request)
    assert "hunter2" not in repr(request)
    assert "https://h/" in repr(request)
    with pytest.raises(FrozenInstanceError):
        request.url = "x"  # type: ignore[misc]  # that is the test
    response = HttpResponse(200, Headers(), b"the answer")
    assert "the answer" not in repr(response)
    assert response == pickle.loads(pickle.dumps(response))  # noqa: S301 - our own
    assert not response.truncated
