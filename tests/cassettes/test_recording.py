"""Recording around a live transport: modes, what the file holds, and what happens to it."""

import errno
import gzip
import json
import os
import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from corechat.errors import CassetteError, ConfigurationError, UnmatchedRequestError
from corechat.transport import Transport, TransportOptions
from corechat_httpx.factories import httpx
from corechat_replay.cassette.reader import load
from corechat_replay.factories import recording, replay
from corechat_replay.record import RecordingTransport
from tests.cassettes.support import (
    DEADLINE,
    Answer,
    ChatServer,
    ask,
    chat,
    completion,
    content,
    interaction,
    request,
    serve,
    write,
)

ROOT = Path(__file__).parents[2]


def live() -> Transport:
    return httpx(TransportOptions())


def record(path: Path, mode: Any = "once", **options: Any) -> RecordingTransport:
    return recording(live(), path, mode, **options)


def prompts(path: Path) -> list[str]:
    sent = [json.loads(each.request.body) for each in load(path).interactions]
    return [str(each["messages"][0]["content"]) for each in sent]


def test_once_records_and_then_replays_without_the_server(tmp_path: Path) -> None:
    path = tmp_path / "new" / "a.yaml"
    with serve() as server:
        with pytest.warns(UserWarning, match="is not there"):
            transport = record(path)
        assert transport.endpoint == ""
        answers = [ask(transport, chat(q), server.chat_url) for q in ("a", "b", "a")]
        transport.close()
        url = server.chat_url
    again = record(path)
    assert again.endpoint == url.removesuffix("/chat/completions")
    assert [ask(again, chat(q), url) for q in ("a", "b", "a")] == answers
    assert again.unplayed() == ()
    assert again.recorded == 0
    with pytest.raises(UnmatchedRequestError):
        ask(again, chat("c"), url)
    again.close()


def test_none_needs_a_cassette_and_never_sends(server: ChatServer, tmp_path: Path) -> None:
    with pytest.raises(CassetteError, match="no cassette at"):
        record(tmp_path / "a.json", "none")
    write(tmp_path / "a.json", interaction(chat("a"), "yes", server.chat_url))
    transport = record(tmp_path / "a.json", "none")
    assert ask(transport, chat("a"), server.chat_url) == "yes"
    with pytest.raises(UnmatchedRequestError):
        ask(transport, chat("b"), server.chat_url)
    transport.close()
    assert server.requests == []


def test_an_unknown_mode_names_the_known_ones(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"Did you mean 'once'\? Known: none, once"):
        record(tmp_path / "a.json", "onec")


def test_the_same_run_writes_the_same_bytes_readable_by_the_owner_only(
    server: ChatServer, tmp_path: Path
) -> None:
    written: list[bytes] = []
    for name in ("a.yaml", "b.json"):
        transport = record(tmp_path / name)
        for q in ("one", "zwei ü", "drei 🙂", "four"):
            ask(transport, chat(q), server.chat_url)
        transport.close()
        written.append((tmp_path / name).read_bytes())
        assert stat.S_IMODE((tmp_path / name).stat().st_mode) == 0o600
    assert written[0] == written[1]
    assert "zwei ü" in written[0].decode()
    assert sorted(each.name for each in tmp_path.iterdir()) == ["a.yaml", "b.json"]


def test_the_file_is_whole_after_every_answer(server: ChatServer, tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    transport = record(path)
    for count in range(1, 8):
        ask(transport, chat(f"q{count}"), server.chat_url)
        assert len(load(path).interactions) == count
        assert json.loads(path.read_text())["version"] == 1
    transport.close()
    assert len(load(path).interactions) == 7


def test_recordings_into_one_file_keep_each_others_answers(
    server: ChatServer, tmp_path: Path
) -> None:
    path = tmp_path / "a.json"
    for mode in ("once", "new", "rewrite"):
        path.unlink(missing_ok=True)
        first, second = record(path, mode), record(path, mode)
        ask(first, chat("a"), server.chat_url)
        for q in ("b", "c"):
            ask(second, chat(q), server.chat_url)
        ask(first, chat("d"), server.chat_url)
        second.discard()
        second.close()
        ask(first, chat("e"), server.chat_url)
        assert prompts(path) == ["a", "d", "e"]
        first.discard()
        first.close()
        assert not path.exists()


def test_a_rewrite_replaces_what_it_found_and_keeps_what_came_meanwhile(
    server: ChatServer, tmp_path: Path
) -> None:
    path = write(tmp_path / "a.json", interaction(chat("old"), "old", server.chat_url))
    before = path.read_bytes()
    first, second = record(path, "rewrite"), record(path, "rewrite")
    ask(first, chat("a"), server.chat_url)
    assert prompts(path) == ["a"]
    ask(second, chat("b"), server.chat_url)
    assert prompts(path) == ["a", "b"]
    first.discard()
    assert prompts(path) == ["b"]
    second.discard()
    assert path.read_bytes() == before
    for transport in (first, second):
        transport.close()


def test_a_recorded_call_does_not_read_what_the_file_holds_already(
    server: ChatServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.json"
    transports = [record(path), record(path)]
    for transport, q in zip(transports, "ab", strict=True):
        ask(transport, chat(q), server.chat_url)

    def never(path: object) -> bytes:
        raise AssertionError(path)

    with monkeypatch.context() as patch:
        patch.setattr("corechat_replay.cassette.writer.read_cassette_file", never)
        for number in range(10):
            ask(transports[number % 2], chat(f"{number}"), server.chat_url)
            assert json.loads(path.read_text())["version"] == 1
    for transport in transports:
        transport.close()
    assert prompts(path) == ["a", "b", *(f"{number}" for number in range(10))]
    assert [each.name for each in tmp_path.iterdir()] == ["a.json"]


@pytest.mark.parametrize("left", ["", "{", '{\n  "version": 1,\n  "interactions": [\n  ]\n}\n'])
def test_a_spare_that_is_not_the_files_is_not_used(
    server: ChatServer, tmp_path: Path, left: str
) -> None:
    path = tmp_path / "a.json"
    transport = record(path)
    for q in "abc":
        ask(transport, chat(q), server.chat_url)
        spare = path.with_name(".a.json.spare~")
        spare.write_text(left)
        changed = path.stat().st_mtime_ns
        os.utime(spare, ns=(changed, changed))
    transport.close()
    assert prompts(path) == ["a", "b", "c"]


def test_a_file_system_without_hard_links_holds_recordings_too(
    server: ChatServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: object, **__: object) -> None:
        raise OSError(errno.EPERM, os.strerror(errno.EPERM))

    monkeypatch.setattr(os, "link", refused)
    path = tmp_path / "a.json"
    transport = record(path)
    for q in "abcd":
        ask(transport, chat(q), server.chat_url)
    transport.close()
    assert prompts(path) == ["a", "b", "c", "d"]


def test_many_clients_of_one_process_record_in_one_file(server: ChatServer, tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    transports = [record(path) for _ in range(8)]

    def work(number: int) -> None:
        for count in range(6):
            ask(transports[number], chat(f"{number}-{count}"), server.chat_url)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(8)))
    for transport in transports:
        transport.close()
    assert sorted(prompts(path)) == sorted(f"{n}-{count}" for n in range(8) for count in range(6))
    assert [each.name for each in tmp_path.iterdir()] == ["a.json"]


RECORDER = """
import sys
from tests.cassettes.support import ask, chat
from tests.cassettes.test_recording import record
transport = record(sys.argv[1], "new")
print("open", flush=True)
sys.stdin.read()
for count in range(20): ask(transport, chat(f"{sys.argv[3]}-{count}"), sys.argv[2])
transport.close()
"""


def test_processes_record_in_one_file(server: ChatServer, tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    running = []
    for name in "ab":
        command = [sys.executable, "-c", RECORDER, str(path), server.chat_url, name]
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
        running.append(subprocess.Popen(command, cwd=ROOT, **pipes))  # noqa: S603 - our own code
    for process in running:
        assert process.stdout is not None
        assert process.stdout.readline().strip() == b"open"
    for process in running:
        assert process.stdin is not None
        process.stdin.close()
    for process in running:
        assert process.wait(60) == 0
        assert process.stdout is not None
        process.stdout.close()
    assert sorted(prompts(path)) == sorted(f"{name}-{n}" for name in "ab" for n in range(20))


def test_what_is_no_recording_of_ours_is_not_overwritten(
    server: ChatServer, tmp_path: Path
) -> None:
    path = tmp_path / "a.json"
    transport = record(path)
    ask(transport, chat("a"), server.chat_url)
    path.write_text("a note")
    with pytest.raises(CassetteError, match="changed") as caught:
        ask(transport, chat("b"), server.chat_url)
    assert "You said: b" in str(caught.value.answer)
    transport.discard()
    transport.close()
    assert path.read_text() == "a note"


def test_a_recording_that_is_never_closed_leaves_one_whole_file(
    server: ChatServer, tmp_path: Path
) -> None:
    code = (
        "import sys\n"
        "from tests.cassettes.support import ask, chat\n"
        "from tests.cassettes.test_recording import record\n"
        "transport = record(sys.argv[1])\n"
        "for q in 'abcd': ask(transport, chat(q), sys.argv[2])\n"
    )
    path = tmp_path / "a.json"
    command = [sys.executable, "-c", code, str(path), server.chat_url]
    subprocess.run(command, check=True, timeout=60, cwd=ROOT)  # noqa: S603 - our own code
    assert [each.name for each in tmp_path.iterdir()] == ["a.json"]
    assert len(load(path).interactions) == 4


def test_sixteen_threads_record_every_answer_once(server: ChatServer, tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    transport = record(path)
    with ThreadPoolExecutor(16) as pool:
        said = list(pool.map(lambda n: ask(transport, chat(f"q{n}"), server.chat_url), range(160)))
    transport.close()
    recorded = sorted(content(each.response) for each in load(path).interactions)
    assert recorded == sorted(said) == sorted(f"You said: q{n}" for n in range(160))


def test_errors_are_recorded_as_they_came(tmp_path: Path) -> None:
    body = b'{"error": {"message": "slow down"}}'
    with serve(lambda *_: Answer(body, 429, {"Retry-After": "2", "Set-Cookie": "a=b"})) as server:
        transport = record(tmp_path / "a.json")
        transport.send(request(chat("q"), server.chat_url), DEADLINE)
        transport.close()
        again = replay(TransportOptions(), cassette=tmp_path / "a.json")
        response = again.send(request(chat("q"), server.chat_url), DEADLINE)
    assert (response.status, response.body) == (429, body)
    assert response.headers["retry-after"] == "2"
    assert "set-cookie" not in response.headers


def test_a_compressed_answer_is_written_as_text(tmp_path: Path) -> None:
    body = gzip.compress(json.dumps(completion("hi")).encode())
    with serve(lambda *_: Answer(body, headers={"Content-Encoding": "gzip"})) as server:
        transport = record(tmp_path / "a.json")
        response = transport.send(request(chat("q"), server.chat_url), DEADLINE)
        assert response.body == body
        transport.close()
    recorded = load(tmp_path / "a.json").interactions[0].response
    assert content(recorded) == "hi"
    assert "content-encoding" not in recorded.headers


def test_an_answer_that_is_no_utf8_comes_back_as_it_was(tmp_path: Path) -> None:
    body = "<h1>Café</h1>".encode("latin-1")
    with serve(lambda *_: Answer(body, 502, {"Content-Type": "text/html"})) as server:
        transport = record(tmp_path / "a.json")
        transport.send(request(chat("q"), server.chat_url), DEADLINE)
        transport.close()
    recorded = load(tmp_path / "a.json").interactions[0].response
    assert (recorded.status, recorded.body) == (502, body)


def test_control_characters_and_line_separators_survive(tmp_path: Path) -> None:
    text = "a\x00b\x7fc\x85d\u2028e\ufefff\uffffg\t\n\r\u200b🙂"
    answer = json.dumps(completion(text), ensure_ascii=False).encode()
    with serve(lambda *_: Answer(answer)) as server:
        transport = record(tmp_path / "a.yaml")
        ask(transport, chat(text), server.chat_url)
        transport.close()
        again = replay(TransportOptions(), cassette=tmp_path / "a.yaml")
        assert ask(again, chat(text), server.chat_url) == text


def test_a_place_that_cannot_be_written_is_refused_before_anything_is_sent(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    why = os.strerror(errno.ENOTDIR)
    with pytest.raises(CassetteError, match=f"cannot be written: {why}") as caught:
        record(tmp_path / "file" / "a.json")
    assert caught.value.path == str(tmp_path / "file" / "a.json")


def test_a_file_that_cannot_grow_is_a_cassette_error_and_stays_whole(
    server: ChatServer, tmp_path: Path
) -> None:
    resource = pytest.importorskip("resource", reason="limits on file size are POSIX")
    path = tmp_path / "a.json"
    transport = record(path)
    for q in ("a", "b", "c"):
        ask(transport, chat(q), server.chat_url)
    before = path.read_bytes()
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (len(before) + 10, hard))
    try:
        why = os.strerror(errno.EFBIG)
        with pytest.raises(CassetteError, match=f"cannot be written: {why}"):
            ask(transport, chat("too much"), server.chat_url)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert path.read_bytes() == before
    ask(transport, chat("d"), server.chat_url)
    transport.close()
    answers = [content(each.response) for each in load(path).interactions]
    assert answers == [f"You said: {q}" for q in ("a", "b", "c", "d")]
    assert [each.name for each in tmp_path.iterdir()] == ["a.json"]
