"""``corechat cassette``: show, check, redact, convert, merge, import and serve cassettes."""

import click

from corechat_replay.cli.check import check
from corechat_replay.cli.rewriting import convert, import_, merge, redact
from corechat_replay.cli.serve import serve
from corechat_replay.cli.show import show


@click.group()
def cassette() -> None:
    """Read, check, change and serve recordings. None of this touches the network."""


for command in (show, check, redact, convert, merge, import_, serve):
    cassette.add_command(command)
