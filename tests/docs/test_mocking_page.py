"""The page on mocking: its tests pass, offline and without a key, and it says what is so."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cassettes.support import chat, interaction, write

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "mocking.md").read_text("utf-8")
FILES = dict(re.findall(r"```python\n# (\S+)\n(.*?)```", PAGE, re.DOTALL))


def test_every_block_is_a_file_and_its_tests_pass(tmp_path: Path) -> None:
    assert len(FILES) == PAGE.count("```python")
    for name, text in FILES.items():
        (tmp_path / name).write_text(text, "utf-8")
    recorded = tmp_path / "cassettes" / "test_recorded"
    recorded.mkdir(parents=True)
    asked = chat("Name the capital of France, in one word.")
    write(recorded / "test_code_that_makes_its_own_client.json", interaction(asked, "Paris."))
    environment = {name: value for name, value in os.environ.items() if "API_KEY" not in name}
    words = ["-m", "pytest", "-q", "-W", "error", "-p", "no:cacheprovider", "-p", "no:randomly"]
    done = subprocess.run(  # noqa: S603 - our own page
        [sys.executable, *words, f"--rootdir={tmp_path}", str(tmp_path)],
        cwd=tmp_path,
        env={**environment, "PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    written = sum(text.count("\ndef test_") for text in FILES.values())
    counts = pytest.RunResult.parse_summary_nouns(done.stdout.splitlines())
    assert counts == {"passed": written}


def test_a_mocked_429_takes_at_most_six_lines() -> None:
    (body,) = re.findall(r"^def test_a_busy_server.*?\n\n", PAGE, re.DOTALL | re.MULTILINE)
    assert len(body.strip().splitlines()) <= 6


def test_code_that_makes_its_own_client_takes_three_lines_at_most() -> None:
    bodies = re.findall(
        r"^def test_code_that_makes_its_own.*?(?=```)", PAGE, re.DOTALL | re.MULTILINE
    )
    assert [len(body.strip().splitlines()) for body in bodies] == [3, 2]


@pytest.mark.source_tree
def test_every_link_of_the_page_leads_somewhere() -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", PAGE):
        assert (ROOT / "docs" / target).exists(), target
