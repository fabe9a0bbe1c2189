import gzip
import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import vcr
import yaml

from corechat._http.messages import HttpResponse
from corechat._http.secrets import is_secret_header
from corechat.transport import TransportOptions
from corechat_replay.cassette.reader import load
from corechat_replay.factories import replay
from tests.cassettes.support import DEADLINE, chat, completion, interaction, write
from tests.cassettes.test_dialects import rebuilt
from tests.cli_cassette.support import SECRETS, leaky, run, texts


def plain(response: HttpResponse) -> bytes:
    packed = response.headers.get("content-encoding") == "gzip"
    return gzip.decompress(response.body) if packed else response.body


def kept_headers(pairs: tuple[tuple[str, str], ...]) -> set[tuple[str, str]]:
    changed = {"content-encoding", "content-length", "transfer-encoding"}
    return {
        (name.lower(), value)
        for name, value in pairs
        if name.lower() not in changed and not is_secret_header(name)
    }


def test_import_keeps_name_and_interactions_and_takes_secrets_out(tmp_path: Path) -> None:
    path = tmp_path / "theirs.yaml"
    path.write_text(yaml.safe_dump({"version": 1, "interactions": [leaky()]}))
    result = run("import", path)
    assert result.exit_code == 0
    assert "imported, 1 interaction, secrets taken out of the text of 1" in result.stdout
    assert texts(path) == [("hello", "Your key [hidden] of [hidden] with [hidden]")]
    assert [one.name for one in tmp_path.iterdir()] == ["theirs.yaml"]
    for secret in SECRETS:
        assert secret not in path.read_text()


def test_importing_again_changes_nothing(tmp_path: Path) -> None:
    path = write(tmp_path / "a.json", interaction(chat("q"), "a"))
    run("import", path)
    before = path.stat()
    result = run("import", tmp_path)
    assert "is corechat's already" in result.stdout
    assert (path.stat().st_ino, path.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


def test_a_dry_run_writes_nothing(tmp_path: Path) -> None:
    path = write(tmp_path / "a.json", leaky())
    before = path.read_bytes()
    assert "would be imported, 1 interaction" in run("import", "--dry-run", path).stdout
    assert path.read_bytes() == before


def test_one_bad_file_does_not_stop_the_others(tmp_path: Path) -> None:
    bad = tmp_path / "a.yaml"
    bad.write_text("interactions: [")
    good = write(tmp_path / "b.json", interaction(chat("q"), "a"))
    result = run("import", tmp_path)
    assert result.exit_code == 1
    assert "a.yaml: not imported: " in result.stderr
    assert "b.json: imported" in result.stdout
    assert bad.read_text() == "interactions: ["
    assert texts(good) == [("q", "a")]


def test_interactions_with_other_apis_are_kept(tmp_path: Path) -> None:
    models = interaction([], "", url="https://api.groq.com/openai/v1/models")
    models["request"] |= {"method": "GET", "body": None}
    picture = interaction([], "", url="https://cdn.example/picture.png")
    picture["response"]["body"] = {"string": b"\x89PNG\xff\x00"}
    path = tmp_path / "a.yaml"
    tree = {"version": 1, "interactions": [models, picture, interaction(chat("q"), "a")]}
    path.write_text(yaml.safe_dump(tree))
    assert run("import", path).exit_code == 0
    first, second, third = load(path).interactions
    assert (first.request.method, first.request.body) == ("GET", b"")
    assert second.response.body == b"\x89PNG\xff\x00"
    assert third.is_chat


def test_a_body_that_version_1_cannot_say_is_refused_not_lost(tmp_path: Path) -> None:
    upload = interaction([], "", url="https://api.groq.com/openai/v1/audio/transcriptions")
    upload["request"]["body"] = b"RIFF\xff\x00"
    path = tmp_path / "a.yaml"
    path.write_text(yaml.safe_dump({"version": 1, "interactions": [upload]}))
    before = path.read_bytes()
    result = run("import", path)
    assert result.exit_code == 1
    assert "body is not UTF-8" in result.stderr
    assert path.read_bytes() == before


def test_vcrpy_plays_what_was_imported(tmp_path: Path) -> None:
    httpx = pytest.importorskip("httpx")
    path = tmp_path / "a.yaml"
    recorded = interaction(chat("q"), "")
    recorded["response"]["body"]["string"] = gzip.compress(json.dumps(completion("a")).encode())
    recorded["response"]["headers"]["Content-Encoding"] = ["gzip"]
    path.write_text(yaml.safe_dump({"version": 1, "interactions": [recorded]}))
    run("import", path)
    url = recorded["request"]["uri"]
    with vcr.use_cassette(str(path), record_mode="none"), httpx.Client() as client:
        answer = client.post(url, json=chat("q"))
    assert answer.json()["choices"][0]["message"]["content"] == "a"


def test_every_cassette_of_the_corpus_keeps_every_interaction(
    corpus_dir: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "yaml"
    shutil.copytree(corpus_dir / "yaml", folder)
    result = run("import", folder)
    assert result.exit_code == 0, result.stderr
    for path in sorted(folder.iterdir()):
        json.loads(path.read_text())
        before = load(corpus_dir / "yaml" / path.name).interactions
        transport = replay(TransportOptions(), cassette=path)
        for old, new in zip(before, transport.cassette.interactions, strict=True):
            assert (old.request.method, old.request.url) == (new.request.method, new.request.url)
            assert old.request.body == new.request.body
            assert old.reason in ("", new.reason)
            assert kept_headers(old.request.headers.pairs) == kept_headers(
                new.request.headers.pairs
            )
            assert kept_headers(old.response.headers.pairs) == kept_headers(
                new.response.headers.pairs
            )
            response = transport.send(old.request, DEADLINE)
            assert (response.status, response.body) == (old.response.status, plain(old.response))


def test_the_traffic_of_the_corpus_is_imported_from_every_dialect(
    corpus_dir: Path, tmp_path: Path
) -> None:
    wanted: dict[Path, tuple[Any, Any, int]] = {}
    seen: set[str] = set()
    with (corpus_dir / "dev.jsonl").open() as lines:
        for number, text in enumerate(lines):
            line = json.loads(text)
            if line["dialect"] in seen and number % 8:
                continue  # each dialect, and an eighth of the rest, in some seconds
            seen.add(line["dialect"])
            data, sent, got = rebuilt(line)
            path = tmp_path / f"{line['id']}.yaml"
            path.write_bytes(data)
            wanted[path] = (sent, got, line["response"]["status"])
    result = run("import", tmp_path)
    assert result.exit_code == 0, result.stderr
    for path, (sent, got, status) in wanted.items():
        json.loads(path.read_text())
        (interaction,) = load(path).interactions
        body = interaction.response.body.decode()
        assert json.loads(interaction.request.body) == sent, path
        assert (body if isinstance(got, str) else json.loads(body)) == got, path
        assert interaction.response.status == status
    assert len(seen) == 8
