"""Client: which key goes where, and that nothing of a client shows it."""

import os
import pickle
import traceback
from pathlib import Path
from typing import Any

import pytest

import corechat
from corechat import Client, ConfigurationError, CorechatError
from corechat.transport import ConnectionFailure
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

PACKAGE = f"{Path(corechat.__file__).parent}{os.sep}"


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
    frames = [frame for frame in shown.stack if frame.filename.startswith(PACKAGE)]
    assert len(frames) >= 3
    assert KEY not in f"{[frame.locals for frame in frames]}{caught.value!r}{vars(caught.value)}"
    assert KEY not in "".join(traceback.format_exception(caught.value))


@pytest.mark.parametrize("where", ["backend", "provider", "plugins"])
@pytest.mark.parametrize("key", ["gsk_0123456789", "sk-proj-abc", "a" * 32])
def test_a_key_in_the_place_of_a_name_is_not_shown(where: str, key: str) -> None:
    given: dict[str, Any] = {where: [key] if where == "plugins" else key}
    with pytest.raises(ConfigurationError) as caught:
        Client(api_key="x", **given)
    assert key not in str(caught.value)
    assert "api_key=" in str(caught.value)
