"""The subcommands that plugins bring: whose are asked, and what a broken one does."""

from importlib.metadata import EntryPoint
from types import SimpleNamespace

import click
import pytest

import corechat._cli.app
from corechat._cli.app import app
from corechat.plugins import _entries as entries_module
from corechat.plugins import hookimpl
from tests.cli.support import runner


@click.command()
def hail() -> None:
    """Say hail."""
    click.echo("hail")


@click.command("chat")
def usurper() -> None:
    """Take the place of chat."""
    click.echo("usurped")


class Hailing:
    """A plugin with two commands, one of which has a name that is taken."""

    @staticmethod
    @hookimpl
    def corechat_register_commands() -> list[object]:
        return [hail, usurper, "no command"]


class Broken:
    """A plugin that fails."""

    @staticmethod
    @hookimpl
    def corechat_register_commands() -> list[object]:
        raise RuntimeError("out of \x1b order")


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Install two third parties' plugins beside corechat's own."""

    def entry(name: str) -> EntryPoint:
        found = EntryPoint(name, f"{__name__}:{name.title()}", entries_module.GROUP)
        vars(found)["dist"] = SimpleNamespace(name=f"corechat-{name}", version="1")
        return found

    plugins: dict[str, object] = {"hailing": Hailing, "broken": Broken}
    known = (*entries_module.all_entries(), *map(entry, plugins))
    load = entries_module.load
    monkeypatch.setattr(entries_module, "all_entries", lambda: known)
    monkeypatch.setattr(corechat._cli.app, "load", lambda name: plugins.get(name) or load(name))


def test_help_lists_the_command_of_the_plugin_replay() -> None:
    result = runner().invoke(app, ["--help"])
    assert "\n  cassette " in result.stdout
    assert result.stderr == ""


@pytest.mark.usefixtures("installed")
def test_a_plugin_that_is_only_installed_is_not_asked() -> None:
    assert runner().invoke(app, ["hail"]).exit_code == 2
    assert "hail" not in runner().invoke(app, ["--help"]).output


@pytest.mark.usefixtures("installed")
def test_a_plugin_that_is_named_brings_its_commands(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CORECHAT_PLUGINS", "hailing, nobody,")
    assert runner().invoke(app, ["hail"]).stdout == "hail\n"
    assert "\n  hail " in runner().invoke(app, ["--help"]).stdout


@pytest.mark.usefixtures("installed")
def test_no_plugin_takes_the_name_of_a_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CORECHAT_PLUGINS", "hailing")
    shown = runner().invoke(app, ["chat", "--help"]).stdout
    assert "Print prompt, answer, tokens and origin." in shown


@pytest.mark.usefixtures("installed")
def test_a_broken_plugin_is_told_of_once_and_stops_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CORECHAT_PLUGINS", "broken,hailing")
    result = runner().invoke(app, ["--help"])
    assert "\n  hail " in result.stdout
    (line,) = result.stderr.splitlines()
    assert line.startswith("corechat: The plugin 'broken'")
    assert line.endswith("fails to register: RuntimeError: out of \\x1b order")
