"""Encode: the request on the wire: URL, headers, idempotency key, body."""

import json
import re
from typing import Any

import pytest

from corechat import ChatRequest, ConfigurationError, RequestValidationError
from corechat._call.encode import Encoder
from corechat._providers.base_url import BaseUrl
from corechat._providers.key import ApiKey
from corechat._providers.known import CUSTOM, PROVIDERS
from corechat._version import __version__
from corechat.transport import HttpRequest
from tests.core.support import KEY, MESSAGES

BASE = BaseUrl.parse("https://h/v1")


def encode(
    headers: Any = None,
    extra_body: Any = None,
    *,
    provider: str = "groq",
    own: Any = None,
    **params: Any,
) -> HttpRequest:
    request = ChatRequest(messages=MESSAGES, **params)
    encoder = Encoder(BASE, PROVIDERS.get(provider, CUSTOM), ApiKey(KEY), own or {})
    return encoder.encode(request, headers=headers, extra_body=extra_body)


def test_a_request_goes_out_whole() -> None:
    message = encode(model="m")
    assert (message.method, message.url) == ("POST", "https://h/v1/chat/completions")
    assert json.loads(message.body) == {"messages": MESSAGES, "model": "m"}
    headers = dict(message.headers)
    assert re.fullmatch(r"corechat-[0-9a-f]{32}", headers.pop("idempotency-key"))
    assert headers == {
        "accept": "application/json",
        "accept-encoding": "gzip, deflate, br, zstd",
        "authorization": f"Bearer {KEY}",
        "content-type": "application/json",
        "user-agent": f"corechat/{__version__}",
    }


def test_every_call_has_an_idempotency_key_of_its_own_unless_the_caller_gives_one() -> None:
    keys = {encode(model="m").headers["idempotency-key"] for _ in range(100)}
    assert len(keys) == 100
    for name in ("Idempotency-Key", "idempotency-key"):
        mine = encode({name: "mine"}, model="m").headers
        assert mine.get_list("idempotency-key") == ["mine"]


def test_the_headers_of_the_call_win_over_the_clients_and_those_over_corechats() -> None:
    own = {"User-Agent": "client", "X-A": "client"}
    message = encode({"x-a": "call"}, own=own, model="m")
    assert message.headers.get_list("user-agent") == ["client"]
    assert message.headers.get_list("X-A") == ["call"]
    assert encode(own=own, model="m").headers["x-a"] == "client"


def test_azure_has_its_key_in_a_header_of_its_own() -> None:
    headers = encode(provider="azure-openai").headers
    assert headers["api-key"] == KEY
    assert "authorization" not in headers


def test_without_a_key_no_key_header_is_sent() -> None:
    request = ChatRequest(messages=MESSAGES)
    assert "authorization" not in Encoder(BASE, CUSTOM, None, {}).encode(request).headers


@pytest.mark.parametrize(
    "headers",
    [
        {"X-A": "a\r\nX-Evil: 1"},
        {"X-A": "a\nb"},
        {"X-A": "a\x00"},
        {"X-A": "é"},
        {"X A": "a"},
        {"X:A": "a"},
        {"": "a"},
        {"Xé": "a"},
        {"X\r\nY": "a"},
        {"X-A": 5},
        {5: "a"},
        {"X-A": None},
        {"Host": "evil.example"},
        {"content-length": "5"},
        {"Transfer-Encoding": "chunked"},
        {"Connection": "close"},
        ["X-A"],
        "X-A: a",
    ],
    ids=str,
)
def test_a_header_that_is_none_is_refused_and_its_value_not_shown(headers: Any) -> None:
    for given in ({"headers": headers}, {"own": headers}):
        with pytest.raises(ConfigurationError) as caught:
            encode(model="m", **given)
        assert "Evil: 1" not in caught.value.message


def test_the_value_of_a_refused_header_is_not_shown() -> None:
    with pytest.raises(ConfigurationError, match="X-Api-Key") as caught:
        encode({"X-Api-Key": "hunter2\n"}, model="m")
    assert "hunter2" not in caught.value.message


def test_a_provider_that_needs_a_model_gets_one_or_says_so() -> None:
    with pytest.raises(RequestValidationError, match="groq") as caught:
        encode()
    assert caught.value.problems[0][0] == "model"
    assert json.loads(encode(extra_body={"model": "m"}).body)["model"] == "m"
    assert json.loads(encode(provider="llamacpp").body) == {"messages": MESSAGES}
    assert json.loads(encode(provider="custom").body) == {"messages": MESSAGES}


def test_an_explicit_null_model_does_not_count() -> None:
    with pytest.raises(RequestValidationError):
        encode(model=None)


@pytest.mark.parametrize("extra", [{"stream": True}, {"stream": "yes"}])
def test_streaming_is_refused_in_the_extra_body_of_a_call(extra: Any) -> None:
    with pytest.raises(RequestValidationError, match="does not stream"):
        encode(None, extra, model="m")


@pytest.mark.parametrize("extra", [[1], "text", 5, {5: 1}, {"a": float("nan")}])
def test_an_extra_body_that_is_no_object_is_refused(extra: Any) -> None:
    with pytest.raises(RequestValidationError, match="extra_body"):
        encode(None, extra, model="m")
