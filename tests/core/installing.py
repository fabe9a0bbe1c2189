"""The fixture `install`: distributions for the time of a test."""

import itertools
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from corechat.plugins._entries import all_entries

Install = Callable[..., str]
_numbers = itertools.count()


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Install]:
    """Install distributions for the time of a test: name, entry points, source of one module."""
    made: list[str] = []

    def install(name: str, *entries: str, source: str = "", version: str = "1.0") -> str:
        """Give the name of the module that holds the source."""
        module = f"corechat_test_plugin_{next(_numbers)}"
        folder = tmp_path / name
        info = folder / f"{name.replace('-', '_')}-{version}.dist-info"
        info.mkdir(parents=True)
        (info / "METADATA").write_text(
            f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n", "utf-8"
        )
        lines = "".join(f"{entry} = {module}\n" for entry in entries)
        (info / "entry_points.txt").write_text(f"[corechat]\n{lines}", "utf-8")
        (folder / f"{module}.py").write_text(source, "utf-8")
        monkeypatch.syspath_prepend(str(folder))
        all_entries.cache_clear()
        made.append(module)
        return module

    yield install
    for module in made:
        sys.modules.pop(module, None)
    monkeypatch.undo()
    all_entries.cache_clear()
