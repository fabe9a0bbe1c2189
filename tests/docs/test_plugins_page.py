"""Every example of the page on plugins runs, and it speaks of every hook."""

import re
from pathlib import Path

import pytest

from corechat.plugins import _hookspecs as hookspecs

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "plugins.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
SAID = [
    "{'SmolLM2-135M-Instruct': 36}",
    "1 attempt, ",
    "200",
    "http://localhost:8080/v1/chat/completions",
    "OpenAI 120.0",
]


@pytest.mark.parametrize("number", range(len(BLOCKS)))
def test_every_example_runs(
    number: int, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)
    exec(compile(BLOCKS[number], f"plugins.md example {number + 1}", "exec"), {})  # noqa: S102 - our own page
    assert capsys.readouterr().out.startswith(SAID[number])


def test_the_page_speaks_of_every_hook() -> None:
    hooks = {name for name in vars(hookspecs) if name.startswith("corechat_")}
    assert set(re.findall(r"^\| `(\w+)` ", PAGE, re.MULTILINE)) == hooks


@pytest.mark.source_tree
def test_every_link_of_the_page_leads_somewhere() -> None:
    for target in re.findall(r"\]\(([^)#]+)", PAGE):
        if not target.startswith("http"):
            assert (ROOT / "docs" / target).exists(), target
