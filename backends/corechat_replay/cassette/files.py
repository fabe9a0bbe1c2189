"""Read cassette files: bounded, regular files only, and no way out of their folder."""

import os
import stat
from pathlib import Path

from corechat.errors import CassetteError
from corechat.transport import MIB

MAX_CASSETTE_BYTES = 32 * MIB


def resolve(folder: str | os.PathLike[str], name: str | os.PathLike[str]) -> Path:
    """Find a cassette by its name in a folder, and in no other place.

    Args:
        folder: the cassette folder.
        name: the cassette's name, which may hold subfolders.

    Returns:
        The path, whether or not the file exists.

    Raises:
        CassetteError: the name is absolute, or leads out of the folder by ``..`` or by a link.
    """
    root = Path(folder)
    path = root / name
    try:
        inside = path.resolve().is_relative_to(root.resolve())
    except (OSError, RuntimeError, ValueError):
        inside = False
    if Path(name).is_absolute() or not inside:
        raise CassetteError(
            f"The cassette name {os.fspath(name)!r} leads out of the cassette folder "
            f"{os.fspath(folder)!r}. Give a name below that folder.",
            path=str(path),
        )
    return path


def resolve_link(path: str | os.PathLike[str]) -> Path:
    """Follow a cassette that is a symbolic link, as long as it stays in its folder.

    Args:
        path: the file, whether or not it exists.

    Returns:
        The path of what it points to; the path itself if it is no link.

    Raises:
        CassetteError: the link leads out of the folder that it stands in.
    """
    link = Path(path)
    try:
        if not link.is_symlink():
            return link
        target = link.resolve()
        if target.is_relative_to(link.parent.resolve()):
            return target
    except (OSError, RuntimeError, ValueError):
        pass
    raise CassetteError(
        f"The cassette {str(link)!r} is a symbolic link out of its folder. "
        "Name the file that it points to.",
        path=str(link),
    )


def read_cassette_file(path: str | os.PathLike[str]) -> bytes:
    """Read a cassette's bytes.

    Args:
        path: the file.

    Raises:
        CassetteError: there is none, it is no regular file, it is a link out of its folder, it is
            over 32 MB, or it cannot be read.
    """
    shown = os.fspath(path)
    try:
        with open(resolve_link(path), "rb", opener=_open_without_waiting) as file:
            status = os.fstat(file.fileno())
            if not stat.S_ISREG(status.st_mode):
                raise CassetteError(f"The cassette {shown!r} is no regular file.", path=shown)
            data = file.read(MAX_CASSETTE_BYTES + 1)
    except FileNotFoundError:
        raise CassetteError(
            f"There is no cassette at {shown!r}. Check the path, or record one first.", path=shown
        ) from None
    except IsADirectoryError:
        raise CassetteError(
            f"The cassette {shown!r} is a directory. Name a file in it.", path=shown
        ) from None
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "a name no file can have"
        raise CassetteError(
            f"The cassette {shown!r} cannot be read: {reason}.", path=shown
        ) from None
    if len(data) > MAX_CASSETTE_BYTES:
        raise CassetteError(
            f"The cassette {shown!r} is over {MAX_CASSETTE_BYTES // MIB} MB. Split it.", path=shown
        )
    return data


def _open_without_waiting(path: str, flags: int) -> int:
    # a named pipe without a writer would hold a plain open for ever
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))
