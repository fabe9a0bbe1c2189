"""The page about testing offline: its examples run in order, by copy and paste."""

import re
from pathlib import Path

import pytest

from tests.cassettes.support import serve

PAGE = (Path(__file__).parents[2] / "docs" / "testing-offline.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
SHOWN = re.findall(r"^    (\(.*\))$", PAGE, re.MULTILINE)


def test_the_examples_run_and_show_what_the_page_shows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("cassettes").mkdir()
    with serve() as server, monkeypatch.context() as live:
        live.setenv("GROQ_BASE_URL", server.base_url)
        live.setenv("GROQ_API_KEY", "gsk_" + "Zq7" * 14)
        run(0)
        assert len(server.requests) == 1
    for number in range(len(BLOCKS)):  # from here on without server and key
        run(number)
    said = capsys.readouterr().out.splitlines()
    assert said.count("You said: Name 3 colors.") == 2
    assert SHOWN
    assert all(line in said for line in SHOWN)


def run(number: int) -> None:
    exec(compile(BLOCKS[number], f"testing-offline.md, example {number + 1}", "exec"), {})  # noqa: S102 - our own page
