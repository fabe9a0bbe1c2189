"""Write cassettes: strict version 1 as indented JSON, whole at every moment, readable by its owner.

While a recording grows, the file is never half written. Each new interaction goes to a twin of the
file, which then takes the file's place by a rename; the old file becomes the next twin. So an
interaction costs the same whatever the file's size, and a process that is killed leaves a cassette
that holds everything but the interaction in flight.
"""

import contextlib
import errno
import os
import tempfile
import weakref
from collections.abc import Iterable
from pathlib import Path

from corechat.errors import CassetteError
from corechat_replay.cassette.entry import without_coding, write_entry
from corechat_replay.cassette.files import read_cassette_file, resolve_link
from corechat_replay.interaction import Interaction

_HEAD = '{\n  "version": 1,\n  "interactions": ['
_TAIL = "\n  ]\n}\n"
_MODE = 0o600


def format_cassette(interactions: Iterable[Interaction], path: str = "") -> str:
    """Write interactions as the text of a cassette.

    Args:
        interactions: what to write, in order. Nothing is redacted here.
        path: the cassette's name, for messages.

    Returns:
        Version 1 as JSON; the same text for equal interactions.

    Raises:
        CassetteError: an interaction cannot be written.
    """
    return _join(_entries(interactions, path))


def save_cassette(path: str | os.PathLike[str], interactions: Iterable[Interaction]) -> None:
    """Write a cassette file in one step: the old file, or the new one, is there at any moment.

    Args:
        path: the file; it becomes readable by its owner only.
        interactions: what to write, in order. Nothing is redacted here.

    Raises:
        CassetteError: an interaction or the file cannot be written.
    """
    _replace(resolve_link(path), format_cassette(interactions, os.fspath(path)).encode())


class CassetteWriter:
    """Append to a cassette file, one interaction at a time.

    Not safe from several threads at once; the recorder holds a lock.

    Args:
        path: the file. Nothing is written before the first interaction.
        kept: interactions of the present file that stay in front, redacted.

    Raises:
        CassetteError: the path is a link out of its folder.
    """

    def __init__(self, path: str | os.PathLike[str], kept: Iterable[Interaction] = ()) -> None:
        self._path = resolve_link(path)
        self._kept = _entries(kept, str(self._path))
        self._state = _state(self._path)
        self._before = _read_if_there(self._path)
        self._names = [self._path.with_name(f".{self._path.name}.{letter}~") for letter in "ab"]
        self._twin: Path | None = None
        self._missing: list[str] = []
        self._finalizer: weakref.finalize[[list[Path], int], CassetteWriter] | None = None
        self._count = 0
        self._overtaken = False

    @property
    def count(self) -> int:
        """How many interactions have been appended."""
        return self._count

    def append(self, interaction: Interaction) -> None:
        """Add one interaction; when this returns, the file holds it.

        Args:
            interaction: what to add, redacted and not compressed.

        Raises:
            CassetteError: it cannot be written, or another recording has changed the file.
        """
        entry = write_entry(interaction, str(self._path))
        self._check_unchanged()
        try:
            if self._count == 0:
                _replace(self._path, _join([*self._kept, entry]).encode(), sync=False)
            else:
                self._grow(entry)
        except OSError as error:
            self._drop_twin()
            raise _failure(self._path, error) from None
        finally:
            self._state = _state(self._path)
        self._count += 1

    def close(self) -> None:
        """Make the file last through a power failure, and remove the twin."""
        self._drop_twin()
        if self._count:
            _sync(self._path)

    def discard(self) -> None:
        """Undo the recording: the file is as it was before, or gone if there was none.

        Raises:
            CassetteError: the file cannot be put back.
        """
        self.close()
        if not self._count or self._overtaken:
            return
        try:
            if self._before is None:
                self._path.unlink(missing_ok=True)
            else:
                _replace(self._path, self._before)
        except OSError as error:
            raise _failure(self._path, error) from None
        self._state = _state(self._path)
        self._count = 0

    def _drop_twin(self) -> None:
        if self._count and not self._overtaken:
            _remove(self._names, os.getpid())
        self._twin = None

    def _grow(self, entry: str) -> None:
        twin = self._twin
        if twin is None or not twin.exists():
            # a client that is never closed leaves nothing behind either
            self._finalizer = self._finalizer or weakref.finalize(
                self, _remove, self._names, os.getpid()
            )
            twin = self._names[0]
            twin.unlink(missing_ok=True)  # of a recording that was killed
            _write_new(twin, self._path.read_bytes())
            self._missing = []
        spare = next(name for name in self._names if name != twin)
        with twin.open("r+b") as file:
            file.seek(-len(_TAIL), os.SEEK_END)
            file.write("".join(f",\n{text}" for text in (*self._missing, entry)).encode())
            file.write(_TAIL.encode())
        spare.unlink(missing_ok=True)
        try:
            spare.hardlink_to(self._path)
        except OSError:  # a file system without hard links: the twin is made anew each time
            self._twin = None
        else:
            self._twin, self._missing = spare, [entry]
        twin.replace(self._path)

    def _check_unchanged(self) -> None:
        if self._overtaken or _state(self._path) != self._state:
            self._overtaken = True
            if self._finalizer:
                self._finalizer.detach()
            raise CassetteError(
                f"The cassette {str(self._path)!r} was changed by another recording meanwhile; "
                "nothing more is written to it. Give each recording a file of its own.",
                path=str(self._path),
            )


def _entries(interactions: Iterable[Interaction], path: str) -> list[str]:
    return [write_entry(without_coding(each, path), path) for each in interactions]


def _join(entries: list[str]) -> str:
    if not entries:
        return _HEAD + "]\n}\n"
    return _HEAD + "\n" + ",\n".join(entries) + _TAIL


def _replace(path: Path, data: bytes, *, sync: bool = True) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix="~", dir=path.parent)
        try:
            with os.fdopen(handle, "wb") as file:  # mkstemp has made it 0600
                file.write(data)
                file.flush()
                if sync:
                    os.fsync(file.fileno())
            Path(name).replace(path)
        except BaseException:
            with contextlib.suppress(OSError):
                Path(name).unlink()
            raise
    except OSError as error:
        raise _failure(path, error) from None


def _remove(names: list[Path], owner: int) -> None:
    if os.getpid() != owner:  # a child after fork leaves them to its parent
        return
    for name in names:
        with contextlib.suppress(OSError):
            name.unlink(missing_ok=True)


def _write_new(path: Path, data: bytes) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _MODE)
    with os.fdopen(handle, "wb") as file:
        file.write(data)


def _sync(path: Path) -> None:
    for name in (path, path.parent):  # the content, then the name
        with contextlib.suppress(OSError):
            handle = os.open(name, os.O_RDONLY)
            try:
                os.fsync(handle)
            finally:
                os.close(handle)


def _state(path: Path) -> tuple[int, int, int] | None:
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_ino, status.st_size, status.st_mtime_ns


def _read_if_there(path: Path) -> bytes | None:
    if os.path.lexists(path):
        return read_cassette_file(path)
    folder = path.parent
    while not os.path.lexists(folder) and folder != folder.parent:
        folder = folder.parent
    if not folder.is_dir():  # said now, before a call is paid
        raise _failure(path, NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR)))
    if not os.access(folder, os.W_OK | os.X_OK):
        raise _failure(path, PermissionError(errno.EACCES, os.strerror(errno.EACCES)))
    return None


def _failure(path: Path, error: OSError) -> CassetteError:
    return CassetteError(
        f"The cassette {str(path)!r} cannot be written: {error.strerror or 'unknown error'}.",
        path=str(path),
    )
