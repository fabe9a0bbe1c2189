"""Every command of the page on batches runs, one after the other, against a loopback provider."""

import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from tests.batch.provider import KEY, Provider
from tests.core.support import serve_by

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "batch.md").read_text("utf-8")
COMMANDS = [
    command
    for block in re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL)
    for command in block.splitlines()
]
TEMPLATE = {"model": "m", "messages": [{"role": "user", "content": "Where is ${country}?"}]}


def run(command: str, place: Path) -> "subprocess.CompletedProcess[str]":
    """Run a command as a shell would."""
    program, *words = shlex.split(command)
    assert program == "corechat"
    return subprocess.run(  # noqa: S603 - our own page
        [sys.executable, "-m", "corechat", *words],
        cwd=place,
        env=dict(os.environ),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_every_command_runs_in_its_turn(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "cassettes").symlink_to(ROOT / "cassettes")
    (tmp_path / "countries.csv").write_text("country\nFrance\nPeru\n")
    (tmp_path / "template.json").write_text(json.dumps(TEMPLATE))
    provider = Provider()
    provider.polls = ["completed"]
    with serve_by(provider.script) as server:
        monkeypatch.setenv("GROQ_API_KEY", KEY)
        monkeypatch.setenv("GROQ_BASE_URL", f"{server.url}/v1")
        for command in COMMANDS:
            done = run(command, tmp_path)
            assert done.returncode == 0, f"{command}: {done.stderr}"
    assert (tmp_path / "out.jsonl.html").stat().st_size > 10_000
    for name, lines in {"answers": 24, "out": 2, "err": 0, "theirs": 2}.items():
        assert len((tmp_path / f"{name}.jsonl").read_bytes().splitlines()) == lines


def test_every_subcommand_has_a_command_on_the_page() -> None:
    done = run("corechat batch --help", ROOT)
    listed = re.findall(r"^  (\w+) ", done.stdout.partition("Commands:")[2], re.MULTILINE)
    assert len(listed) == 8
    assert {shlex.split(command)[2] for command in COMMANDS} == set(listed)


def test_the_line_of_an_input_is_one(tmp_path: Path) -> None:
    (line,) = re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL)
    (tmp_path / "in.jsonl").write_text(line)
    assert run("corechat batch check in.jsonl", tmp_path).returncode == 0
