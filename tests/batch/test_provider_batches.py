"""A provider's own batches, by its /files and /batches, on a loopback server."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from corechat.testing._kit.connection import Connection, ReceivedRequest
from corechat.transport import HttpResponse
from tests.batch.support import line, read_lines, write_input, write_lines
from tests.cli.support import run
from tests.core.support import answer, on_the_wire, serve_by

KEY = "sk-batch-0123456789abcdef"


class Provider:
    """Behave as the API reference of OpenAI and Groq says of files and batches."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.batch: dict[str, Any] = {}
        self.polls = ["validating", "in_progress", "finalizing", "completed"]
        self.seen: list[ReceivedRequest] = []
        self.troubles: list[HttpResponse] = []
        self.url = ""

    def script(self, connection: Connection) -> None:
        """Answer the requests of a connection."""
        while True:
            request = connection.read_request()
            self.seen.append(request)
            trouble = self.troubles.pop(0) if self.troubles else None
            connection.send(on_the_wire(trouble or self.answer(request)))

    def answer(self, request: ReceivedRequest) -> HttpResponse:
        """Answer one request."""
        if request.values("authorization") != [f"Bearer {KEY}"]:
            return answer({"error": {"message": f"wrong key {KEY}"}}, 401)
        path = request.target.removeprefix("/v1")
        if (request.method, path) == ("POST", "/files"):
            return self.take_file(request)
        if (request.method, path) == ("POST", "/batches"):
            self.batch = {
                "id": "batch_1",
                "object": "batch",
                **json.loads(request.body),
                "status": "validating",
                "request_counts": {"total": 0, "completed": 0, "failed": 0},
            }
            return answer(self.batch)
        if (request.method, path) == ("GET", "/batches/batch_1"):
            return answer(self.poll())
        content = re.fullmatch(r"/files/([\w-]+)/content", path)
        if request.method == "GET" and content and content[1] in self.files:
            return answer(self.files[content[1]], headers={"content-type": "application/jsonl"})
        return answer({"error": {"message": f"No such thing: {path}"}}, 404)

    def take_file(self, request: ReceivedRequest) -> HttpResponse:
        """Take an upload: multipart, with the purpose and the file."""
        boundary = request.values("content-type")[0].partition("boundary=")[2].encode()
        parts = {}
        for part in request.body.split(b"--" + boundary)[1:-1]:
            head, _, content = part.partition(b"\r\n\r\n")
            name = re.search(rb' name="(\w+)"', head)
            assert name is not None
            parts[name[1]] = content.removesuffix(b"\r\n")
        assert parts[b"purpose"] == b"batch"
        self.files["file-1"] = parts[b"file"]
        return answer({"id": "file-1", "object": "file", "purpose": "batch"})

    def poll(self) -> dict[str, Any]:
        """Go on by one step; at the end there are an output and an error file."""
        self.batch["status"] = self.polls.pop(0) if len(self.polls) > 1 else self.polls[0]
        if self.batch["status"] == "completed":
            asked = [json.loads(one) for one in self.files["file-1"].splitlines()]
            lines = [
                json.dumps(
                    {
                        "id": f"batch_req_{number}",
                        "custom_id": one["custom_id"],
                        "response": {"status_code": 200, "request_id": "r", "body": {}},
                        "error": None,
                    }
                ).encode()
                for number, one in enumerate(asked)
            ]
            self.files["file-out"] = b"\n".join(lines[:-1]) + b"\n"
            self.files["file-err"] = lines[-1]  # without a newline
            self.batch |= {
                "output_file_id": "file-out",
                "error_file_id": "file-err",
                "request_counts": {"total": len(asked), "completed": len(asked) - 1, "failed": 1},
            }
        return self.batch


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
