"""corechat plugins: what is there, whose it is, what is broken; and a command without extras."""

import json
from typing import Any

import pytest

from tests.cli.support import run, run_process
from tests.core.installing import Install
from tests.core.support import run_python


def rows() -> dict[str, dict[str, str]]:
    result = run("plugins", "--json")
    assert result.exit_code == 0
    listed: list[dict[str, str]] = json.loads(result.stdout)
    return {row["name"]: row for row in listed}


def test_the_built_in_backends_are_listed_with_their_distribution() -> None:
    listed = rows()
    for name in ("aiohttp", "httpx", "httpx2", "llamacpp", "replay"):
        assert listed[name]["distribution"] == "corechat"
        assert "backend" in listed[name]["kind"]
        assert listed[name]["state"] == "ok"
    table = run("plugins").stdout
    assert "httpx2" in table
    assert "distribution" in table


def test_a_broken_plugin_is_told_of_and_stops_nobody(install: Install) -> None:
    install("corechat-broken", "broken", source="raise ValueError('boom \\x1b[2J')")
    install("corechat-exit", "exit", source="raise SystemExit(3)")
    install("corechat-odd", "odd", source="def corechat_register_backends(): ...")
    install("corechat-thief", "httpx", source="")
    listed = rows()
    assert "boom" in listed["broken"]["state"]
    assert listed["broken"]["distribution"] == "corechat-broken"
    assert "broken" in listed["exit"]["state"]
    assert "2 distributions" in listed["httpx"]["state"]
    assert listed["replay"]["state"] == "ok"
    table = run("plugins")
    assert table.exit_code == 0
    assert "\x1b[2J" not in table.stdout


def test_a_disabled_plugin_is_listed_as_such(
    install: Install,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    install("corechat-odd", "odd", source="raise SystemExit")
    monkeypatch.setenv("CORECHAT_DISABLE_PLUGINS", "odd")
    assert "disabled" in rows()["odd"]["state"]


def test_a_backend_whose_library_is_missing_shows_the_line_to_install_it(
    install: Install,
) -> None:
    source = """
from corechat.plugins import hookimpl
from corechat.transport._factory import needs

@needs("no_such_library", "corechat-needy[all]")
def make(options): ...

@hookimpl
def corechat_register_backends():
    return {"needy": make}
"""
    install("corechat-needy", "needy", source=source)
    assert "pip install 'corechat-needy[all]'" in rows()["needy"]["state"]


def test_the_table_is_whole_in_a_process_of_its_own() -> None:
    done = run_process("plugins", env={"COLUMNS": "100"})
    assert done.returncode == 0
    assert done.stderr == b""
    assert b"replay" in done.stdout


WITHOUT = """
import sys
from importlib.machinery import PathFinder

class Missing(PathFinder):
    @classmethod
    def find_spec(cls, name, path=None, target=None):
        return None if name in {missing!r} else super().find_spec(name, path, target)

sys.meta_path[:] = [one for one in sys.meta_path if one is not PathFinder] + [Missing]
from corechat._cli import main
sys.argv = ["corechat", "plugins"]
try:
    main()
except SystemExit as stop:
    print(stop.code)
"""


@pytest.mark.parametrize("missing", [["click"], ["rich"], ["click", "rich"]])
def test_without_its_libraries_the_command_gives_the_line_to_install_them(missing: Any) -> None:
    done = run_python(WITHOUT.replace("{missing!r}", repr(missing)))
    assert done.stdout.strip() == b"2"
    assert b"pip install 'corechat[cli]'" in done.stderr
    for name in missing:
        assert name.encode() in done.stderr
