"""The group of subcommands."""

import logging
import os
from collections.abc import Iterable
from importlib import import_module
from typing import cast

import click

from corechat._call.parts import PLUGINS_VARIABLE
from corechat._cli.chat import chat
from corechat._cli.plugins import plugins
from corechat._errors.text import escape_controls
from corechat._providers.environment import names_in
from corechat._version import __version__
from corechat.errors import CorechatError
from corechat.plugins._entries import entries, is_built_in, load
from corechat.plugins._named import collect_commands

_LAZY = {  # each takes a while to import
    "batch": "corechat._cli.batch",
    "conformance": "corechat._cli.conformance",
}
_META = "corechat.commands_of_plugins"


class AppGroup(click.Group):
    """A group of the core's subcommands and those of plugins, which are asked only when needed."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """List every subcommand."""
        return sorted({*super().list_commands(ctx), *_LAZY, *_from_plugins(ctx)})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Find a subcommand; a plugin cannot take the name of one of the core's."""
        if cmd_name in _LAZY:
            return cast("click.Command", getattr(import_module(_LAZY[cmd_name]), cmd_name))
        return super().get_command(ctx, cmd_name) or _from_plugins(ctx).get(cmd_name)


def _from_plugins(ctx: click.Context) -> dict[str, click.Command]:
    """Ask the plugins once a run: a broken one is told of, and does not stop the others."""
    found: dict[str, click.Command] | None = ctx.meta.get(_META)
    if found is None:
        found = ctx.meta[_META] = {}
        plugins: list[object] = []
        for name in _plugin_names():
            try:
                plugin = load(name)
                if plugin is not None and all(plugin is not known for known in plugins):
                    plugins.append(plugin)
                    _add(collect_commands(plugin, name), found)
            except CorechatError as error:
                click.echo(f"corechat: {escape_controls(error.message)}", err=True)
    return found


def _plugin_names() -> list[str]:
    """List corechat's own plugins and the named ones; being installed is not being asked."""
    named = names_in(os.environ.get(PLUGINS_VARIABLE, ""))
    own = [entry.name for entry in entries() if is_built_in(entry)]
    return list(dict.fromkeys((*own, *named)))


def _add(commands: Iterable[object], found: dict[str, click.Command]) -> None:
    for command in commands:
        if isinstance(command, click.Command) and command.name:
            found.setdefault(command.name, command)


@click.group(
    cls=AppGroup,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(__version__, prog_name="corechat")
@click.option("--log", is_flag=True, help="Log every attempt to standard error.")
def app(*, log: bool) -> None:
    """Carry chat requests over a transport that you pick by name."""
    if log:
        logging.basicConfig(format="%(levelname)s %(message)s", level=logging.WARNING)
        logging.getLogger("corechat").setLevel(logging.DEBUG)


app.add_command(chat)
app.add_command(plugins)
