"""Read cassette files: bounded, regular files only, and no way out of their folder."""

import os
import stat
from pathlib import Path

from corechat.errors import CassetteError
from corechat.transport import MIB

MAX_CASSETTE_BYTES = 32 * MIB


def resolve(folder: str | os.PathLike[str], name: str | os.PathLike[str]) -> Path:
    """Give the path of a cassette by its name below a folder, whether or not the file exists.

    Raises CassetteError if the name is absolute, or leads out of the folder by ``..`` or by a link.
    """
    path = Path(folder) / name
    if Path(name).is_absolute() or not _is_inside(path, Path(folder)):
        raise CassetteError(
            f"The cassette name {os.fspath(name)!r} leads out of the cassette folder "
            f"{os.fspath(folder)!r}. Give a name below that folder.",
            path=str(path),
        )
    return path


def resolve_link(path: str | os.PathLike[str]) -> Path:
    """Give what a symbolic link to a cassette points to; the path itself where it is not a link.

    Raises CassetteError if the link leads out of the folder that it stands in.
    """
    link = Path(path)
    if not link.is_symlink():
        return link
    if not _is_inside(link, link.parent):
        raise CassetteError(
            f"The cassette {str(link)!r} is a symbolic link out of its folder. "
            "Name the file that it points to.",
            path=str(link),
        )
    return link.resolve()


def _is_inside(path: Path, folder: Path) -> bool:
    try:
        return path.resolve().is_relative_to(folder.resolve())
    except (OSError, RuntimeError, ValueError):
        return False


def read_cassette_file(path: str | os.PathLike[str]) -> bytes:
    """Read the bytes of a cassette.

    Raises CassetteError if there is not a regular file, if it is a link out of its folder or over
    32 MB, or if it cannot be read.
    """
    shown = os.fspath(path)
    try:
        with open(resolve_link(path), "rb", opener=_open_without_waiting) as file:
            status = os.fstat(file.fileno())
            if not stat.S_ISREG(status.st_mode):
                raise CassetteError(f"The cassette {shown!r} is not a regular file.", path=shown)
            data = file.read(MAX_CASSETTE_BYTES + 1)
    except (OSError, ValueError) as error:
        raise CassetteError(_why_unread(shown, error), path=shown) from None
    if len(data) > MAX_CASSETTE_BYTES:
        raise CassetteError(
            f"The cassette {shown!r} is over {MAX_CASSETTE_BYTES // MIB} MB. Split it.", path=shown
        )
    return data


def _why_unread(path: str, error: OSError | ValueError) -> str:
    if isinstance(error, FileNotFoundError):
        return f"There is no cassette at {path!r}. Check the path, or record one first."
    if isinstance(error, IsADirectoryError):
        return f"The cassette {path!r} is a directory. Name a file in it."
    reason = error.strerror if isinstance(error, OSError) else "a name no file can have"
    return f"The cassette {path!r} cannot be read: {reason}."


def _open_without_waiting(path: str, flags: int) -> int:
    # a named pipe without a writer would hold a plain open for ever
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))
