"""What is wrong in an input, by line and path, before anything is paid."""

import json
from pathlib import Path

import pytest

from tests.batch.support import counting, line, url_of, write_lines
from tests.cli.support import run

ASKED: list[dict[str, object]] = [{"role": "user", "content": "a"}]
WRONG = [
    line("good"),
    "{",
    "[]",
    line(""),
    line("get", method="GET"),
    line("embeddings", url="/v1/embeddings"),
    line("no body", body=[]),
    line("typo", body={"model": "m", "messages": ASKED, "temprature": 1}),
    line(
        "deep",
        body={"model": "m", "messages": [*ASKED, {"content": "b"}]},
    ),
    {**line("extra"), "custom": 1},
    line("good"),
    line(
        "stream",
        body={"model": "m", "messages": ASKED, "stream": True},
    ),
    line("sdk", body={"model": "m", "messages": [], "extra_body": {}}),
]


def test_every_wrong_line_is_told_with_its_number_and_path(tmp_path: Path) -> None:
    source = write_lines(tmp_path / "in.jsonl", WRONG)
    done = run("batch", "check", str(source))
    assert done.exit_code == 1
    told = done.stdout.replace(f"{source}: ", "").splitlines()
    places = [one.split(": ")[:2] for one in told]
    assert places == [
        ["line 2", "it is not JSON"],
        ["line 3", "it is not an object"],
        ["line 4", "custom_id"],
        ["line 5", "method"],
        ["line 6", "url"],
        ["line 7", "body"],
        ["line 8", "body.temprature"],
        ["line 9", "body.messages[1].role"],
        ["line 10", "custom"],
        ["line 11", "custom_id"],
        ["line 12", "body.stream"],
        ["line 13", "body.extra_body"],
    ]
    assert "did you mean 'temperature'?" in done.stdout
    assert "'good' is there twice" in done.stdout
    assert "1 lines can be sent, 12 problems" in done.stderr


def test_a_cut_last_line_is_told_as_such(tmp_path: Path) -> None:
    source = tmp_path / "in.jsonl"
    source.write_text(json.dumps(line("a")) + "\n" + json.dumps(line("b"))[:40])
    done = run("batch", "check", str(source))
    assert "line 2: it is not JSON" in done.stdout
    assert "is it cut?" in done.stdout


def test_a_mark_at_the_beginning_blank_lines_and_a_missing_last_newline_are_fine(
    tmp_path: Path,
) -> None:
    source = tmp_path / "in.jsonl"
    text = f"\ufeff{json.dumps(line('a'))}\r\n\n{json.dumps(line('b'))}"
    source.write_text(text, "utf-8")
    done = run("batch", "check", str(source))
    assert (done.exit_code, done.stdout) == (0, "")
    assert "2 lines can be sent" in done.stderr


def test_a_word_that_is_nearly_one_of_the_apis_is_a_warning(tmp_path: Path) -> None:
    body = {"model": "m", "messages": [{"role": "user", "content": "a", "nmae": "x"}]}
    source = write_lines(tmp_path / "in.jsonl", [line("a", body=body)])
    done = run("batch", "check", str(source))
    assert done.exit_code == 0
    assert "line 1: body: " in done.stdout
    assert "warning" in done.stdout


@pytest.mark.parametrize("lines", [[], ["", ""]])
def test_an_empty_input_is_refused(tmp_path: Path, lines: list[str]) -> None:
    done = run("batch", "check", str(write_lines(tmp_path / "in.jsonl", lines)))
    assert done.exit_code == 1
    assert "not one request" in done.stdout


def test_a_missing_input_is_an_error_that_names_it(tmp_path: Path) -> None:
    done = run("batch", "check", str(tmp_path / "none.jsonl"))
    assert done.exit_code == 1
    assert "none.jsonl cannot be read: No such file or directory" in done.stderr


def test_nothing_is_sent_of_an_input_with_a_wrong_line(tmp_path: Path) -> None:
    source = write_lines(tmp_path / "in.jsonl", WRONG)
    output = tmp_path / "out.jsonl"
    with counting() as (server, calls):
        done = run("batch", "run", str(source), "-o", str(output), "--base-url", url_of(server))
    assert done.exit_code == 1
    assert "nothing was sent, since line 2: it is not JSON" in done.stderr
    assert "and 7 more" in done.stderr
    assert not calls.calls
    assert not output.exists()


def test_unknown_fields_are_sent_when_allowed(tmp_path: Path) -> None:
    body = {"model": "m", "messages": ASKED, "top_k": 5}
    source = write_lines(tmp_path / "in.jsonl", [line("a", body=body)])
    output = tmp_path / "out.jsonl"
    assert run("batch", "check", str(source)).exit_code == 1
    with counting() as (server, calls):
        arguments = ("batch", "run", str(source), "-o", str(output), "--base-url", url_of(server))
        assert run(*arguments, "--allow-unknown").exit_code == 0
    assert calls.asked == [body]
