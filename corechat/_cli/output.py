"""What all subcommands share: errors, and the two consoles."""

import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager

import click
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Column, Table

from corechat._errors.text import escape_controls, escape_json
from corechat.errors import CorechatError


@contextmanager
def readable_errors() -> Iterator[None]:
    """Turn a CorechatError into one line on standard error and exit code 1."""
    try:
        yield
    except CorechatError as error:
        raise click.ClickException(escape_controls(error.message)) from None


@contextmanager
def spinner(text: str) -> Iterator[None]:
    """Show a spinner with seconds on a terminal; nothing elsewhere."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield
        return
    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        progress.add_task(escape_controls(text), total=None)
        yield


def write_table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Write rows as a table on a terminal, and as lines with tabs elsewhere."""
    if not sys.stdout.isatty():
        for row in (columns, *rows):
            click.echo("\t".join(escape_controls(" ".join(str(cell).split())) for cell in row))
        return
    table = Table(*(Column(name, overflow="fold") for name in columns))
    for row in rows:
        table.add_row(*(escape_controls(str(cell)) for cell in row))
    Console(markup=False).print(table)


def write_text(text: str) -> None:
    """Write a text that came from elsewhere to standard output."""
    if sys.stdout.isatty():
        text = escape_controls(text)
    click.echo(text, color=True)  # else click takes escape sequences out, also for a pipe


def write_json(text: str) -> None:
    """Write JSON to standard output."""
    click.echo(escape_json(text) if sys.stdout.isatty() else text, color=True)
