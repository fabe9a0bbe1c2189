"""The variables CORECHAT_CASSETTE and CORECHAT_RECORD_MODE, for any runner of tests."""

import warnings
from pathlib import Path

import pytest

from corechat import Client
from corechat.errors import CassetteError, ConfigurationError, UnmatchedRequestError
from corechat.testing import FakeTransport
from corechat_replay.cassette.reader import load
from tests.cassettes.support import ChatServer, chat

KEY = "gsk_PLANTED0123456789abcdefghijklmnop"


@pytest.fixture
def path(tmp_path: Path, server: ChatServer, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Name a cassette that is not there yet, and a server to record it from."""
    monkeypatch.setenv("GROQ_BASE_URL", server.base_url)
    monkeypatch.setenv("GROQ_API_KEY", KEY)
    monkeypatch.setenv("CORECHAT_CASSETTE", str(tmp_path / "all.json"))
    return tmp_path / "all.json"


def answer(prompt: str) -> str:
    with Client() as client:
        return client.complete(**chat(prompt)).text


def test_all_clients_record_one_cassette_and_replay_it_without_a_key(
    path: Path, server: ChatServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CORECHAT_RECORD_MODE", "once")
    assert [answer("a"), answer("b"), answer("a")] == [f"You said: {each}" for each in "aba"]
    assert len(load(path).interactions) == 3
    monkeypatch.delenv("CORECHAT_RECORD_MODE")
    monkeypatch.delenv("GROQ_API_KEY")
    assert [answer("a"), answer("b"), answer("a")] == [f"You said: {each}" for each in "aba"]
    with pytest.raises(UnmatchedRequestError, match=r"played 2 of 2.*CORECHAT_RECORD_MODE=new"):
        answer("a")
    assert len(server.requests) == 3


def test_by_default_nothing_is_sent(path: Path, server: ChatServer) -> None:
    with pytest.raises(CassetteError, match=r"no cassette at .*CORECHAT_RECORD_MODE=once"):
        answer("a")
    assert not path.exists()
    assert server.requests == []


@pytest.mark.usefixtures("path")
def test_a_mode_that_is_not_known_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CORECHAT_RECORD_MODE", "onec")
    with pytest.raises(ConfigurationError, match="Did you mean 'once'"):
        Client()


def test_a_client_made_to_play_does_not_send_later(
    path: Path, server: ChatServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CORECHAT_RECORD_MODE", "once")
    answer("a")
    monkeypatch.setenv("CORECHAT_RECORD_MODE", "none")
    client = Client()
    monkeypatch.setenv("CORECHAT_RECORD_MODE", "new")
    with pytest.raises(CassetteError, match="Make the client anew"):
        client.complete(**chat("b"))
    monkeypatch.delenv("CORECHAT_CASSETTE")
    with pytest.raises(CassetteError, match="CORECHAT_CASSETTE"):
        client.complete(**chat("a"))
    assert len(server.requests) == 1
    assert path.exists()


@pytest.mark.usefixtures("path")
def test_what_brings_its_own_answers_keeps_them() -> None:
    with Client(FakeTransport("mine")) as client:
        assert client.complete(**chat("a")).text == "mine"


def test_an_endpoint_that_no_variable_names_is_the_recorded_one(
    path: Path, server: ChatServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    azure = {"AZURE_OPENAI_ENDPOINT": server.url, "AZURE_OPENAI_API_KEY": "k" * 20}
    monkeypatch.setenv("CORECHAT_RECORD_MODE", "once")
    for name, value in azure.items():
        monkeypatch.setenv(name, value)
    with Client(provider="azure-openai") as client:
        client.complete(**chat("a"))
    monkeypatch.delenv("CORECHAT_RECORD_MODE")
    for name in azure:
        monkeypatch.delenv(name)
    with Client(provider="azure-openai") as client:
        assert client.complete(**chat("a")).text == "You said: a"
    assert path.exists()


def test_an_empty_variable_is_none(server: ChatServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CORECHAT_CASSETTE", "")
    monkeypatch.setenv("GROQ_BASE_URL", server.base_url)
    monkeypatch.setenv("GROQ_API_KEY", KEY)
    with warnings.catch_warnings():
        assert answer("a") == "You said: a"
    assert len(server.requests) == 1
