"""A batch's input out of rows and a template."""

import json
from pathlib import Path

import pytest

from tests.batch.support import read_lines
from tests.cli.support import run


def build(rows: Path, output: Path, *more: str) -> tuple[int, str]:
    """Build, and return the exit code and standard error."""
    done = run("batch", "build", str(rows), "-o", str(output), *more)
    return done.exit_code, done.stderr


def test_rows_of_a_csv_fill_a_prompt(tmp_path: Path) -> None:
    rows, output = tmp_path / "rows.csv", tmp_path / "in.jsonl"
    rows.write_text('\ufeffid,text\r\na,"One, two"\r\nb,"$5 and ""three"""\r\n', "utf-8")
    prompts = ("--prompt", "Translate: ${text} ($$1)", "--system", "Be ${id}.")
    code, told = build(rows, output, "--model", "m", *prompts, "--id", "id")
    assert (code, told) == (0, "")
    first, second = read_lines(output)
    assert first == {
        "custom_id": "a",
        "method": "POST",
        "url": "/v1/chat/completions",
        "body": {
            "model": "m",
            "messages": [
                {"role": "system", "content": "Be a."},
                {"role": "user", "content": "Translate: One, two ($1)"},
            ],
        },
    }
    assert second["body"]["messages"][1]["content"] == 'Translate: $5 and "three" ($1)'


def test_rows_of_json_lines_fill_a_template_and_a_whole_text_takes_the_value_itself(
    tmp_path: Path,
) -> None:
    rows, template, output = (tmp_path / n for n in ("rows.jsonl", "t.json", "in.jsonl"))
    rows.write_text('{"q": "Hi", "t": 0.5, "stop": ["a"]}\n\n{"q": "Ho", "t": 1, "stop": null}\n')
    body = {
        "model": "m",
        "messages": [{"role": "user", "content": "${q} {x} ${t}"}],
        "temperature": "${t}",
        "stop": "${stop}",
    }
    template.write_text(json.dumps(body))
    assert build(rows, output, "--template", str(template)) == (0, "")
    first, second = read_lines(output)
    assert (first["custom_id"], second["custom_id"]) == ("request-1", "request-3")
    assert first["body"] == {
        "model": "m",
        "messages": [{"role": "user", "content": "Hi {x} 0.5"}],
        "temperature": 0.5,
        "stop": ["a"],
    }


@pytest.mark.parametrize(
    ("name", "text", "more", "told"),
    [
        ("r.csv", "a,b\n1,2\n", ["--prompt", "${c}"], "Row 1 does not have the column 'c'"),
        ("r.csv", "name\n1\n", ["--prompt", "${nmae}"], "Did you mean 'name'?"),
        ("r.csv", "a,b\n1,2\n1\n", ["--prompt", "${a}"], "row 2 has another number of columns"),
        ("r.csv", "a\n\xff\n", ["--prompt", "${a}"], "cannot be read"),
        ("r.jsonl", "{\n", ["--prompt", "x"], "row 1 is not JSON"),
        ("r.jsonl", "[]\n", ["--prompt", "x"], "row 1 is not an object"),
        ("r.jsonl", "", ["--prompt", "x"], "not one request"),
        ("r.csv", "a\nx\nx\n", ["--prompt", "${a}", "--id", "a"], "'x' is there twice"),
    ],
)
def test_what_is_wrong_with_rows_is_told_and_nothing_is_left_behind(
    tmp_path: Path, name: str, text: str, more: list[str], told: str
) -> None:
    rows, output = tmp_path / name, tmp_path / "in.jsonl"
    rows.write_bytes(text.encode("latin-1"))
    code, said = build(rows, output, "--model", "m", *more)
    assert code == 1
    assert told in said
    assert not output.exists()


def test_what_is_there_is_not_written_over(tmp_path: Path) -> None:
    rows, output = tmp_path / "r.csv", tmp_path / "in.jsonl"
    rows.write_text("a\n1\n")
    output.write_text("mine")
    code, told = build(rows, output, "--model", "m", "--prompt", "${a}")
    assert code == 1
    assert "is there already" in told
    assert output.read_text() == "mine"


@pytest.mark.parametrize("more", ["", "--model m", "--template t --model m --prompt p"])
def test_a_template_or_model_and_prompt_must_be_given(tmp_path: Path, more: str) -> None:
    code, told = build(tmp_path / "r.csv", tmp_path / "o", *more.split())
    assert code == 2
    assert "Give --template, or --model and --prompt" in told
