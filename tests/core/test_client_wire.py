"""Client over real sockets: threads, bounds, proxies, certificates."""

import json
import logging
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

import corechat
from corechat import (
    APIConnectionError,
    AuthenticationError,
    Client,
    ConfigurationError,
    CorechatError,
    ResponseTooLargeError,
)
from corechat.testing._kit.connection import ReceivedRequest
from corechat.testing._kit.scripts import each
from tests.core.support import (
    KEY,
    REQUEST,
    answer,
    client_of,
    completion,
    on_the_wire,
    serve,
    serve_by,
)


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


def test_errors_of_the_wire_are_the_trees_own() -> None:
    with serve(answer({"error": "no"}, 401)) as server, pytest.raises(AuthenticationError):
        client_of(server).complete(REQUEST)
    port = server.port
    with pytest.raises(APIConnectionError, match=r"127\.0\.0\.1"):
        Client(base_url=f"http://127.0.0.1:{port}/v1", max_retries=0).complete(REQUEST)
