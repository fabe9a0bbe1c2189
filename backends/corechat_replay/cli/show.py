"""``corechat cassette show``: a recording as a conversation to read."""

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from corechat._cli.output import readable_errors
from corechat._errors.text import escape_controls
from corechat_replay.cassette.bodies import without_coding
from corechat_replay.cassette.reader import load
from corechat_replay.cli.common import counted
from corechat_replay.cli.transcript import transcribe
from corechat_replay.interaction import Interaction

_STYLES = {"user": "cyan", "assistant": "green", "tool": "yellow", "error": "bold red"}


@click.command()
@click.argument("file")
@click.option("--number", "-n", type=click.IntRange(min=1), help="Only this interaction, from 1.")
def show(*, file: str, number: int | None) -> None:
    """Print FILE as a transcript: prompts, answers, tool calls, tokens, time."""
    console = Console(markup=False, highlight=False)
    with readable_errors():
        cassette = load(file)
        wanted = [
            without_coding(each, file)
            for each in cassette.interactions
            if number in (None, each.number + 1)
        ]
    if number is not None and not wanted:
        raise click.ClickException(f"There is no interaction {number} in {file!r}.")
    for interaction in wanted:
        _print(console, interaction)
    if number is None:
        for note in cassette.skipped:
            console.print(Text(escape_controls(f"not readable: {note}"), "yellow"))
        console.print(counted(len(wanted), "interaction"))


def _print(console: Console, interaction: Interaction) -> None:
    request, response = interaction.request, interaction.response
    status = f"{response.status} {interaction.reason}".strip()
    title = f"#{interaction.number + 1}  {request.method} {request.url} → {status}"
    console.print(Text(escape_controls(title), "bold"), soft_wrap=True)
    table = Table(show_header=False, box=None, padding=(0, 2, 0, 2))
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for role, text in transcribe(interaction):
        style = _STYLES.get(role, "dim")
        table.add_row(Text(escape_controls(role), style), Text(escape_controls(text)))
    console.print(table)
    console.print()
