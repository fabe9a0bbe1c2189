"""Batches over recordings, and what a client keeps for them."""

import json
import pickle
from pathlib import Path

import pytest

import corechat
from tests.batch.support import counting, line, read_lines, url_of, write_input, write_lines
from tests.cli.support import run, run_on_terminal
from tests.core.support import ScriptedTransport, answer, client_over

ROOT = Path(__file__).resolve().parents[2]


def test_a_batch_is_recorded_and_answered_from_the_recording(tmp_path: Path) -> None:
    source = write_input(tmp_path / "in.jsonl", 12)
    cassette = tmp_path / "tape.json"
    words = ("batch", "run", str(source), "-o")
    with counting() as (server, calls):
        base = ("--base-url", url_of(server))
        done = run(*words, str(tmp_path / "a.jsonl"), *base, "--record", str(cassette))
        assert done.exit_code == 0, done.stderr
    assert sum(calls.calls.values()) == 12
    done = run(*words, str(tmp_path / "b.jsonl"), "--cassette", str(cassette))
    assert done.exit_code == 0, done.stderr
    first, second = (
        {one["custom_id"]: one["response"]["body"] for one in read_lines(tmp_path / name)}
        for name in ("a.jsonl", "b.jsonl")
    )
    assert first == second
    assert len(first) == 12


def test_recording_goes_on_where_a_run_ended(tmp_path: Path) -> None:
    source = write_input(tmp_path / "in.jsonl", 6)
    cassette = tmp_path / "tape.json"
    with counting(statuses={"line-1": 400}) as (server, calls):
        words = ("batch", "run", str(source), "-o", str(tmp_path / "o"), "--concurrency", "1")
        words = (*words, "--base-url", url_of(server), "--record", str(cassette))
        assert "are left (1 errors)" in run(*words, "--max-failed", "1").stderr
        assert 2 <= len(read_lines(tmp_path / "o")) < 6
        assert "are left" not in run(*words).stderr
    assert len(read_lines(tmp_path / "o")) == 6
    assert len(json.loads(cassette.read_bytes())["interactions"]) == 6
    assert set(calls.calls.values()) == {1}


def test_a_line_that_was_not_recorded_fails_alone(tmp_path: Path) -> None:
    recorded = (ROOT / "cassettes/capitals.jsonl").read_text("utf-8").splitlines()[:3]
    source = write_lines(tmp_path / "in.jsonl", [*recorded, line("other")])
    output = tmp_path / "out.jsonl"
    cassette = str(ROOT / "cassettes/capitals.json")
    done = run("batch", "run", str(source), "-o", str(output), "--cassette", cassette)
    assert done.exit_code == 1
    found = {one["custom_id"]: one for one in read_lines(output)}
    assert found["other"]["error"]["code"] == "unmatched_request"
    assert sum(one["error"] is None for one in found.values()) == 3


def test_on_a_terminal_a_bar_counts_to_the_end_and_a_table_follows(tmp_path: Path) -> None:
    code, written = run_on_terminal(
        "batch",
        "run",
        str(ROOT / "cassettes/capitals.jsonl"),
        "-o",
        str(tmp_path / "out.jsonl"),
        "--cassette",
        str(ROOT / "cassettes/capitals.json"),
        "--price-in",
        "1",
        env={"COLUMNS": "150"},
    )
    assert code == 0
    text = written.decode()
    assert "24/24" in text
    assert "885 tokens, cost 0.0007" in text
    assert "│ latency p50" in text


def test_a_client_keeps_bodies_only_where_told_and_they_pickle() -> None:
    body = b'{"choices": [{"message": {"content": "a"}}], "x": 1.50}'
    for kept in (True, False):
        with client_over(ScriptedTransport(answer(body)), keep_bodies=kept) as client:
            reply = client.complete(model="m", messages=[{"role": "user", "content": "a"}])
        assert reply.http.body == (body if kept else b"")
        assert pickle.loads(pickle.dumps(reply)).http == reply.http  # noqa: S301 - our own
        assert "1.50" not in repr(reply.http)


def test_keep_bodies_is_true_or_false() -> None:
    with pytest.raises(corechat.ConfigurationError, match="keep_bodies must be True or False"):
        corechat.Client(base_url="http://127.0.0.1:9/v1", keep_bodies="yes")  # type: ignore[arg-type]
