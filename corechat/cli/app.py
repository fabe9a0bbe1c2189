"""The group of subcommands."""

import logging

import click

from corechat.cli.chat import chat
from corechat.cli.conformance import conformance
from corechat.cli.plugins import plugins
from corechat.version import __version__


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="corechat")
@click.option("--log", is_flag=True, help="Log every attempt to standard error.")
def app(*, log: bool) -> None:
    """Carry chat requests over a transport that you pick by name."""
    if log:
        logging.basicConfig(format="%(levelname)s %(message)s", level=logging.WARNING)
        logging.getLogger("corechat").setLevel(logging.DEBUG)


app.add_command(chat)
app.add_command(conformance)
app.add_command(plugins)
