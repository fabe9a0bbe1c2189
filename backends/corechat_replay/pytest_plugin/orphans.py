"""Orphans: the cassettes that no test used."""

import os
import sys
from collections.abc import Iterable
from pathlib import Path

import pytest

from corechat_replay.cassette.writer import HEAD
from corechat_replay.pytest_plugin.options import FOLDER, cassette_folder, cassettes_of

_OUTPUT = "corechat_orphans"
_SUFFIXES = (".json", ".yaml", ".yml")


class Orphans:
    """Collect what tests claim and what they read, and list what is left.

    Under pytest-xdist each worker hands its part to the controller, which has no tests itself.
    """

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._used: set[str] = set()
        self._modules: set[str] = set()
        self._folders: set[str] = set()
        self._listening = True
        sys.addaudithook(self._hear)

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Note which cassettes the tests claim, before any is deselected."""
        for item in items:
            self._modules.add(str(item.path))
            self._folders.add(str(cassette_folder(item)))
        self._used.update(map(os.path.realpath, cassettes_of(items)))

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self) -> None:
        """Hand a worker's part over."""
        self._listening = False
        output = getattr(self._config, "workeroutput", {})
        output[_OUTPUT] = [sorted(part) for part in self._parts()]

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: object) -> None:
        """Take a worker's part."""
        received = getattr(node, "workeroutput", {}).get(_OUTPUT, ())
        for part, more in zip(self._parts(), received, strict=False):
            part.update(more)

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """List the cassettes that are left."""
        terminalreporter.section("cassettes that no test used")
        if any("::" in arg for arg in self._config.args):
            terminalreporter.line("not known: some tests were picked by their names")
            return
        orphans = sorted(self._find())
        for path in orphans:
            terminalreporter.line(os.path.relpath(path, self._config.invocation_params.dir))
        terminalreporter.line(f"{len(orphans)} in {len(self._folders)} folders")

    def _parts(self) -> tuple[set[str], set[str], set[str]]:
        return self._used, self._modules, self._folders

    def _find(self) -> Iterable[str]:
        for folder in self._folders:
            for file in Path(folder).rglob("*"):
                if file.suffix not in _SUFFIXES or os.path.realpath(file) in self._used:
                    continue
                if not self._is_of_other_test(file) and _is_ours(file):
                    yield str(file)

    def _is_of_other_test(self, file: Path) -> bool:
        # cassettes/MODULE/TEST.json, and MODULE.py was not collected this time
        folder = file.parent.parent
        module = folder.parent / f"{file.parent.name}.py"
        return folder.name == FOLDER and str(module) not in self._modules and module.is_file()

    def _hear(self, event: str, args: tuple[object, ...]) -> None:
        path = args[0] if event == "open" and self._listening else None
        if isinstance(path, str) and path.endswith(_SUFFIXES):
            self._used.add(os.path.realpath(path))


def _is_ours(file: Path) -> bool:  # the folders may hold other tools' files too
    try:
        with file.open("rb") as opened:
            return opened.read(len(HEAD)) == HEAD
    except OSError:
        return False
