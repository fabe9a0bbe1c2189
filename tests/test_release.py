"""What is released: one version, the same bytes each time, workflows that are pinned."""

import hashlib
import os
import re
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

import corechat

ROOT = Path(__file__).resolve().parents[1]
WORKFLOWS = sorted((ROOT / ".github").rglob("*.yml"))

pytestmark = [pytest.mark.source_tree, pytest.mark.slow]


def build(source: Path, out: Path, *kinds: str) -> dict[str, str]:
    """Build distributions of a source tree: file name to digest."""
    words = [sys.executable, "-m", "build", "--no-isolation", *kinds, "-o", str(out), str(source)]
    environment = {**os.environ, "SOURCE_DATE_EPOCH": "1700000000"}
    subprocess.run(  # noqa: S603 - our own source
        words, env=environment, check=True, capture_output=True, timeout=100
    )
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in out.iterdir()}


def test_the_same_source_gives_the_same_bytes_and_the_sdist_the_same_wheel(tmp_path: Path) -> None:
    first = build(ROOT, tmp_path / "first", "--sdist", "--wheel")
    assert build(ROOT, tmp_path / "second", "--sdist", "--wheel") == first
    (sdist,) = (tmp_path / "first").glob("*.tar.gz")
    with tarfile.open(sdist) as archive:
        archive.extractall(tmp_path / "source", filter="data")
    again = build(tmp_path / "source" / sdist.name.removesuffix(".tar.gz"), tmp_path / "third")
    assert again == first
    words = [sys.executable, "-m", "twine", "check", "--strict", *(tmp_path / "first").iterdir()]
    subprocess.run(words, check=True, capture_output=True, timeout=60)  # noqa: S603 - our own files


def test_the_version_stands_in_the_citation_and_in_the_changes() -> None:
    version = re.escape(corechat.__version__)
    assert re.search(rf"(?m)^version: {version}$", (ROOT / "CITATION.cff").read_text("utf-8"))
    assert re.search(rf"(?m)^## {version} \(", (ROOT / "CHANGELOG.md").read_text("utf-8"))


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_every_action_is_pinned_by_its_commit_and_names_its_version(path: Path) -> None:
    for line in path.read_text("utf-8").splitlines():
        if "uses:" in line:
            assert re.search(r"uses: [\w/-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$", line), line


def test_the_workflows_test_every_python_that_is_declared() -> None:
    project = (ROOT / "pyproject.toml").read_text("utf-8")
    tests = (ROOT / ".github/workflows/tests.yml").read_text("utf-8")
    declared = re.findall(r'"Programming Language :: Python :: (3\.\d+)"', project)
    assert re.findall(r'"(3\.\d+)"', re.findall(r"python: \[(.*)\]", tests)[0]) == declared
