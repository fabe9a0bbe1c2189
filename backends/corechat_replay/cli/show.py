"""``corechat cassette show``: a recording as a conversation to read."""

import sys
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from corechat._cli.output import readable_errors
from corechat._errors.text import escape_controls
from corechat.errors import CassetteError
from corechat_replay.cassette.bodies import without_coding
from corechat_replay.cassette.reader import load
from corechat_replay.cli.common import counted, say
from corechat_replay.cli.page import is_page, write_page
from corechat_replay.cli.transcript import Transcript, transcribe

_STYLES = {"user": "cyan", "assistant": "green", "tool": "yellow", "error": "bold red"}


@click.command()
@click.argument("file")
@click.option("--number", "-n", type=click.IntRange(min=1), help="Only this interaction, from 1.")
@click.option("--html", metavar="PAGE", help="Write a page for a browser in place of printing.")
def show(*, file: str, number: int | None, html: str | None) -> None:
    """Print FILE as a transcript: prompts, answers, tool calls, tokens, time.

    In a pipe every line begins with who speaks and a tab. The page of --html is one file without
    scripts, which loads nothing.
    """
    with readable_errors():
        cassette = load(file)
        wanted = [
            transcribe(without_coding(each, file))
            for each in cassette.interactions
            if number in (None, each.number + 1)
        ]
    if number is not None and not wanted:
        raise click.ClickException(f"There is no interaction {number} in {file!r}.")
    notes = [f"not readable: {note}" for note in cassette.skipped] if number is None else []
    if html is not None:
        _save(html, write_page(file, wanted, notes))
        say(f"{html}: {counted(len(wanted), 'interaction')}")
        return
    for transcript in wanted:
        _print(transcript)
    for note in notes:
        _write(Text(escape_controls(note), "yellow"))
    if number is None:
        _write(Text(counted(len(wanted), "interaction")))


@readable_errors()
def _save(name: str, page: str) -> None:
    path = Path(name)
    try:
        if path.exists() and not is_page(path.read_bytes()):
            raise CassetteError(f"{name!r} is there and is not such a page. Give another name.")
        path.write_text(page, "utf-8")
    except OSError as error:
        raise CassetteError(f"{name!r} cannot be written: {error.strerror}.") from None


def _print(transcript: Transcript) -> None:
    rows = [
        ("parameters", " · ".join(transcript.parameters)),
        *((turn.role, turn.text) for turn in transcript.turns),
        ("", " · ".join(transcript.facts)),
    ]
    rows = [(role, text) for role, text in rows if text or role not in ("", "parameters")]
    _write(Text(escape_controls(transcript.title), "bold"))
    if sys.stdout.isatty():
        table = Table(show_header=False, box=None, padding=(0, 2, 0, 2))
        table.add_column(no_wrap=True)
        table.add_column(overflow="fold")
        for role, text in rows:
            style = _STYLES.get(role, "dim")
            table.add_row(Text(escape_controls(role), style), Text(escape_controls(text)))
        Console(markup=False, highlight=False).print(table)
    else:
        for role, text in rows:
            for line in text.splitlines() or [""]:
                say(f"{role}\t{line}")
    click.echo()


def _write(text: Text) -> None:
    if sys.stdout.isatty():
        Console(markup=False, highlight=False).print(text, soft_wrap=True)
    else:
        click.echo(text.plain)
