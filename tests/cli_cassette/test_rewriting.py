import json
import stat
from pathlib import Path

import pytest
import yaml

from corechat_replay.cassette.reader import load
from tests.cassettes.support import URL, chat, interaction, write
from tests.cli_cassette.support import SECRETS, leaky, run, texts


def test_redact_takes_every_secret_out_and_leaves_the_rest(tmp_path: Path) -> None:
    path = write(tmp_path / "a.json", interaction(chat("first"), SECRETS[-1]), leaky())
    path.chmod(0o644)
    result = run("redact", path)
    assert result.exit_code == 0
    assert "2 of 2 interactions changed" in result.stdout
    data = path.read_text()
    for secret in SECRETS:
        assert secret not in data
    assert texts(path)[0] == ("first", "[hidden]")
    assert texts(path)[1] == ("hello", "Your key [hidden] of [hidden] with [hidden]")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [file.name for file in tmp_path.iterdir()] == ["a.json"]
    assert run("check", path).exit_code == 0


def test_redacting_twice_changes_nothing(tmp_path: Path) -> None:
    path = write(tmp_path / "a.json", interaction(chat(f"Is {SECRETS[0]} mine?"), SECRETS[1]))
    run("redact", path)
    once = path.read_bytes()
    assert texts(path) == [("Is [hidden] mine?", "[hidden]")]
    result = run("redact", path)
    assert "0 of 1 interaction changed" in result.stdout
    assert path.read_bytes() == once


def test_redact_leaves_a_file_alone_from_which_it_cannot_take_everything(tmp_path: Path) -> None:
    key = "-----BEGIN PRIVATE KEY-----\nMIIEvQ\n-----END PRIVATE KEY-----"
    path = write(tmp_path / "a.json", interaction(chat("q"), key))
    before = path.read_bytes()
    result = run("redact", path)
    assert result.exit_code == 1
    assert "choices[0].message.content holds what looks like a private key" in result.stderr
    assert "MIIEvQ" not in result.output
    assert path.read_bytes() == before


@pytest.mark.parametrize("command", ["redact", "convert", "merge", "import"])
def test_nothing_that_cannot_be_read_is_lost(tmp_path: Path, command: str) -> None:
    strange = {"request": {"method": "POST", "uri": "https://a.example/other"}}
    path = write(tmp_path / "a.json", interaction(chat("q"), "a"), strange)
    before = path.read_bytes()
    out = ["-o", tmp_path / "out.json"] if command in ("convert", "merge") else []
    result = run(command, path, *out)
    assert result.exit_code == 1
    assert "interaction 2 of 2: 'response' is absent" in result.stderr
    assert path.read_bytes() == before
    assert [file.name for file in tmp_path.iterdir()] == ["a.json"]


def test_convert_writes_version_1_and_keeps_harmless_headers(tmp_path: Path) -> None:
    path = tmp_path / "theirs.yaml"
    path.write_text(yaml.safe_dump({"version": 1, "interactions": [leaky()]}))
    before, out = path.read_bytes(), tmp_path / "new" / "ours.json"
    result = run("convert", path, "-o", out)
    assert (result.exit_code, result.stdout) == (0, f"{out}: 1 interaction\n")
    assert path.read_bytes() == before
    (kept,) = json.loads(out.read_text())["interactions"]
    assert kept["response"]["headers"] == {
        "content-type": ["application/json"],
        "date": ["Sun, 22 Nov 2026 10:00:00 GMT"],
    }
    assert kept["request"]["headers"] == {}
    for secret in SECRETS:
        assert secret not in out.read_text()


@pytest.mark.parametrize("command", ["convert", "merge"])
def test_a_file_is_only_replaced_if_that_is_asked_for(tmp_path: Path, command: str) -> None:
    path = write(tmp_path / "a.json", interaction(chat("q"), "a"))
    out = write(tmp_path / "b.json", interaction(chat("kept"), "kept"))
    result = run(command, path, "-o", out)
    assert result.exit_code == 1
    assert "--force" in result.stderr
    assert texts(out) == [("kept", "kept")]
    assert run(command, path, "-o", out, "--force").exit_code == 0
    assert texts(out) == [("q", "a")]


def test_merge_joins_files_in_order_and_writes_what_they_share_once(tmp_path: Path) -> None:
    one, two, both = (interaction(chat(name), name) for name in ("one", "two", "both"))
    first = write(tmp_path / "a.json", one, both)
    second = write(tmp_path / "b.json", both, two, two)
    out = tmp_path / "c.json"
    result = run("merge", first, second, "-o", out)
    assert result.stdout == f"{out}: 4 interactions of 2 files\n"
    assert [prompt for prompt, _ in texts(out)] == ["one", "both", "two", "two"]


def test_a_link_out_of_the_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    outside = write(tmp_path / "a.json", leaky())
    link = tmp_path / "in" / "link.json"
    link.symlink_to(outside)
    before = outside.read_bytes()
    for command in ("redact", "import"):
        result = run(command, link)
        assert result.exit_code == 1
        assert "symbolic link" in result.stderr
    assert outside.read_bytes() == before


def test_every_cassette_of_the_corpus_converts_with_each_answer(
    corpus_dir: Path, tmp_path: Path
) -> None:
    for path in sorted((corpus_dir / "yaml").iterdir()):
        out = tmp_path / f"{path.stem}.json"
        result = run("convert", path, "-o", out)
        assert result.exit_code == 0, result.stderr
        before, after = load(path).interactions, load(out).interactions
        assert [each.request.url for each in before] == [each.request.url for each in after]
        assert [each.response.status for each in before] == [each.response.status for each in after]
    assert run("check", tmp_path).exit_code == 0


def test_the_url_without_its_key_still_names_the_endpoint(tmp_path: Path) -> None:
    path = write(tmp_path / "a.json", leaky())
    run("redact", path)
    assert load(path).interactions[0].request.url == f"{URL}?api_key=%5Bhidden%5D"
