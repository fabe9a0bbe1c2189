"""Runs of pytest inside the tests, and a live server for them to record from."""

import os
from collections.abc import Iterator
from pathlib import Path

import aiohttp
import openai
import pytest

from corechat_aiohttp import session as _aiohttp
from corechat_httpx import transport as _httpx
from corechat_replay.pytest_plugin import orphans, session
from tests.cassettes.support import ChatServer, serve

# a run inside a test forgets the modules that it is the first to import; these take seconds
IMPORTED = (aiohttp, openai, _aiohttp, _httpx, orphans, session)
# hypothesis imports itself at the end of each run
QUICK = ("-p", "no:cacheprovider", "-p", "no:hypothesispytest")
# what other plugins import takes each worker seconds
LOADED = ("-p", "xdist.plugin", "-p", "corechat_replay.pytest_plugin")
KEY = "gsk_PLANTED0123456789abcdefghijklmnop"


@pytest.fixture
def live(monkeypatch: pytest.MonkeyPatch) -> Iterator[ChatServer]:
    """Run a server that stands for Groq: it answers with what it is asked."""
    with serve() as server:
        monkeypatch.setenv("GROQ_BASE_URL", server.base_url)
        monkeypatch.setenv("GROQ_API_KEY", KEY)
        yield server


class Project:
    """A stranger's project with tests, run in this process."""

    def __init__(self, pytester: pytest.Pytester) -> None:
        self.pytester = pytester
        self.folder = pytester.path / "tests" / "cassettes"

    def write(self, source: str, name: str = "test_it.py") -> None:
        """Write a test module; ``ask(client, prompt)`` is there already."""
        path = self.pytester.path / "tests" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(
            "import pytest\n"
            "def ask(client, prompt, **params):\n"
            "    messages = [{'role': 'user', 'content': prompt}]\n"
            "    return client.complete(model='m', messages=messages, **params).text\n" + source
        )

    def run(self, *options: str) -> pytest.RunResult:
        return self.pytester.runpytest_inprocess(*QUICK, *options)

    def run_workers(self, *options: str) -> pytest.RunResult:
        """Run in two workers of xdist, beside which no other plugin is loaded."""
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
            return self.pytester.runpytest_subprocess(
                "-n2", "-p", "no:cacheprovider", *LOADED, *options, timeout=100
            )

    def record(self, mode: str = "once", *options: str) -> pytest.RunResult:
        return self.run(f"--corechat-record={mode}", *options)

    def cassettes(self) -> list[str]:
        """Give every file in the cassette folder, temporary ones too."""
        files = [Path(root) / name for root, _, names in os.walk(self.folder) for name in names]
        return sorted(file.relative_to(self.folder).as_posix() for file in files)

    def text(self, name: str) -> str:
        return (self.folder / name).read_text()


@pytest.fixture
def project(pytester: pytest.Pytester) -> Project:
    """Give an empty project."""
    return Project(pytester)
