"""Write cassettes: strict version 1 as indented JSON, whole at every moment, readable by its owner.

A file takes its new content by a rename, so a process that is killed leaves the old file or the new
one. The old one is kept as a spare, to which the next answer is added with the one that it lacks:
what an answer costs does not grow with the file. All this happens under a lock, so recordings that
share a file, in one process or in several, keep each other's answers.
"""

import base64
import contextlib
import errno
import json
import os
import re
import weakref
from collections.abc import Iterable, Iterator
from http.client import responses
from pathlib import Path

from corechat.errors import CassetteError
from corechat.transport import MIB, Headers, ProcessLock
from corechat_replay.cassette.bodies import without_coding
from corechat_replay.cassette.files import MAX_CASSETTE_BYTES, read_cassette_file, resolve_link
from corechat_replay.interaction import Interaction

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

HEAD = b'{\n  "version": 1,\n  "interactions": ['
"""How every cassette begins that is written here."""

_START = HEAD + b"\n"
_END = b"\n  ]\n}\n"
_EMPTY = HEAD + b"]\n}\n"
_INDENT = "    "
_BETWEEN = re.compile(rb",\n(?=    \{)")  # all but the first line of an entry stand further in
# what YAML 1.1 §5.1 calls not printable, and what it takes for a line break inside quotes (§5.4)
_NOT_IN_YAML = re.compile("[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")
_OMITTED = frozenset({"content-length", "transfer-encoding"})
_lock = ProcessLock()


def write_entry(interaction: Interaction, path: str = "") -> str:
    """Write an interaction as one item of ``interactions``; equal ones give the same text.

    The response's body must not be compressed. Raises CassetteError if the request's body is not
    UTF-8, which version 1 cannot say in JSON.
    """
    request, response = interaction.request, interaction.response
    try:
        sent = request.body.decode()
    except UnicodeDecodeError:
        raise CassetteError(
            f"Interaction {interaction.number + 1} cannot be written to {path!r}: its request's "
            "body is not UTF-8, which version 1 has no JSON for.",
            path=path,
        ) from None
    phrase = responses.get(response.status, "")
    tree = {
        "request": {
            "method": request.method,
            "uri": request.url,
            "body": sent,
            "headers": _headers(request.headers),
        },
        "response": {
            "status": {"code": response.status, "message": interaction.reason or phrase},
            "headers": _headers(response.headers),
            "body": _body(response.body),
        },
    }
    text = json.dumps(tree, ensure_ascii=False, indent=2)
    if not text.isascii() or "\x7f" in text:
        text = _NOT_IN_YAML.sub(lambda match: f"\\u{ord(match[0]):04x}", text)
    return _INDENT + text.replace("\n", "\n" + _INDENT)


def format_cassette(interactions: Iterable[Interaction], path: str = "") -> str:
    """Write interactions as the text of a cassette; nothing is redacted here."""
    entries = (write_entry(without_coding(each, path), path) for each in interactions)
    return _whole([entry.encode() for entry in entries]).decode()


def save_cassette(path: str | os.PathLike[str], interactions: Iterable[Interaction]) -> None:
    """Write a cassette file in one step; nothing is redacted here."""
    target = resolve_link(path)
    data = format_cassette(interactions, os.fspath(path)).encode()
    with _changing(target):
        _replace(target, data)


def file_state(path: str | os.PathLike[str]) -> tuple[int, int] | None:
    """Give the size and the time of change of a file, which a write alters; None without one."""
    try:
        status = Path(path).stat()
    except OSError:
        return None
    return status.st_size, status.st_mtime_ns


class CassetteWriter:
    """Adds interactions to a cassette file, one at a time; safe beside other writers of the file.

    Nothing is written before the first interaction. Raises CassetteError if the path is a link out
    of its folder, not a regular file, or in a folder that cannot be written.

    Attributes:
        found: the file's content when the writer was made; None if there was no file.
        kept: interactions, redacted, that take the place of ``found``.
        count: how many interactions have been added.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.kept: list[Interaction] = []
        self.count = 0
        self._path = resolve_link(path)
        self._found_state = file_state(self._path)  # before the content is read
        self.found = _read_if_there(self._path)
        self._own: list[bytes] = []
        # a client that is never closed leaves no second file either
        self._drop_spare = weakref.finalize(self, _unlink, _spare_of(self._path))

    def append(self, interaction: Interaction) -> None:
        """Add an interaction, redacted and not compressed; when this returns, it is on disk."""
        entry = write_entry(interaction, str(self._path)).encode()
        with _changing(self._path):
            if self._is_as_found():
                self._write([*self._kept_entries(), entry])
            elif not _grow(self._path, entry):
                kept = self._read_entries()
                self._write([kept, entry] if kept else [entry], keep=True)
            self._own.append(entry)
            self.count += 1

    def write_empty(self) -> None:
        """Write a cassette without interactions, unless another writer has changed the file."""
        with _changing(self._path):
            if self._is_as_found():
                self._write([])

    def discard(self) -> None:
        """Take back what this writer has added; alone, it puts the file back as it was found."""
        if self._own:
            with _changing(self._path), contextlib.suppress(CassetteError):  # not ours any more
                self._take_back(_BETWEEN.split(self._read_entries()))
        self._own, self.count = [], 0

    def close(self) -> None:
        """Make the file last through a power failure."""
        self._drop_spare()
        if self._own:
            with contextlib.suppress(OSError), self._path.open("rb") as file:
                os.fsync(file.fileno())

    def _is_as_found(self) -> bool:
        return not self._own and file_state(self._path) == self._found_state

    def _kept_entries(self) -> list[bytes]:
        return [write_entry(each, str(self._path)).encode() for each in self.kept]

    def _read_entries(self) -> bytes:
        data = read_cassette_file(self._path) if os.path.lexists(self._path) else _EMPTY
        if data == _EMPTY:
            return b""
        if data.startswith(_START) and data.endswith(_END):
            return data[len(_START) : -len(_END)]
        raise CassetteError(
            f"The cassette {str(self._path)!r} was changed meanwhile, and not by a recording; "
            "nothing more is written to it.",
            path=str(self._path),
        )

    def _take_back(self, entries: list[bytes]) -> None:
        for entry in self._own:
            if entry in entries:
                entries.remove(entry)
        if entries not in ([b""], []) and entries != self._kept_entries():
            self._write(entries)
        elif self.found is None or self._found_state is None or (self.kept and not entries):
            self._path.unlink(missing_ok=True)  # of the latter, those who added it took it back
        else:
            _replace(self._path, self.found)
            _, changed = self._found_state
            os.utime(self._path, ns=(changed, changed))

    def _write(self, entries: list[bytes], *, keep: bool = False) -> None:
        data = _whole(entries)
        if len(data) > MAX_CASSETTE_BYTES:
            raise CassetteError(
                f"The cassette {str(self._path)!r} would be over {MAX_CASSETTE_BYTES // MIB} MB. "
                "Record into another file.",
                path=str(self._path),
            )
        # the disk takes longer than many an answer
        _replace(self._path, data, sync=False, keep=keep)


def _headers(headers: Headers) -> dict[str, list[str]]:
    # sorted and in lower case: so the file does not depend on the transport
    names = sorted({name.lower() for name, _ in headers.pairs} - _OMITTED)
    return {name: headers.get_list(name) for name in names}


def _body(body: bytes) -> dict[str, str]:
    try:
        return {"string": body.decode()}
    except UnicodeDecodeError:  # JSON has no bytes: vcrpy reads the first, corechat the second
        text = body.decode("utf-8", "replace")
        return {"string": text, "base64_string": base64.b64encode(body).decode("ascii")}


def _whole(entries: list[bytes]) -> bytes:
    return _START + b",\n".join(entries) + _END if entries else _EMPTY


@contextlib.contextmanager
def _changing(path: Path) -> Iterator[None]:
    """Keep every other writer from the file, and raise CassetteError for what the system refuses.

    The lock is on the folder: it leaves no file behind, and ends with the process that holds it.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with _lock, _lock_of(path.parent):
            yield
    except OSError as error:
        raise _failure(path, error) from None


@contextlib.contextmanager
def _lock_of(folder: Path) -> Iterator[None]:
    if fcntl is None:
        yield
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        with contextlib.suppress(OSError):  # some network file systems have no locks
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        with contextlib.suppress(OSError):
            fcntl.flock(handle, fcntl.LOCK_UN)  # a child after fork holds the handle, too
        os.close(handle)


def _replace(path: Path, data: bytes, *, sync: bool = True, keep: bool = False) -> None:
    new = _new_of(path)
    new.unlink(missing_ok=True)  # of a process that was killed
    try:
        with open(new, "xb", opener=_open_for_owner) as file:
            file.write(data)
            file.flush()
            if sync:
                os.fsync(file.fileno())
        _publish(new, path, keep=keep)
    finally:
        _unlink(new)


def _grow(path: Path, entry: bytes) -> bool:
    """Add an entry by way of the spare; False, with nothing done, where that cannot be."""
    new = _new_of(path)
    try:
        _spare_of(path).replace(new)
        with new.open("r+b") as file, path.open("rb") as whole:
            status = os.fstat(file.fileno())
            end = file.seek(status.st_size - len(_END))
            whole.seek(end)
            lacking = whole.read()
            data = lacking.removesuffix(_END) + b",\n" + entry + _END
            if (
                status.st_mtime_ns != os.fstat(whole.fileno()).st_mtime_ns
                or file.read() != _END
                or not (lacking.startswith(b",\n    {") and lacking.endswith(_END))
                or end + len(data) > MAX_CASSETTE_BYTES
            ):
                return False
            file.seek(end)
            file.write(data)
        _publish(new, path, keep=True)
    except (OSError, ValueError):
        return False
    finally:
        _unlink(new)
    return True


def _publish(new: Path, path: Path, *, keep: bool) -> None:
    """Put a new file in the place of the old one, which becomes the spare or goes."""
    spare = _spare_of(path)
    spare.unlink(missing_ok=True)
    if keep:
        with contextlib.suppress(OSError):  # a file system without hard links
            spare.hardlink_to(path)
    new.replace(path)
    if keep:
        with contextlib.suppress(OSError):
            changed = path.stat().st_mtime_ns  # whose spare it is
            os.utime(spare, ns=(changed, changed))


def _new_of(path: Path) -> Path:
    return path.with_name(f".{path.name}~")


def _spare_of(path: Path) -> Path:
    return path.with_name(f".{path.name}.spare~")


def _unlink(path: Path) -> None:
    with contextlib.suppress(OSError):
        path.unlink()


def _open_for_owner(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _read_if_there(path: Path) -> bytes | None:
    if os.path.lexists(path):
        return read_cassette_file(path)
    folder = next(each for each in path.parents if os.path.lexists(each))
    if folder.is_dir() and os.access(folder, os.W_OK | os.X_OK):
        return None
    code = errno.EACCES if folder.is_dir() else errno.ENOTDIR
    raise _failure(path, OSError(code, os.strerror(code)))  # now, before a call is paid


def _failure(path: Path, error: OSError) -> CassetteError:
    return CassetteError(
        f"The cassette {str(path)!r} cannot be written: {error.strerror or 'unknown error'}.",
        path=str(path),
    )
