"""What status and report make of a run's journal."""

import json
import re
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest
from pydantic_core import to_json

from corechat._batch.summary import Summary
from tests.cli.support import run


@pytest.fixture
def output(tmp_path: Path) -> Path:
    """Write the journal of a run of two parts, 1000 s between them; line 3 was asked twice."""
    records: list[object] = [
        {"corechat_batch": 1, "sha256": "0", "lines": 5, "errors": False},
        {"began": 100.0},
        [1, 101.0, 0.5, 0.0, 1, 10, 20, ""],
        [2, 102.0, 1.5, 0.0, 2, 10, 30, ""],
        [3, 104.0, 3.0, 0.0, 3, 0, 0, "HTTP 429"],
        {"began": 1104.0},
        [3, 1105.0, 0.7, 0.0, 1, 10, 40, ""],
        [4, 1106.0, 0.2, 0.0, 1, 0, 0, "request_timeout"],
    ]
    path = tmp_path / "out <1>.jsonl"
    journal = path.with_name(path.name + ".journal")
    journal.write_bytes(b"".join(to_json(one) + b"\n" for one in records) + b"[5, 11")
    return path


def test_a_summary_counts_lines_once_and_leaves_interruptions_out(output: Path) -> None:
    found = Summary.read(output)
    assert (found.lines, found.ended, found.failed) == (5, 4, 1)
    assert found.seconds == 6.0
    assert list(found.ends) == [1.0, 2.0, 4.0, 5.0, 6.0]
    assert (found.prompt_tokens, found.completion_tokens, found.attempts) == (30, 90, 8)
    assert found.errors == {"HTTP 429": 1, "request_timeout": 1}
    assert [found.percentile(percent) for percent in (1, 50, 90, 100)] == [0.2, 0.7, 3.0, 3.0]


def test_status_says_how_far_it_is(output: Path) -> None:
    done = run("batch", "status", str(output), "--json", "--price-in", "2", "--price-out", "10")
    found = json.loads(done.stdout)
    assert found["state"] == "interrupted"
    assert (found["lines"], found["done"], found["failed"]) == (5, 4, 1)
    assert found["cost"] == pytest.approx((30 * 2 + 90 * 10) / 1e6)
    assert found["errors"] == {"HTTP 429": 1, "request_timeout": 1}
    assert run("batch", "status", str(output)).stdout.startswith("interrupted\n")


@pytest.mark.parametrize("command", ["status", "report"])
def test_an_output_without_a_journal_is_an_error(tmp_path: Path, command: str) -> None:
    done = run("batch", command, str(tmp_path / "out.jsonl"))
    assert done.exit_code == 1
    assert "is not the output of a run here" in done.stderr


class Page(HTMLParser):
    """Collect what a page would load, its tags, and its texts."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.loaded: list[str] = []
        self.tags: set[str] = set()
        self.texts: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note the tag, and links that are not into the page itself."""
        self.tags.add(tag)
        for name, value in attrs:
            if name in {"src", "href", "xlink:href", "data"} and not (value or "").startswith("#"):
                self.loaded.append(f"{tag} {name}={value}")

    def handle_data(self, data: str) -> None:
        """Note the text."""
        self.texts.append(data.strip())


def test_a_report_is_one_page_that_loads_nothing(output: Path) -> None:
    done = run("batch", "report", str(output), "--price-in", "1", "--price-out", "1")
    assert done.exit_code == 0, done.stderr
    path = output.with_name(output.name + ".html")
    assert done.stdout.strip() == str(path)
    text = path.read_text("utf-8")
    page = Page(text)
    assert page.loaded == []
    assert "script" not in page.tags
    assert "svg" in page.tags
    assert not re.search(r"@import|url\((?!#)", text)
    assert "default-src 'none'" in text
    for said in ("out <1>.jsonl", "p50: 0.7 s", "Throughput", "HTTP 429", "request_timeout"):
        assert said in page.texts
    assert "cost" in page.texts
    assert len(text) < 200_000


def test_a_report_without_matplotlib_says_what_to_install(
    output: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    done = run("batch", "report", str(output))
    assert "pip install 'corechat[report]'" in done.stderr


def test_a_run_without_a_call_has_nothing_to_plot(tmp_path: Path) -> None:
    header = {"corechat_batch": 1, "sha256": "0", "lines": 5, "errors": False}
    (tmp_path / "o.journal").write_bytes(to_json(header) + b"\n")
    assert "nothing to plot" in run("batch", "report", str(tmp_path / "o")).stderr
    found = json.loads(run("batch", "status", str(tmp_path / "o"), "--json").stdout)
    assert (found["state"], found["done"]) == ("interrupted", 0)
