"""Every example of the two pages runs, by copy and paste."""

import re
from pathlib import Path

import pytest

from tests.servers.llama_server import LlamaServer

DOCS = Path(__file__).resolve().parents[2] / "docs"
PAGES = ("structured-output.md", "tools.md")
EXAMPLES = [
    pytest.param(block, id=f"{page}-{number}")
    for page in PAGES
    for number, block in enumerate(
        re.findall(r"```python\n(.*?)```", (DOCS / page).read_text("utf-8"), re.DOTALL), 1
    )
]


@pytest.mark.parametrize("example", EXAMPLES)
def test_every_example_runs_and_prints(
    example: str,
    llama_server: LlamaServer,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("GROQ_API_KEY", "sk-example")
    monkeypatch.setenv("GROQ_BASE_URL", llama_server.base_url)
    exec(compile(example, "docs", "exec"), {"__name__": "example"})  # noqa: S102 - our own page
    assert capsys.readouterr().out.strip()


def test_both_pages_have_examples() -> None:
    assert len(EXAMPLES) >= 6
