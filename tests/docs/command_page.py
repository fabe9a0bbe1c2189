"""Write the page of the command: ``python -m tests.docs.command_page``."""

from collections.abc import Iterator
from pathlib import Path

import click
from click.testing import CliRunner

from corechat._cli.app import app

PAGE = Path(__file__).resolve().parents[2] / "docs" / "reference" / "command-line.md"
HEAD = """# The command

`pip install 'corechat[cli]'` brings `corechat`; `python -m corechat` is the same.
"""


def commands(command: click.Command, words: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Give the words of a command and of all its subcommands."""
    yield words
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            below = command.get_command(context, name)
            assert below is not None
            yield from commands(below, (*words, name))


def write() -> str:
    """Write the page."""
    page = HEAD
    for words in commands(app):
        arguments = [*words, "--help"]
        said = CliRunner().invoke(app, arguments, prog_name="corechat", terminal_width=78).output
        page += f"\n## {' '.join(('corechat', *words))}\n\n```text\n{said.rstrip()}\n```\n"
    return page


if __name__ == "__main__":
    PAGE.write_text(write(), "utf-8")
