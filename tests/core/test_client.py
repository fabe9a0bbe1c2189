"""Client: one endpoint, one transport, many calls."""

import json
import logging
import pickle
import threading
import traceback
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

import corechat
from corechat import (
    APIConnectionError,
    APIStatusError,
    AuthenticationError,
    ChatRequest,
    Client,
    ConfigurationError,
    ConnectionFailure,
    CorechatError,
    PluginError,
    RequestValidationError,
    ResponseTooLargeError,
)
from corechat.http_messages import Headers, HttpResponse
from corechat.responses import RateLimits
from corechat.testing.connection import ReceivedRequest
from corechat.testing.scripts import each
from tests.core.support import (
    KEY,
    MESSAGES,
    ScriptedTransport,
    answer,
    client_of,
    client_over,
    completion,
    on_the_wire,
    run_python,
    serve,
    serve_by,
)

REQUEST = ChatRequest(messages=MESSAGES, model="m", temperature=0.5)


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
    calls: list[Callable[[], object]] = [
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
        ({"timeout": None}, "timeout"),
        ({"timeout": "5"}, "timeout"),
        ({"connect_timeout": -1}, "timeout"),
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
        ({"api_key": ""}, "empty"),
    ],
    ids=str,
)
def test_a_wrong_setting_is_refused_by_name(options: dict[str, Any], words: str) -> None:
    with pytest.raises(ConfigurationError, match=words):
        client_over(ScriptedTransport(), **options)


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


def test_a_missing_key_names_the_variable_and_where_to_get_one() -> None:
    with pytest.raises(ConfigurationError) as caught:
        Client()
    assert "GROQ_API_KEY" in caught.value.message
    assert "https://console.groq.com/keys" in caught.value.message
    assert "api_key=" in caught.value.message
    with pytest.raises(ConfigurationError, match="GEMINI_API_KEY or GOOGLE_API_KEY"):
        Client(provider="gemini")


def sent_key(monkeypatch: pytest.MonkeyPatch, environ: dict[str, str], **options: Any) -> str:
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    transport = ScriptedTransport()
    Client(transport, **options).complete(messages=MESSAGES, model="m")
    headers = transport.requests[0].headers
    return headers.get("authorization") or headers.get("api-key", "none")


def test_the_key_of_the_environment_goes_to_its_provider(monkeypatch: pytest.MonkeyPatch) -> None:
    keys = {"GROQ_API_KEY": "groq-key", "OPENAI_API_KEY": "openai-key", "GOOGLE_API_KEY": "g-key"}
    assert sent_key(monkeypatch, keys) == "Bearer groq-key"
    assert sent_key(monkeypatch, keys, provider="openai") == "Bearer openai-key"
    assert sent_key(monkeypatch, keys, provider="gemini") == "Bearer g-key"
    assert sent_key(monkeypatch, keys, api_key="given") == "Bearer given"
    assert sent_key(monkeypatch, {"GROQ_API_KEY": "from-a-file\n"}) == "Bearer from-a-file"


def test_a_key_of_the_environment_never_goes_to_a_base_url_whose_provider_was_not_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    keys = {"GROQ_API_KEY": "groq-key", "OPENAI_API_KEY": "openai-key"}
    url = "https://elsewhere.example/v1"
    assert sent_key(monkeypatch, keys, base_url=url) == "none"
    assert sent_key(monkeypatch, keys, base_url=url, provider="groq") == "Bearer groq-key"


def test_an_empty_key_variable_is_passed_over_where_there_is_another_or_none_is_needed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    both = {"GEMINI_API_KEY": "", "GOOGLE_API_KEY": "g-key"}
    assert sent_key(monkeypatch, both, provider="gemini") == "Bearer g-key"
    assert sent_key(monkeypatch, {"VLLM_API_KEY": ""}, provider="vllm") == "none"
    monkeypatch.setenv("GROQ_API_KEY", "")
    with pytest.raises(ConfigurationError, match="GROQ_API_KEY"):
        Client()


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
    from corechat_httpx.transport import HttpcoreTransport  # noqa: PLC0415 - only here

    monkeypatch.setattr(HttpcoreTransport, "close", lambda self: closed.append(self))
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


class LibraryError(Exception):
    """Some library's own."""


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


def test_a_client_pickles_as_its_configuration_without_the_key(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    client = Client(
        provider="groq", api_key=KEY, timeout=7, max_retries=5, headers={"X-A": "b"}, http2=False
    )
    data = pickle.dumps(client)
    assert KEY.encode() not in data
    with pytest.raises(ConfigurationError, match="GROQ_API_KEY"):
        pickle.loads(data)  # noqa: S301 - our own
    monkeypatch.setenv("GROQ_API_KEY", "another-key")
    again = pickle.loads(data)  # noqa: S301 - our own
    assert repr(again) == repr(client)
    assert again._settings == client._settings
    assert pickle.dumps(again) == data


def test_a_pickled_client_calls_from_another_process() -> None:
    with serve(answer()) as server:
        data = pickle.dumps(client_of(server))
        code = (
            "import pickle, sys; client = pickle.loads(sys.stdin.buffer.read()); "
            "print(client.complete(messages=[{'role': 'user', 'content': 'Hi'}]).text)"
        )
        assert run_python(code, stdin=data).stdout.strip() == b"Hello!"
    assert server.received[0].values("authorization") == []


def test_a_client_with_a_secret_header_refuses_to_pickle() -> None:
    with pytest.raises(ConfigurationError, match="Authorization"):
        pickle.dumps(Client(base_url="https://h", headers={"Authorization": "Basic hunter2"}))


def test_nothing_of_a_client_shows_its_key() -> None:
    client = client_over(ScriptedTransport(), headers={"X-Api-Key": "hunter2"})
    views = [repr(client), str(client), repr(vars(client)), repr(client.chat), repr(vars(client))]
    for view in views:
        assert KEY not in view
        assert "hunter2" not in view
    secret_query = Client(base_url="https://h/v1?key=hunter2")
    assert "hunter2" not in repr(secret_query)


@pytest.mark.parametrize(
    "turn",
    [
        answer(f"you sent {KEY}".encode(), 401),
        answer(f"you sent {KEY}".encode()),
        ConnectionFailure(f"lost {KEY}"),
        LibraryError(KEY),
    ],
    ids=["status", "no completion", "failure", "foreign"],
)
def test_no_local_variable_of_ours_in_a_traceback_shows_the_key(turn: object) -> None:
    client = client_over(ScriptedTransport(turn), max_retries=0)
    with pytest.raises(CorechatError) as caught:
        client.complete(REQUEST)
    shown = traceback.TracebackException.from_exception(caught.value, capture_locals=True)
    frames = [frame for frame in shown.stack if "/corechat" in frame.filename]
    assert len(frames) >= 3
    assert KEY not in f"{[frame.locals for frame in frames]}{caught.value!r}{vars(caught.value)}"
    assert KEY not in "".join(traceback.format_exception(caught.value))


def test_many_threads_share_a_client_and_each_gets_its_own_answer() -> None:
    def echo(request: ReceivedRequest) -> bytes:
        said = json.loads(request.body)["messages"][0]["content"]
        return on_the_wire(answer(completion(f"echo {said}")))

    def ask(number: int) -> str:
        question = {"role": "user", "content": str(number)}
        return client.complete(messages=[question]).text

    with serve_by(each(echo)) as server, client_of(server) as client:
        with ThreadPoolExecutor(8) as pool:
            answers = list(pool.map(ask, range(200)))
        assert answers == [f"echo {number}" for number in range(200)]
        assert len(server.connections) <= 8


def test_closing_in_another_thread_ends_later_calls_with_a_typed_error() -> None:
    with serve(answer()) as server:
        client = client_of(server)
        client.complete(REQUEST)
        thread = threading.Thread(target=client.close)
        thread.start()
        thread.join()
        with pytest.raises(ConfigurationError, match="closed"):
            client.complete(REQUEST)


def test_bounds_are_settable() -> None:
    long = answer(completion("x" * 5000))
    with serve(long) as server:
        with pytest.raises(ResponseTooLargeError) as caught:
            client_of(server, max_body_bytes=4000).complete(REQUEST)
        assert caught.value.limit == 4000
    with serve(answer(b"y" * 5000, 400)) as server:
        with pytest.raises(corechat.BadRequestError) as refused:
            client_of(server, max_error_body_bytes=1000).complete(REQUEST)
        assert refused.value.body == "y" * 1000
    long_head = answer(headers={"x-long": "z" * 5000})
    with serve(long_head) as server, pytest.raises(ResponseTooLargeError):
        client_of(server, max_header_bytes=4000).complete(REQUEST)


def test_a_proxy_of_the_environment_is_used_and_named_in_the_debug_log(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    with serve(answer()) as proxy, caplog.at_level(logging.DEBUG, "corechat"):
        monkeypatch.setenv("http_proxy", f"http://user:hunter2@127.0.0.1:{proxy.port}")
        client = Client(base_url="http://gateway.example/v1", api_key=KEY, allow_insecure=True)
        assert client.complete(REQUEST).text == "Hello!"
        client.close()
    assert proxy.received[0].target == "http://gateway.example/v1/chat/completions"
    assert f"127.0.0.1:{proxy.port}" in caplog.text
    assert "hunter2" not in caplog.text
    monkeypatch.setenv("http_proxy", "http://user:hunter2@h:port")
    with pytest.raises(ConfigurationError, match="http_proxy"):
        Client(base_url="http://gateway.example/v1", allow_insecure=True)


def test_a_certificate_file_that_is_none_is_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    file = tmp_path / "bad.pem"
    file.write_text("no certificate", "utf-8")
    monkeypatch.setenv("SSL_CERT_FILE", str(file))
    client = Client(base_url="https://localhost:1/v1", api_key=KEY, max_retries=0)
    with pytest.raises(CorechatError, match=r"bad\.pem"):
        client.complete(REQUEST)


def test_an_answer_without_any_header_is_still_an_answer() -> None:
    bare = HttpResponse(200, Headers(), answer().body)
    reply = client_over(ScriptedTransport(bare)).complete(REQUEST)
    assert reply.request_id is None
    assert reply.rate_limits == RateLimits()


def test_errors_of_the_wire_are_the_trees_own() -> None:
    with serve(answer({"error": "no"}, 401)) as server, pytest.raises(AuthenticationError):
        client_of(server).complete(REQUEST)
    port = server.port
    with pytest.raises(APIConnectionError, match=r"127\.0\.0\.1"):
        Client(base_url=f"http://127.0.0.1:{port}/v1", max_retries=0).complete(REQUEST)
