"""A batch runs to its end, goes on with what is left, and damages nothing."""

import json
import os
import resource
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from corechat.transport import HttpResponse
from tests.batch.support import (
    Counting,
    counting,
    finish,
    line,
    read_lines,
    start,
    url_of,
    write_input,
    write_lines,
)
from tests.cli.support import run as command
from tests.core.support import answer, completion
from tests.many.support import many

Run = Callable[..., Result]


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """Write an input of ten lines."""
    return write_input(tmp_path / "in.jsonl", 10)


@pytest.fixture
def output(tmp_path: Path) -> Path:
    """Name an output."""
    return tmp_path / "out.jsonl"


def run(source: Path, output: Path, url: str, *more: object) -> Result:
    """Run a batch in this process."""
    words = ("batch", "run", source, "-o", output, "--base-url", url, "--retries", 0, *more)
    return command(*map(str, words))


def ids(output: Path) -> list[str]:
    """Return the ids of an output, sorted."""
    return sorted(one["custom_id"] for one in read_lines(output))


ALL = sorted(f"line-{number}" for number in range(10))
BODY = (
    b'{\n "id": "c-1", "choices": [{"message": {"content": "\\u00e9\\ud83d\\ude00 a\\nb", '
    b'"role": "assistant"}, "index": 0, "finish_reason": "stop"}],\r\n "x": 1.50, "y": 1E+2, '
    b'"big": 12345678901234567890123, "usage": {"total_tokens": 5, "prompt_tokens": 3}, "x": 2}\n'
)


def test_an_answer_is_written_as_the_server_sent_it_but_for_line_breaks(
    tmp_path: Path, output: Path
) -> None:
    source = write_lines(tmp_path / "in.jsonl", [line('an "id" é')])

    def handler(_: object) -> HttpResponse:
        return answer(BODY, headers={"x-request-id": "req-7"})

    with many(handler) as server:
        assert run(source, output, url_of(server)).exit_code == 0
    written = output.read_bytes()
    assert BODY.strip().replace(b"\r", b" ").replace(b"\n", b" ") in written
    assert written.count(b"\n") == 1
    found = json.loads(written)
    assert list(found) == ["id", "custom_id", "response", "error"]
    assert list(found["response"]) == ["status_code", "request_id", "body"]
    assert found["id"].startswith("batch_req_")
    assert found["custom_id"] == 'an "id" é'
    assert (found["response"]["status_code"], found["response"]["request_id"]) == (200, "req-7")
    assert found["error"] is None


def test_a_status_is_a_response_and_another_failure_an_error(tmp_path: Path, output: Path) -> None:
    source = write_lines(tmp_path / "in.jsonl", [*map(line, ("good", "bad", "html", "in"))])

    def handler(parameters: dict[str, Any]) -> HttpResponse:
        text = parameters["messages"][-1]["content"]
        if text == "bad":
            return answer({"error": {"message": "No.", "code": "x"}}, 400)
        if text == "html":
            return answer(b"<html>")
        if text == "in":
            return answer(completion(text, error={"message": "It broke."}))
        return answer(completion(text))

    with many(handler) as server:
        done = run(source, output, url_of(server))
    assert done.exit_code == 1
    found = {one["custom_id"]: one for one in read_lines(output)}
    assert found["bad"]["response"]["status_code"] == 400
    assert found["bad"]["response"]["body"] == {"error": {"message": "No.", "code": "x"}}
    assert found["bad"]["error"] is None
    assert found["html"]["response"] is None
    assert found["html"]["error"]["code"] == "invalid_response"
    assert "not a chat completion" in found["html"]["error"]["message"]
    assert found["in"]["response"]["body"]["choices"][0]["message"]["content"] == "in"  # paid for
    assert found["in"]["error"]["code"] == "invalid_response"
    assert "failed\t3" in done.stdout
    assert "error: HTTP 400\t1" in done.stdout


def test_a_lost_connection_and_a_timeout_have_words_of_their_own(
    source: Path, output: Path
) -> None:
    assert run(source, output, "http://127.0.0.1:9/v1").exit_code == 1
    assert {one["error"]["code"] for one in read_lines(output)} == {"connection_error"}
    with counting(1.0) as (server, _):
        run(source, output, url_of(server), "--restart", "--timeout", 0.2)
    assert {one["error"]["code"] for one in read_lines(output)} == {"request_timeout"}


def test_failed_lines_go_to_a_file_of_their_own(tmp_path: Path, source: Path, output: Path) -> None:
    errors = tmp_path / "err.jsonl"
    with counting(statuses={"line-3": 400}) as (server, calls):
        run(source, output, url_of(server), "--errors", errors)
        assert ids(errors) == ["line-3"]
        assert ids(output) == [one for one in ALL if one != "line-3"]
        again = run(source, output, url_of(server))
        assert "This run began with --errors" in again.stderr
        calls.statuses.clear()
        done = run(source, output, url_of(server), "--errors", errors, "--retry-failed")
    assert done.exit_code == 0
    assert ids(output) == ALL
    assert ids(errors) == []
    assert calls.calls["line-3"] == 2
    assert sum(calls.calls.values()) == 11


def test_a_run_that_is_complete_sends_nothing_again(source: Path, output: Path) -> None:
    with counting() as (server, calls):
        assert run(source, output, url_of(server)).exit_code == 0
        before = output.read_bytes()
        assert run(source, output, url_of(server), "--resume").exit_code == 0
    assert sum(calls.calls.values()) == 10
    assert output.read_bytes() == before


def test_restart_begins_anew(source: Path, output: Path) -> None:
    with counting() as (server, calls):
        run(source, output, url_of(server))
        assert run(source, output, url_of(server), "--restart").exit_code == 0
    assert sum(calls.calls.values()) == 20
    assert ids(output) == ALL


def test_resume_without_a_run_is_an_error(source: Path, output: Path) -> None:
    done = run(source, output, "http://127.0.0.1:9/v1", "--resume")
    assert "There is not a run to go on with" in done.stderr
    assert [one.name for one in output.parent.iterdir()] == ["in.jsonl"]


def test_a_file_that_holds_something_else_is_left_alone(source: Path, output: Path) -> None:
    output.write_text("my notes")
    done = run(source, output, "http://127.0.0.1:9/v1")
    assert "holds something, but not a run that could go on" in done.stderr
    assert output.read_text() == "my notes"
    assert not output.with_name("out.jsonl.journal").exists()


def test_an_input_that_was_changed_is_an_error(source: Path, output: Path) -> None:
    with counting() as (server, calls):
        run(source, output, url_of(server))
        before = output.read_bytes()
        write_input(source, 11)
        done = run(source, output, url_of(server))
        assert "was changed since this run began" in done.stderr
        assert output.read_bytes() == before
        assert sum(calls.calls.values()) == 10


@pytest.mark.parametrize("cut", [1, 2, 40, 100])
def test_a_cut_last_line_of_the_output_is_asked_again_or_completed(
    source: Path, output: Path, cut: int
) -> None:
    with counting() as (server, calls):
        run(source, output, url_of(server))
        output.write_bytes(output.read_bytes()[:-cut])
        assert run(source, output, url_of(server)).exit_code == 0
    assert ids(output) == ALL
    assert sum(calls.calls.values()) == (10 if cut == 1 else 11)


@pytest.mark.parametrize("kept", [0, 30])
def test_a_cut_journal_of_a_run_that_had_not_begun_is_no_obstacle(
    source: Path, output: Path, kept: int
) -> None:
    with counting() as (server, _):
        run(source, output, url_of(server))
        journal = output.with_name("out.jsonl.journal")
        journal.write_bytes(journal.read_bytes()[:kept])
        output.unlink()
        assert run(source, output, url_of(server)).exit_code == 0
    assert ids(output) == ALL


def test_a_cut_last_line_of_the_journal_is_cut_off(source: Path, output: Path) -> None:
    with counting() as (server, calls):
        run(source, output, url_of(server))
        journal = output.with_name("out.jsonl.journal")
        journal.write_bytes(journal.read_bytes()[:-4])
        assert run(source, output, url_of(server)).exit_code == 0
        for record in journal.read_bytes().splitlines():
            json.loads(record)
    assert sum(calls.calls.values()) == 10


@pytest.mark.parametrize("foreign", [b"not a line\n", b'{"custom_id": "line-0"}\n', None])
def test_what_is_not_of_this_batch_in_the_middle_is_an_error(
    source: Path, output: Path, foreign: bytes | None
) -> None:
    with counting() as (server, calls):
        run(source, output, url_of(server))
        first, *rest = output.read_bytes().splitlines(keepends=True)
        output.write_bytes(b"".join([first, foreign or first, *rest]))
        before = output.read_bytes()
        done = run(source, output, url_of(server))
        assert "out.jsonl, line 2, is not an answer to a line of the input" in done.stderr
        assert output.read_bytes() == before
        assert sum(calls.calls.values()) == 10


def test_a_second_run_on_the_same_output_is_refused(source: Path, output: Path) -> None:
    with counting(0.5) as (server, calls):
        first = start("run", source, "-o", output, "--base-url", url_of(server), "--concurrency", 2)
        wait_for(lambda: bool(calls.calls))
        second = run(source, output, url_of(server))
        state = command("batch", "status", str(output)).stdout
        code, _, told = finish(first)
    assert "Another run is writing here" in second.stderr
    assert state.startswith("running")
    assert code == 0, told
    assert ids(output) == ALL
    assert sum(calls.calls.values()) == 10


@pytest.mark.parametrize("name", ["in.jsonl", "sub/../in.jsonl"])
def test_the_output_must_not_be_the_input(source: Path, name: str) -> None:
    (source.parent / "sub").mkdir()
    before = source.read_bytes()
    done = run(source, source.parent / name, "http://127.0.0.1:9/v1")
    assert "must be different files" in done.stderr
    assert source.read_bytes() == before


def test_a_folder_that_cannot_be_written_is_an_error(source: Path) -> None:
    done = run(source, Path("/proc/out.jsonl"), "http://127.0.0.1:9/v1")
    assert done.exit_code == 1
    assert "/proc/out.jsonl.journal cannot be written" in done.stderr


def test_a_full_disk_ends_the_run_with_whole_lines_and_it_goes_on_later(
    source: Path, output: Path
) -> None:
    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (1500, resource.RLIM_INFINITY))

    with counting() as (server, calls):
        words = ("run", source, "-o", output, "--base-url", url_of(server), "--concurrency", 2)
        code, _, told = finish(start(*words, preexec_fn=limit))
        assert code == 1
        assert "out.jsonl cannot be written: File too large" in told
        written = read_lines(output)
        assert 2 <= len(written) <= 4
        assert run(source, output, url_of(server)).exit_code == 0
    assert ids(output) == ALL
    assert sum(calls.calls.values()) <= 10 + 4


def test_the_first_ctrl_c_waits_for_what_is_in_flight_and_nothing_is_asked_twice(
    source: Path, output: Path
) -> None:
    with counting(0.5) as (server, calls):
        words = ("run", source, "-o", output, "--base-url", url_of(server), "--concurrency", 2)
        process = start(*words)
        wait_for(lambda: bool(calls.calls))
        process.send_signal(signal.SIGINT)
        code, out, told = finish(process)
        assert code == 1
        assert "Waiting for the lines in flight" in told
        assert "lines are left (interrupted)" in told
        assert "done\t" in out
        asked = dict(calls.calls)
        assert sorted(asked) == ids(output)
        assert len(asked) < 10
        assert run(source, output, url_of(server)).exit_code == 0
    assert ids(output) == ALL
    assert set(calls.calls.values()) == {1}


def test_the_second_ctrl_c_ends_it_at_once(source: Path, output: Path) -> None:
    with counting(20.0) as (server, calls):
        process = start("run", source, "-o", output, "--base-url", url_of(server))
        wait_for(lambda: bool(calls.calls))
        process.send_signal(signal.SIGINT)
        assert process.stderr is not None
        assert "Waiting" in process.stderr.readline()
        process.send_signal(signal.SIGINT)
        assert process.wait(5) == -signal.SIGINT
        process.communicate()


def test_a_wrong_key_ends_the_run_and_leaves_the_lines(source: Path, output: Path) -> None:
    statuses = {f"line-{number}": 401 for number in range(10)}
    with counting(statuses=statuses) as (server, calls):
        done = run(source, output, url_of(server), "--concurrency", 1)
        assert done.exit_code == 1
        assert "HTTP 401" in done.stderr
        assert sum(calls.calls.values()) <= 3
        assert ids(output) == []
        calls.statuses.clear()
        assert run(source, output, url_of(server)).exit_code == 0


def test_too_many_failures_end_the_run(source: Path, output: Path) -> None:
    statuses = {f"line-{number}": 400 for number in range(10)}
    with counting(statuses=statuses) as (server, _):
        done = run(source, output, url_of(server), "--concurrency", 1, "--max-failed", 2)
    assert "lines are left (2 errors)" in done.stderr
    assert 2 <= len(ids(output)) <= 4


def test_without_a_key_nothing_is_made(
    source: Path, output: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("GROQ_API_KEY", raising=False)
    done = command("batch", "run", str(source), "-o", str(output))
    assert "GROQ_API_KEY" in done.stderr
    assert [one.name for one in output.parent.iterdir()] == ["in.jsonl"]


def test_in_a_pipe_progress_and_summary_are_plain_lines(source: Path, output: Path) -> None:
    with counting() as (server, _):
        done = run(source, output, url_of(server), "--price-in", 1000, "--price-out", 2000)
    assert "10/10 done, 0 failed, " in done.stderr
    assert "50 tokens, cost 0.0700" in done.stderr
    figures = dict(one.split("\t") for one in done.stdout.splitlines())
    assert figures["lines"] == figures["done"] == "10"
    assert (figures["prompt tokens"], figures["completion tokens"]) == ("30", "20")
    assert figures["cost"] == "0.07"
    assert float(figures["latency p50"]) > 0


def wait_for(true: Callable[[], bool]) -> None:
    """Wait until something is true."""
    end = time.monotonic() + 60
    while not true():
        assert time.monotonic() < end
        time.sleep(0.01)


def test_a_hard_exit_in_the_middle_of_writing_loses_nothing(source: Path, output: Path) -> None:
    """Each line is one write: what a killed process had begun to write stands whole, or not."""
    handler = Counting(0.05)
    with many(handler) as server:
        words = ("run", source, "-o", output, "--base-url", url_of(server), "--concurrency", 2)
        process = start(*words)
        wait_for(lambda: output.exists() and output.stat().st_size > 0)
        os.kill(process.pid, signal.SIGKILL)
        process.communicate()
        assert output.read_bytes().endswith(b"\n")
        assert run(source, output, url_of(server)).exit_code == 0
    assert ids(output) == ALL
