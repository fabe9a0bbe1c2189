"""What the commands share: which files are meant, cassettes read whole, numbers with nouns."""

from collections.abc import Iterable
from pathlib import Path

from corechat.errors import CassetteError
from corechat_replay.cassette.bodies import without_coding
from corechat_replay.cassette.files import read_cassette_file
from corechat_replay.cassette.reader import parse
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


def parse_whole(data: bytes, path: str) -> list[Interaction]:
    """Read a cassette of which nothing may be lost, without content coding.

    Raises CassetteError if it is damaged, or holds interactions that cannot be read.
    """
    cassette = parse(data, path)
    if cassette.skipped:
        raise CassetteError(
            f"The cassette {path!r} holds interactions of other APIs that cannot be read and would "
            f"be lost: {cassette.skipped[0]}. It was left as it is; take them out first.",
            path=path,
        )
    return [without_coding(each, path) for each in cassette.interactions]


def counted(number: int, noun: str) -> str:
    """Write a number with its noun, as ``"1 file"`` or ``"2 files"``."""
    return f"{number} {noun}{'' if number == 1 else 's'}"
