"""Every example of the page on many requests runs, by copy and paste, against a loopback server."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from corechat.transport import HttpResponse
from tests.core.support import answer, completion
from tests.many.support import many

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "many-requests.md").read_text("utf-8")
BLOCKS = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)


def handler(parameters: dict[str, Any]) -> HttpResponse:
    text = json.dumps({"word": "one"}) if "response_format" in parameters else "One."
    return answer(completion(text))


@pytest.mark.parametrize("number", range(len(BLOCKS)))
def test_every_example_runs(number: int, tmp_path: Path) -> None:
    example = tmp_path / "example.py"  # a file of its own: processes import it
    example.write_text(BLOCKS[number], "utf-8")
    with many(handler) as server:
        done = subprocess.run(  # noqa: S603 - our own page
            [sys.executable, str(example)],
            cwd=tmp_path,
            env={
                **os.environ,
                "GROQ_API_KEY": "sk-example",
                "GROQ_BASE_URL": f"{server.url}/openai/v1",
            },
            capture_output=True,
            text=True,
            timeout=100,
            check=False,
        )
    assert done.returncode == 0, done.stderr
    assert "print" not in BLOCKS[number] or done.stdout.strip()
    assert "failed:" not in done.stdout


def test_the_page_has_its_examples() -> None:
    assert len(BLOCKS) >= 6


def test_the_files_that_it_names_are_there() -> None:
    named = re.findall(r"`(?:python )?(tests/[\w/.]+)", PAGE)
    assert named
    assert [name for name in named if not (ROOT / name).is_file()] == []
