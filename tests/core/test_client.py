"""Client: one endpoint, one transport, many calls."""

import inspect
import json
from dataclasses import MISSING, fields
from typing import Any

import pytest

from corechat import (
    APIStatusError,
    Client,
    ConfigurationError,
    CorechatError,
    PluginError,
    RequestValidationError,
)
from corechat._call.settings import OPTION_NAMES, Settings
from corechat._http.messages import Headers, HttpResponse
from corechat.responses import RateLimits
from corechat.transport import TransportOptions
from tests.core.support import (
    KEY,
    MESSAGES,
    REQUEST,
    LibraryError,
    ScriptedTransport,
    answer,
    client_of,
    client_over,
    run_python,
    serve,
)


def test_a_call_goes_out_and_its_answer_comes_back() -> None:
    with serve(answer(headers={"x-request-id": "req_1"})) as server, client_of(server) as client:
        reply = client.complete(model="m", messages=MESSAGES, temperature=0.5)
        assert client.complete(REQUEST) == reply
        assert client.chat.completions.create(messages=MESSAGES, model="m") == reply
    assert (reply.text, reply.request_id, reply.http.attempts) == ("Hello!", "req_1", 1)
    assert 0 < reply.http.elapsed < 20
    first, second, third = server.received
    assert (first.method, first.target) == ("POST", "/v1/chat/completions")
    assert first.values("authorization") == [f"Bearer {KEY}"]
    assert json.loads(first.body) == {"messages": MESSAGES, "model": "m", "temperature": 0.5}
    assert second.body == first.body
    assert json.loads(third.body) == {"messages": MESSAGES, "model": "m"}
    keys = {request.values("idempotency-key")[0] for request in server.received}
    assert len(keys) == 3


def test_a_call_may_override_headers_body_and_retries() -> None:
    transport = ScriptedTransport(answer(b"", 503))
    client = client_over(transport, headers={"X-A": "client", "X-B": "client"}, max_retries=0)
    calls: list[Any] = [
        lambda: client.complete(REQUEST, headers={"x-a": "call"}, extra_body={"debug": True}),
        lambda: client.complete(
            messages=MESSAGES, model="m", headers={"x-a": "call"}, extra_body={"debug": True}
        ),
        lambda: client.chat.completions.create(
            messages=MESSAGES, model="m", extra_headers={"x-a": "call"}, extra_body={"debug": True}
        ),
    ]
    for call in calls:
        before = len(transport.requests)
        with pytest.raises(APIStatusError):
            call()
        (sent,) = transport.requests[before:]
        assert sent.headers.get_list("x-a") == ["call"]
        assert sent.headers["x-b"] == "client"
        assert json.loads(sent.body)["debug"] is True
    before = len(transport.requests)
    with pytest.raises(APIStatusError):
        client.complete(REQUEST, max_retries=1)
    assert len(transport.requests) - before == 2


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"timeout": 0}, "timeout"),
        ({"timeout": "5"}, "timeout"),
        ({"connect_timeout": -1}, "connect_timeout"),
        ({"max_retries": -1}, "max_retries"),
        ({"max_retries": 1.5}, "max_retries"),
        ({"max_retries": True}, "max_retries"),
        ({"headers": ["X-A"]}, "headers"),
        ({"headers": {"X A": "b"}}, "X A"),
        ({"max_body_bytes": 0}, "max_body_bytes"),
        ({"max_body_bytes": "1"}, "max_body_bytes"),
        ({"max_error_body_bytes": -1}, "max_error_body_bytes"),
        ({"max_header_bytes": 1.5}, "max_header_bytes"),
        ({"unsupported": "maybe"}, "unsupported"),
        ({"provider": ""}, "No provider"),
        ({"provider": 5}, "provider"),
        ({"http2": True}, "http2"),
        ({"record_mode": "none"}, "record='cassettes/name.json'"),
        ({"record_options": {"ignore": ["user"]}}, "record='cassettes/name.json'"),
        ({"record": "a.json", "record_options": {"ignored": ["user"]}}, "ignored"),
        ({"record": "a.json", "record_options": "user"}, "mapping"),
        ({"record": "a.json", "record_options": {3: 1}}, "takes no 3"),
        ({"record": "a.json", "record_options": {"ignore": 3}}, "dotted paths"),
        ({"record": "a.json", "record_options": {"ignore": [3]}}, "dotted paths"),
        ({"record": "a.json", "record_options": {"match_base_url": "no"}}, "match_base_url"),
        ({"record": "a.json", "record_options": {"repeat_last": "no"}}, "repeat_last"),
        ({"record": "a.json", "record_mode": ["once"]}, "record mode"),
        ({"record": "a.json", "record_mode": ""}, "record mode"),
        ({"record": ""}, "path of a file"),
        ({"record": "folder/"}, "path of a file"),
        ({"record": "a\0b"}, "path of a file"),
        ({"api_key": ""}, "empty"),
        ({"api_key": 123}, "api_key must be a text"),
        ({"api_key": b"abc"}, "api_key must be a text"),
        ({"api_key": "Bearer abc"}, "'Bearer '"),
        ({"allow_insecure": "yes"}, "allow_insecure"),
    ],
    ids=str,
)
def test_a_wrong_setting_is_refused_by_name(options: dict[str, Any], words: str) -> None:
    with pytest.raises(ConfigurationError, match=words):
        client_over(ScriptedTransport(), **options)


@pytest.mark.parametrize("backend", [None, 3, Client, ScriptedTransport], ids=str)
def test_a_backend_that_is_neither_a_name_nor_a_transport_is_refused(backend: Any) -> None:
    with pytest.raises(ConfigurationError, match="backend must be a backend's name or a transport"):
        Client(backend)


@pytest.mark.parametrize(
    "override",
    [{"timeout": 0}, {"timeout": "5"}, {"max_retries": -1}, {"headers": {"Host": "x"}}],
    ids=str,
)
def test_a_wrong_override_is_refused_and_nothing_sent(override: dict[str, Any]) -> None:
    transport = ScriptedTransport()
    with pytest.raises(ConfigurationError):
        client_over(transport).complete(REQUEST, **override)
    assert transport.requests == []


def test_what_is_no_request_is_refused() -> None:
    client = client_over(ScriptedTransport())
    with pytest.raises(RequestValidationError, match="dict"):
        client.complete({"messages": MESSAGES})  # type: ignore[call-overload]  # the test
    with pytest.raises(RequestValidationError, match="temperature"):
        client.complete(REQUEST, temperature=1)  # type: ignore[call-overload]  # the test
    with pytest.raises(RequestValidationError, match="did you mean 'temperature'"):
        client.complete(messages=MESSAGES, temprature=1)  # type: ignore[call-overload]  # the test
    with pytest.raises(RequestValidationError, match="messages"):
        client.complete()  # type: ignore[call-overload]  # the test


def test_a_closed_client_says_so_and_closes_once_more_without_harm() -> None:
    transport = ScriptedTransport()
    with client_over(transport) as client:
        client.complete(REQUEST)
    assert transport.closed
    with pytest.raises(ConfigurationError, match="closed"):
        client.complete(REQUEST)
    client.close()
    assert len(transport.requests) == 1


def test_a_constructor_that_fails_closes_the_transport_that_it_made(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    closed: list[object] = []

    def close(transport: object) -> None:
        closed.append(transport)

    from corechat.transport import PooledTransport  # noqa: PLC0415 - only here

    monkeypatch.setattr(PooledTransport, "close", close)
    with pytest.raises(ConfigurationError, match="GROQ_API_KEY"):
        Client()
    assert len(closed) == 1
    mine = ScriptedTransport()
    with pytest.raises(ConfigurationError, match="GROQ_API_KEY"):
        Client(mine)
    assert mine.closed == 0


def test_a_transport_brings_its_endpoint_and_then_no_key_is_needed() -> None:
    transport = ScriptedTransport()
    transport.endpoint = "http://recorded.example/v1"  # type: ignore[attr-defined]
    client = Client(transport)
    client.complete(messages=MESSAGES)
    assert transport.requests[0].url == "http://recorded.example/v1/chat/completions"
    assert "authorization" not in transport.requests[0].headers


def test_options_beside_a_transport_are_refused() -> None:
    with pytest.raises(ConfigurationError, match="cassette"):
        client_over(ScriptedTransport(), cassette="x")


@pytest.mark.parametrize("thing", [object(), None, 5, ScriptedTransport, {"send": 1}])
def test_what_is_no_transport_is_refused(thing: object) -> None:
    with pytest.raises(CorechatError):
        Client(thing, base_url="https://h").complete(REQUEST)  # type: ignore[arg-type]  # the test


@pytest.mark.parametrize(
    "broken",
    [
        LibraryError(f"with {KEY}"),
        ValueError("\x1b[31m" * 5000),
        RuntimeError("Event loop is closed"),
        OSError("disk"),
        RecursionError(),
        "text",
        None,
        (200, {}, b""),
        HttpResponse("200", Headers(), b""),  # type: ignore[arg-type]  # the test
        HttpResponse(100, Headers(), b""),
        HttpResponse(0, Headers(), b""),
        HttpResponse(200, {"a": "b"}, b""),  # type: ignore[arg-type]  # the test
        HttpResponse(200, Headers(), "text"),  # type: ignore[arg-type]  # the test
        HttpResponse(200, Headers(), None),  # type: ignore[arg-type]  # the test
    ],
    ids=lambda value: repr(value)[:30],
)
def test_a_transport_that_breaks_its_contract_is_named_and_not_tried_again(broken: object) -> None:
    transport = ScriptedTransport(broken)
    with pytest.raises(PluginError, match="ScriptedTransport") as caught:
        client_over(transport).complete(REQUEST)
    assert len(transport.requests) == 1
    assert KEY not in caught.value.message
    assert "\x1b" not in caught.value.message
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None


@pytest.mark.parametrize("stop", [KeyboardInterrupt, SystemExit, GeneratorExit])
def test_what_is_to_stop_the_program_stops_it(stop: type[BaseException]) -> None:
    transport = ScriptedTransport(stop())
    with pytest.raises(stop):
        client_over(transport).complete(REQUEST)
    assert len(transport.requests) == 1


def test_an_answer_without_any_header_is_still_an_answer() -> None:
    bare = HttpResponse(200, Headers(), answer().body)
    reply = client_over(ScriptedTransport(bare)).complete(REQUEST)
    assert reply.request_id is None
    assert reply.rate_limits == RateLimits()


def test_the_options_of_a_client_are_listed_once_and_default_once() -> None:
    parameters = inspect.signature(Client).parameters.values()
    named = [one for one in parameters if one.kind is not inspect.Parameter.VAR_KEYWORD]
    assert sorted(one.name for one in named) == OPTION_NAMES
    bounds = {one.name: one.default for one in named}
    defaults = TransportOptions()
    for name in ("connect_timeout", "max_body_bytes", "max_error_body_bytes", "max_header_bytes"):
        assert bounds[name] == getattr(defaults, name)
    assert [one.name for one in fields(Settings) if one.default is not MISSING] == []


def test_a_misspelt_option_of_the_client_is_told_by_its_right_name() -> None:
    with pytest.raises(ConfigurationError, match="Did you mean 'max_error_body_bytes'"):
        Client("httpx", base_url="https://h", max_error_body_byte=1)


_AT_ONCE = """
import sys, threading
import corechat
from corechat.testing import FakeTransport

sys.setswitchinterval(1e-5)
client = corechat.Client(FakeTransport(*["Paris."] * 8))
barrier = threading.Barrier(8)
said = []
ask = {"model": "m", "messages": [{"role": "user", "content": "x"}, {"role": "assistant"}]}

def call():
    barrier.wait()
    said.append(client.complete(**ask).text)

threads = [threading.Thread(target=call) for _ in range(8)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
print(said)
"""


def test_the_first_calls_of_a_process_may_be_made_by_threads_at_once() -> None:
    assert run_python(_AT_ONCE).stdout.decode() == f"{['Paris.'] * 8}\n"
