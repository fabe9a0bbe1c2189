"""The benchmarks run, and the page shows the figures that lie beside it. No speed is asserted."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"

pytestmark = [pytest.mark.slow, pytest.mark.source_tree]


def bench(*words: str) -> None:
    command = [sys.executable, "-W", "error", "tests/benchmarks/bench.py", *words]
    subprocess.run(command, cwd=ROOT, check=True, timeout=110)  # noqa: S603 - our own script


def test_parts_can_be_measured_alone(tmp_path: Path) -> None:
    bench("core", "memory", "--scale", "0.01", "--docs", str(tmp_path))
    page = (tmp_path / "performance.md").read_text("utf-8")
    found = json.loads((tmp_path / "performance" / "figures.json").read_text())
    assert set(found) == {"core", "memory"}
    assert {file.name for file in (tmp_path / "performance").glob("*.svg")} == {
        "core.svg",
        "memory.svg",
    }
    assert "| corechat pyreqwest |" in page


def test_the_page_shows_the_figures_that_lie_beside_it(tmp_path: Path) -> None:
    (tmp_path / "performance").mkdir()
    shutil.copy(DOCS / "performance" / "figures.json", tmp_path / "performance")
    bench("--draw", "--docs", str(tmp_path))
    page = (tmp_path / "performance.md").read_text("utf-8")
    assert page == (DOCS / "performance.md").read_text("utf-8")
    drawn = {file.name for file in (tmp_path / "performance").glob("*.svg")}
    assert drawn == {file.name for file in (DOCS / "performance").glob("*.svg")}
    assert all(f"(performance/{name})" in page for name in drawn)


def test_a_part_that_does_not_exist_is_refused_with_those_that_do() -> None:
    command = [sys.executable, "tests/benchmarks/bench.py", "speed"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)  # noqa: S603 - our own script
    assert done.returncode == 2
    assert "no such part: speed" in done.stderr
    assert "threads" in done.stderr
