"""What the commands share: which files are meant, and numbers with nouns."""

from collections.abc import Iterable
from pathlib import Path

import click

from corechat._errors.text import escape_controls
from corechat.errors import CassetteError
from corechat_replay.cassette.files import read_cassette_file
from corechat_replay.interaction import Interaction

_SUFFIXES = (".json", ".yaml", ".yml")


def expand(paths: Iterable[str]) -> list[str]:
    """List the cassettes that some paths stand for, each once.

    Files are taken as they are; of a folder every JSON or YAML file that may be a cassette, in the
    order of their names. Raises CassetteError if there is not a cassette in a folder.
    """
    found: list[str] = []
    for path in paths:
        inside = _in_folder(Path(path)) if Path(path).is_dir() else [path]
        if not inside:
            raise CassetteError(f"There is no cassette in the folder {path!r}.", path=path)
        found += inside
    return list(dict.fromkeys(found))


def _in_folder(folder: Path) -> list[str]:
    files = (file for file in folder.rglob("*") if file.suffix.lower() in _SUFFIXES)
    return sorted(str(file) for file in files if file.is_file() and _may_be_cassette(file))


def _may_be_cassette(file: Path) -> bool:
    try:
        data = read_cassette_file(file)
    except CassetteError:
        return True  # and whoever reads it will say what is wrong
    return b"interactions" in data or (b"request" in data and b"response" in data)


def texts(interaction: Interaction) -> tuple[str, bytes, bytes]:
    """Give URL and bodies to compare."""
    request = interaction.request  # whose body may have been written anew, with other white space
    return request.url, b"".join(request.body.split()), interaction.response.body


def say(text: str, *, err: bool = False) -> None:
    """Write a line, made fit for a terminal."""
    click.echo(escape_controls(text), err=err)


def counted(number: int, noun: str) -> str:
    """Write a number with its noun, as ``"1 file"`` or ``"2 files"``."""
    return f"{number} {noun}{'' if number == 1 else 's'}"
