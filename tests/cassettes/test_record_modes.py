"""What each record mode sends, keeps, replaces and puts back; and what a failed write leaves."""

import errno
import json
import os
import pickle
from pathlib import Path
from typing import Any

import pytest

import corechat
from corechat.errors import CassetteError, ConfigurationError, UnmatchedRequestError
from corechat.transport import TransportOptions
from corechat_httpx.factories import httpx
from corechat_replay.cassette.reader import load
from corechat_replay.factories import recording, replay
from corechat_replay.record import RecordingTransport
from tests.cassettes.support import (
    Answer,
    ChatServer,
    ask,
    chat,
    completion,
    content,
    interaction,
    serve,
    write,
)

KEY = "sk-planted-0123456789abcdef"


def record(path: Path, mode: str = "once") -> RecordingTransport:
    return recording(httpx(TransportOptions()), path, mode)


def test_new_sends_only_what_the_cassette_lacks(server: ChatServer, tmp_path: Path) -> None:
    path = write(tmp_path / "a.json", interaction(chat("a"), "recorded", server.chat_url))
    transport = record(path, "new")
    answers = [ask(transport, chat(q), server.chat_url) for q in ("a", "b", "a")]
    transport.close()
    assert answers == ["recorded", "You said: b", "You said: a"]
    assert len(server.requests) == 2
    offline = replay(TransportOptions(), cassette=path)
    assert [ask(offline, chat(q), server.chat_url) for q in ("a", "a", "b")] == [
        "recorded",
        "You said: a",
        "You said: b",
    ]


def test_rewrite_replaces_the_cassette_at_the_first_answer(
    server: ChatServer, tmp_path: Path
) -> None:
    path = write(tmp_path / "a.json", interaction(chat("a"), "old", server.chat_url))
    before = path.read_bytes()
    transport = record(path, "rewrite")
    assert path.read_bytes() == before
    assert ask(transport, chat("a"), server.chat_url) == "You said: a"
    assert [content(each.response) for each in load(path).interactions] == ["You said: a"]
    transport.close()


def test_a_rewrite_without_a_call_leaves_the_cassette(tmp_path: Path) -> None:
    path = write(tmp_path / "a.json", interaction(chat("a"), "old"))
    before = path.read_bytes()
    record(path, "rewrite").close()
    assert path.read_bytes() == before


def test_a_discarded_recording_puts_the_old_file_back(server: ChatServer, tmp_path: Path) -> None:
    path = write(tmp_path / "a.json", interaction(chat("a"), "old", server.chat_url))
    before = path.read_bytes()
    for mode in ("new", "rewrite"):
        transport = record(path, mode)
        for q in ("x", "y", "z"):
            ask(transport, chat(q), server.chat_url)
        assert path.read_bytes() != before
        transport.discard()
        transport.close()
        assert path.read_bytes() == before
    fresh = record(tmp_path / "b.json")
    ask(fresh, chat("x"), server.chat_url)
    fresh.discard()
    fresh.close()
    assert [each.name for each in tmp_path.iterdir()] == ["a.json"]


def test_a_miss_says_which_mode_would_record_it(server: ChatServer, tmp_path: Path) -> None:
    path = write(tmp_path / "a.json", interaction(chat("a"), "old", server.chat_url))
    transport = record(path, "once")
    assert ask(transport, chat("a"), server.chat_url) == "old"
    for prompt in ("a", "b"):
        with pytest.raises(UnmatchedRequestError, match='record_mode="new"'):
            ask(transport, chat(prompt), server.chat_url)
    transport.close()


def test_options_of_the_match_hold_for_a_recording_too(server: ChatServer, tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    base = server.chat_url.removesuffix("/chat/completions")
    for user in ("one", "two"):
        with corechat.Client(
            base_url=base,
            record=path,
            record_mode="new",
            record_options={"ignore": ["user"], "match_base_url": False},
        ) as client:
            assert client.complete(**chat("hello"), user=user).text == "You said: hello"
    assert len(server.requests) == 1
    assert len(load(path).interactions) == 1


def test_an_answer_that_cannot_be_written_is_not_lost(
    server: ChatServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.json"
    base = server.chat_url.removesuffix("/chat/completions")
    with corechat.Client(base_url=base, record=path, record_mode="new") as client:
        assert client.complete(**chat("first")).text == "You said: first"

        def full(*_: object) -> int:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

        with monkeypatch.context() as patch:
            patch.setattr(os, "fsync", full)
            patch.setattr(os, "write", full)
            patch.setattr(os, "replace", full)
            with pytest.raises(CassetteError) as caught:
                client.complete(**chat("second"))
    assert caught.value.answer is not None
    said: Any = json.loads(caught.value.answer)
    assert said["choices"][0]["message"]["content"] == "You said: second"
    assert pickle.loads(pickle.dumps(caught.value)).answer == caught.value.answer  # noqa: S301 - our own
    assert [content(one.response) for one in load(path).interactions] == ["You said: first"]
    assert len(server.requests) == 2


def test_an_answer_with_a_strange_key_is_refused_and_not_lost(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    answer = Answer(json.dumps(completion(f"your key is {KEY}")).encode())
    with serve(lambda *_: answer) as server:
        transport = record(path, "once")
        with pytest.raises(CassetteError, match="looks like an API key") as caught:
            ask(transport, chat("q"), server.chat_url)
        transport.close()
    assert caught.value.answer is not None
    assert KEY not in str(caught.value)
    assert KEY not in repr(caught.value)
    assert not path.exists() or KEY not in path.read_text()


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="makes a named pipe")
def test_a_rewrite_of_what_is_no_file_is_refused_and_does_not_wait(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.json")
    with pytest.raises(CassetteError, match="not a regular file"):
        record(tmp_path / "a.json", "rewrite")


def test_a_folder_in_which_nothing_can_be_written_is_refused_before_a_call(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for mode in ("once", "new", "rewrite"):
        with pytest.raises(CassetteError, match=os.strerror(errno.ENOTDIR)):
            record(tmp_path / "file" / "deep" / "a.json", mode)


@pytest.mark.parametrize(("theirs", "ours"), [("new_episodes", "new"), ("all", "rewrite")])
def test_a_mode_of_vcrpys_gets_the_name_it_has_here(tmp_path: Path, theirs: str, ours: str) -> None:
    with pytest.raises(ConfigurationError, match=f"vcrpy's '{theirs}' is '{ours}' here"):
        record(tmp_path / "a.json", theirs)


def test_a_folder_that_is_not_there_is_told_at_the_line_that_made_the_client(
    server: ChatServer, tmp_path: Path
) -> None:
    base = server.chat_url.removesuffix("/chat/completions")
    path = tmp_path / "casettes" / "a.json"
    with pytest.warns(UserWarning, match="folder .*casettes' is not there") as warned:
        client = corechat.Client(base_url=base, record=path)
    assert not path.parent.exists()
    with client:
        assert client.complete(**chat("a")).text == "You said: a"
    assert [one.filename for one in warned] == [__file__]
    for mode in ("none", "new"):
        corechat.Client(base_url=base, record=path, record_mode=mode).close()


def test_every_unmatched_request_is_told_how_to_record_it(
    server: ChatServer, tmp_path: Path
) -> None:
    path = write(tmp_path / "a.json", interaction(chat("a"), "recorded", server.chat_url))
    advice = {
        "replay": f'Client(record={str(path)!r}, record_mode="new")',
        "record": 'record_mode="new" sends and records',
    }
    transports = {"replay": replay(TransportOptions(), cassette=path), "record": record(path)}
    for name, transport in transports.items():
        with pytest.raises(UnmatchedRequestError) as other:
            ask(transport, chat("b"), server.chat_url)
        ask(transport, chat("a"), server.chat_url)
        with pytest.raises(UnmatchedRequestError) as again:
            ask(transport, chat("a"), server.chat_url)
        for caught in (other, again):
            assert advice[name] in caught.value.message
    assert server.requests == []
