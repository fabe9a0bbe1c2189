"""Offline is offline: what a client does not use is not checked."""

import json
from pathlib import Path
from typing import Any

import pytest

from corechat import Client, ConfigurationError, UnmatchedRequestError
from tests.core.support import KEY, REQUEST, ScriptedTransport, answer, client_of, completion, serve

ASK: dict[str, Any] = {"model": "m", "messages": [{"role": "user", "content": "Hi"}]}
UNUSED: list[dict[str, str]] = [
    {"ALL_PROXY": "socks://127.0.0.1:7891/"},
    {"all_proxy": "socks://127.0.0.1:7891/"},
    {"ALL_PROXY": "socks5://127.0.0.1:7891"},
    {"HTTPS_PROXY": "nonsense://"},
    {"https_proxy": "http://[::1", "http_proxy": "http://h:port"},
    {"GROQ_BASE_URL": "http://gateway.example/groq"},
    {"GROQ_BASE_URL": "gateway.example"},
    {"GROQ_BASE_URL": "https://user:hunter2@gateway.example"},
    {"GROQ_BASE_URL": "http://gateway.example", "ALL_PROXY": "socks://127.0.0.1:7891/"},
    {"GROQ_API_KEY": "n\u00f6"},
    {"SSL_CERT_FILE": "/nowhere/ca.pem", "SSL_CERT_DIR": "/nowhere"},
]


@pytest.fixture
def cassette(tmp_path: Path) -> str:
    path = tmp_path / "a.json"
    request = {
        "method": "POST",
        "uri": "https://api.groq.com/openai/v1/chat/completions",
        "body": json.dumps(ASK),
        "headers": {},
    }
    response = {
        "status": {"code": 200, "message": "OK"},
        "headers": {},
        "body": {"string": json.dumps(completion())},
    }
    interactions = [{"request": request, "response": response}]
    path.write_text(json.dumps({"version": 1, "interactions": interactions}))
    return str(path)


@pytest.fixture(params=UNUSED, ids=str)
def unused(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("NO_PROXY", "no_proxy", "GROQ_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    for name, value in request.param.items():
        monkeypatch.setenv(name, value)


@pytest.mark.usefixtures("unused")
@pytest.mark.parametrize("more", [{}, {"provider": "groq"}], ids=str)
def test_a_replay_needs_no_variable(cassette: str, more: dict[str, Any]) -> None:
    with Client("replay", cassette=cassette, **more) as client:
        assert client.complete(**ASK).text == "Hello!"


@pytest.mark.usefixtures("unused")
@pytest.mark.parametrize("backend", ["httpx", "httpx2", "aiohttp", "pyreqwest"])
@pytest.mark.parametrize("mode", [None, "once", "none"])
def test_a_recording_that_only_replays_needs_no_variable(
    cassette: str, backend: str, mode: str | None
) -> None:
    with Client(backend, record=cassette, record_mode=mode) as client:
        assert client.complete(**ASK).text == "Hello!"


@pytest.mark.usefixtures("unused")
def test_a_named_provider_is_recorded_and_replayed_alike(cassette: str) -> None:
    with Client(record=cassette, provider="groq") as client:
        assert client.complete(**ASK).text == "Hello!"


@pytest.mark.usefixtures("unused")
@pytest.mark.parametrize("more", [{}, {"provider": "groq"}, {"provider": "azure-openai"}], ids=str)
@pytest.mark.parametrize("uri", [None, "https://api.groq.com/openai/v1/models"])
def test_a_cassette_without_a_chat_needs_no_variable_either(
    tmp_path: Path, cassette: str, more: dict[str, Any], uri: str | None
) -> None:
    path = tmp_path / "b.json"
    tree = json.loads(Path(cassette).read_text())
    if uri is None:
        tree["interactions"] = []
    else:
        tree["interactions"][0]["request"]["uri"] = uri
    path.write_text(json.dumps(tree))
    for options in ({"backend": "replay", "cassette": path}, {"record": path}):
        with Client(**options, **more) as client, pytest.raises(UnmatchedRequestError):
            client.complete(**ASK)


def test_a_provider_without_a_url_of_its_own_is_replayed(
    cassette: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AZURE_OPENAI_ENDPOINT", raising=False)
    with Client("replay", cassette=cassette, provider="azure-openai") as client:
        assert client.complete(**ASK).text == "Hello!"


@pytest.mark.parametrize("name", ["https_proxy", "ALL_PROXY"])
@pytest.mark.parametrize("more", [{}, {"record": "new.json"}], ids=str)
def test_what_is_used_is_checked(
    name: str, more: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv(name, "socks://127.0.0.1:7891/")
    with pytest.raises(ConfigurationError, match="proxy"):
        Client(api_key=KEY, **more)  # type: ignore[arg-type]  # only a file's name
    monkeypatch.delenv(name)
    monkeypatch.setenv("GROQ_BASE_URL", "http://gateway.example")
    with pytest.raises(ConfigurationError, match="clear"):
        Client(api_key=KEY, **more)  # type: ignore[arg-type]  # only a file's name
    assert list(tmp_path.iterdir()) == []


def test_a_proxy_that_a_backend_cannot_use_is_refused_where_it_records(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ALL_PROXY", "socks5://127.0.0.1:7891")
    with pytest.raises(ConfigurationError, match="httpx"):
        Client("aiohttp", api_key=KEY, record=tmp_path / "new.json")


def test_a_url_that_was_given_is_checked_offline_too(cassette: str) -> None:
    with pytest.raises(ConfigurationError, match="http"):
        Client("replay", cassette=cassette, base_url="nonsense")
    Client("replay", cassette=cassette, base_url="http://recorded.example/v1").close()


@pytest.mark.parametrize("proxy", ["socks://127.0.0.1:7891/", "http://[::1", "nonsense://"])
@pytest.mark.parametrize("name", ["ALL_PROXY", "http_proxy"])
def test_loopback_needs_no_usable_proxy(
    proxy: str, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, proxy)
    with serve(answer()) as server, client_of(server) as client:
        assert client.complete(REQUEST).text == "Hello!"


def test_a_host_that_goes_without_needs_no_usable_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALL_PROXY", "socks://127.0.0.1:7891/")
    monkeypatch.setenv("NO_PROXY", "api.groq.com")
    Client(api_key=KEY).close()


def test_a_transport_that_was_given_goes_its_own_way(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALL_PROXY", "socks://127.0.0.1:7891/")
    with Client(ScriptedTransport(), api_key=KEY) as client:
        assert client.complete(REQUEST).text == "Hello!"
