"""The group ``cassette``."""

import click

from corechat_replay.cli.check import check
from corechat_replay.cli.importing import import_
from corechat_replay.cli.rewriting import convert, merge, redact
from corechat_replay.cli.serve import serve
from corechat_replay.cli.show import show


@click.group()
def cassette() -> None:
    """Read, check, change and serve recordings. None of this touches the network."""


for command in (show, check, redact, convert, merge, import_, serve):
    cassette.add_command(command)
