"""Paths on the command line: files as they are, folders as the cassettes in them."""

from collections.abc import Iterable
from pathlib import Path

from corechat.errors import CassetteError
from corechat_replay.cassette.files import read_cassette_file

SUFFIXES = (".json", ".yaml", ".yml")
_MARKS = (b"interactions", b"http_interactions")


def expand(paths: Iterable[str]) -> list[str]:
    """List the cassettes that some paths stand for.

    Args:
        paths: files, which are taken as they are, and folders, in which every JSON or YAML file
            is looked at that holds the word ``interactions``.

    Returns:
        Files, each once, those of a folder in the order of their names.

    Raises:
        CassetteError: there is nothing at a path, or no cassette in a folder.
    """
    found: list[str] = []
    for path in paths:
        inside = _in_folder(Path(path)) if Path(path).is_dir() else [path]
        if not inside:
            raise CassetteError(f"There is no cassette in the folder {path!r}.", path=path)
        found += inside
    return list(dict.fromkeys(found))


def _in_folder(folder: Path) -> list[str]:
    files = (file for file in folder.rglob("*") if file.suffix.lower() in SUFFIXES)
    return sorted(str(file) for file in files if file.is_file() and _may_be_cassette(file))


def _may_be_cassette(file: Path) -> bool:
    try:
        data = read_cassette_file(file)
    except CassetteError:
        return True  # and whoever reads it will say what is wrong
    return any(mark in data for mark in _MARKS) or (b"request" in data and b"response" in data)
