"""A provider's own batches, by its /files and /batches, on a loopback server."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.batch.provider import KEY, Provider
from tests.batch.support import line, read_lines, write_input, write_lines
from tests.cli.support import run
from tests.core.support import answer, serve_by


@pytest.fixture
def provider(monkeypatch: pytest.MonkeyPatch) -> Iterator[Provider]:
    """Serve a provider that Groq's variables lead to."""
    made = Provider()
    with serve_by(made.script) as server:
        made.url = f"{server.url}/v1"
        monkeypatch.setenv("GROQ_API_KEY", KEY)
        monkeypatch.setenv("GROQ_BASE_URL", made.url)
        yield made


def test_the_file_that_runs_here_is_uploaded_waited_for_and_downloaded(
    tmp_path: Path, provider: Provider
) -> None:
    source = write_input(tmp_path / "in.jsonl", 5)
    output, errors = tmp_path / "out.jsonl", tmp_path / "err.jsonl"
    done = run("batch", "upload", str(source), "--window", "7d")
    assert (done.exit_code, done.stdout) == (0, "batch_1\n"), done.stderr
    assert provider.files["file-1"] == source.read_bytes()
    assert provider.batch["endpoint"] == "/v1/chat/completions"
    assert provider.batch["completion_window"] == "7d"
    assert provider.batch["input_file_id"] == "file-1"

    done = run("batch", "wait", "batch_1", "--every", "0.01")
    assert done.exit_code == 0, done.stderr
    assert json.loads(done.stdout)["status"] == "completed"
    assert "completed: 5 of 5" in done.stderr

    words = ("batch", "download", "batch_1", "-o", str(output))
    done = run(*words, "--errors", str(errors))
    assert done.exit_code == 0, done.stderr
    assert output.read_bytes() == provider.files["file-out"]
    assert errors.read_bytes() == provider.files["file-err"] + b"\n"
    again = run(*words)
    assert "is there already" in again.stderr
    output.unlink()
    run(*words)
    assert [one["custom_id"] for one in read_lines(output)] == [f"line-{n}" for n in range(5)]
    assert [{*one.values("authorization")} for one in provider.seen] == [{f"Bearer {KEY}"}] * len(
        provider.seen
    )


def test_a_wrong_input_is_not_uploaded(tmp_path: Path, provider: Provider) -> None:
    source = write_lines(tmp_path / "in.jsonl", [line("a"), line("a")])
    done = run("batch", "upload", str(source))
    assert "line 2: custom_id: 'a' is there twice" in done.stderr
    assert not provider.seen


def test_waiting_asks_past_failures_that_pass(provider: Provider) -> None:
    provider.files["file-1"] = json.dumps(line("a")).encode()
    provider.batch = {"id": "batch_1"}
    provider.troubles = [
        answer({"error": {"message": "busy"}}, 503),
        answer({"error": {"message": "slow down"}}, 429, {"retry-after": "0.01"}),
    ]
    assert run("batch", "wait", "batch_1", "--every", "0.01").exit_code == 0


def test_waiting_ends_where_it_fails_for_good(provider: Provider) -> None:
    done = run("batch", "wait", "batch_2", "--every", "0.01")
    assert done.exit_code == 1
    assert "HTTP 404" in done.stderr
    provider.troubles = [answer({"error": {"message": "busy"}}, 503)] * 20
    done = run("batch", "wait", "batch_1", "--every", "0.001")
    assert "HTTP 503" in done.stderr
    assert len(provider.troubles) == 10


def test_waiting_has_a_bound(provider: Provider) -> None:
    provider.batch = {"id": "batch_1"}
    provider.polls = ["in_progress"]
    done = run("batch", "wait", "batch_1", "--every", "0.05", "--timeout", "0.2")
    assert done.exit_code == 1
    assert "has not ended in 0.2 seconds" in done.stderr


def test_a_batch_that_the_provider_refused_says_why(tmp_path: Path, provider: Provider) -> None:
    provider.polls = ["failed"]
    provider.batch = {
        "id": "batch_1",
        "errors": {"object": "list", "data": [{"line": 3, "message": "Bad \x1b line."}]},
    }
    assert run("batch", "wait", "batch_1", "--every", "0.01").exit_code == 1
    done = run("batch", "download", "batch_1", "-o", str(tmp_path / "o"))
    assert "is failed and has no output: line 3: Bad" in done.stderr
    assert "\x1b" not in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_batch_that_still_runs_is_not_downloaded(tmp_path: Path, provider: Provider) -> None:
    provider.batch = {"id": "batch_1"}
    done = run("batch", "download", "batch_1", "-o", str(tmp_path / "o"))
    assert "has not ended: it is validating" in done.stderr


def test_a_batch_is_created_once_and_the_key_is_not_told(
    tmp_path: Path, provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = write_input(tmp_path / "in.jsonl", 1)
    monkeypatch.setenv("GROQ_API_KEY", "sk-other-0123456789abcdef")
    done = run("batch", "upload", str(source))
    assert "HTTP 401" in done.stderr
    assert "sk-other" not in done.stderr
    monkeypatch.setenv("GROQ_API_KEY", KEY)
    provider.troubles = [answer({"id": "file-9"}), answer({"error": {"message": KEY}}, 503)]
    done = run("batch", "upload", str(source))
    assert "uploaded as file-9" in done.stderr
    assert "HTTP 503" in done.stderr
    assert KEY not in done.stderr
    assert [one.target for one in provider.seen[1:]] == ["/v1/files", "/v1/batches"]
    assert provider.seen[-1].values("idempotency-key")


def test_a_key_of_the_environment_is_not_sent_to_an_endpoint_without_a_name(
    provider: Provider,
) -> None:
    done = run("batch", "wait", "batch_1", "--every", "0.01", "--base-url", provider.url)
    assert "HTTP 401" in done.stderr
    assert provider.seen[0].values("authorization") == []


@pytest.mark.parametrize("body", [b"<html>", b"[]", b'{"object": "file"}'])
def test_what_is_not_an_object_with_an_id_is_an_error(provider: Provider, body: bytes) -> None:
    provider.troubles = [answer(body)]
    done = run("batch", "wait", "batch_1", "--every", "0.01")
    assert "the answer is not an object with an id" in done.stderr
