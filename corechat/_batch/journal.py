"""Journal: the answers of a run on disk, so that it can be killed at any moment and go on."""

import contextlib
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Literal, Self

from pydantic_core import from_json, to_json

from corechat._batch.append_file import AppendFile
from corechat._batch.input_file import InputFile, Line
from corechat._batch.outcome import Outcome
from corechat._batch.output_line import code_of, read_line, write_line
from corechat._errors.before import BatchError
from corechat.errors import APIStatusError, CorechatError
from corechat.responses._usage import tokens_of

try:
    import fcntl
except ImportError:  # Windows: two runs at once are then not noticed
    fcntl = None  # type: ignore[assignment]

Mode = Literal["auto", "resume", "restart"]
SUFFIX = ".journal"
VERSION = 1
_LOOKS, _LOOK = 5, 0.05  # how often the lock is tried, and the seconds between
_SYNC_EVERY = 1.0  # seconds: what an outage of power can cost


class Journal:
    """Keep the answers of one run.

    The output is the truth: a line is done when it stands there whole, and whole lines are all
    that is appended. The journal beside it (``OUT.jsonl.journal``) holds the input's digest, the
    lock, and when and how each line ended. All are synced to disk once a second.

    Args:
        source: the input, checked.
        output: where answers go.
        errors: where failed lines go; None for the output, too.
        mode: ``auto`` goes on with a run of this input, or begins; ``resume`` only goes on;
            ``restart`` begins anew, whatever the files hold.
        retry_failed: whether failed lines are taken out of the files, to be asked again.

    Attributes:
        left: the ``custom_id`` of each line that is not done.
        failed: how many of those that are done are not a success.

    Raises:
        BatchError: another run writes here, the files are another input's, or they cannot be
            written. Nothing was changed then.
    """

    def __init__(
        self,
        source: InputFile,
        output: Path,
        errors: Path | None = None,
        *,
        mode: Mode = "auto",
        retry_failed: bool = False,
    ) -> None:
        self.left = source.ids
        self.failed = 0
        self.path = output.with_name(output.name + SUFFIX)
        self._synced = time.monotonic()
        paths = [output] if errors is None else [output, errors]
        _check_paths(source.path, [*paths, self.path])
        with contextlib.ExitStack() as undo:
            self._outputs: list[AppendFile] = []
            self._log = AppendFile(self.path)
            undo.callback(self.close)
            _lock(self._log)
            fresh = self._begins(source, paths, mode)
            for path in paths:
                self._outputs.append(AppendFile(path))
            if fresh:
                self._begin(source, paths)
            else:
                self._go_on()
            if retry_failed and self.failed:
                self._take_out_failed()
            self._log.append(to_json({"began": time.time()}) + b"\n")
            self.sync()
            undo.pop_all()

    def _begins(self, source: InputFile, paths: list[Path], mode: Mode) -> bool:
        """Tell whether the run begins; raise `BatchError` where that is not what was meant."""
        if mode == "restart":
            return True
        header = read_header(self.path)
        if header is None:
            taken = [str(path) for path in paths if path.exists() and path.stat().st_size]
            problem = (
                f"{taken[0]} holds something, but not a run that could go on: {self.path} tells of "
                "none. Name another file, or say --restart to write over it."
                if taken
                else f"There is not a run to go on with: {self.path} tells of none."
                if mode == "resume"
                else ""
            )
            if problem:
                if not self._log.size:
                    self.path.unlink(missing_ok=True)
                raise BatchError(problem, path=str(paths[0]))
            return True
        if header["sha256"] != source.digest:
            raise BatchError(
                f"{source.path} was changed since this run began, so what {paths[0]} holds may not "
                "answer it. Put the input back, name another output, or say --restart to begin "
                "anew, which writes over it.",
                path=str(source.path),
            )
        if header["errors"] != (len(paths) > 1):
            raise BatchError(
                f"This run began {'with' if header['errors'] else 'without'} --errors; go on as "
                "it began, or say --restart.",
                path=str(paths[0]),
            )
        return False

    def _begin(self, source: InputFile, paths: list[Path]) -> None:
        for file in (*self._outputs, self._log):
            file.cut(0)
        header = {
            "corechat_batch": VERSION,
            "sha256": source.digest,
            "lines": len(source.ids),
            "errors": len(paths) > 1,
        }
        self._log.append(to_json(header) + b"\n")

    def _go_on(self) -> None:
        """Find what is done, and then cut off what was being written when the run ended."""
        ends: list[tuple[int, bytes]] = []
        for file in self._outputs:
            end, line = 0, b"\n"
            for number, line in enumerate(_lines(file.path), 1):
                found = read_line(line)
                if found is None or found[0] not in self.left:
                    if not line.endswith(b"\n"):
                        line = b"\n"  # noqa: PLW2901 - it was cut
                        break
                    raise BatchError(
                        f"{file.path}, line {number}, is not an answer to a line of the input, or "
                        "is its second. Nothing was changed.",
                        path=str(file.path),
                    )
                self.left.discard(found[0])
                self.failed += not found[1]
                end += len(line)
            ends.append((end, line))
        ends.append((sum(len(one) for one in _lines(self.path) if one.endswith(b"\n")), b"\n"))
        for file, (end, last) in zip((*self._outputs, self._log), ends, strict=True):
            file.cut(end)
            if not last.endswith(b"\n"):  # it was whole but for that
                file.append(b"\n")

    def _take_out_failed(self) -> None:
        """Write the outputs anew without the failed lines, which are left then."""
        for place, file in enumerate(self._outputs):
            new = file.path.with_name(f".{file.path.name}~")
            new.unlink(missing_ok=True)
            kept = AppendFile(new)
            try:
                for line in _lines(file.path):
                    found = read_line(line)
                    if found is None or found[1]:
                        kept.append(line)
                    else:
                        self.left.add(found[0])
            finally:
                kept.close()
            file.close()
            new.replace(file.path)
            self._outputs[place] = AppendFile(file.path)
        self.failed = 0

    def write(self, line: Line, outcome: Outcome[Any]) -> None:
        """Append how a line ended, once; raise `BatchError` where that cannot be written."""
        if line.custom_id not in self.left:
            return
        good = outcome.error is None
        self._outputs[0 if good else -1].append(write_line(line.custom_id, outcome))
        self.left.discard(line.custom_id)
        self.failed += not good
        tokens = tokens_of(outcome.usage)
        record = (
            line.number,
            round(time.time(), 3),
            round(outcome.elapsed, 4),
            round(outcome.waited, 3),
            outcome.attempts,
            tokens["prompt_tokens"],
            tokens["completion_tokens"],
            "" if outcome.error is None else _class_of(outcome.error),
        )
        self._log.append(to_json(record) + b"\n")
        if time.monotonic() - self._synced >= _SYNC_EVERY:
            self.sync()

    def sync(self) -> None:
        """Have the disk keep all that was written."""
        for file in (*self._outputs, self._log):
            file.sync()
        self._synced = time.monotonic()

    def close(self) -> None:
        """Sync, close, and let go of the lock."""
        for file in (*self._outputs, self._log):
            file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _check_paths(source: Path, paths: Sequence[Path]) -> None:
    """Raise `BatchError` where two of the files are one."""
    real = [path.resolve() for path in (source, *paths)]
    if len(set(real)) < len(real):
        raise BatchError(
            "The input, the output and the errors must be different files.", path=str(paths[0])
        )


def _lock(file: AppendFile) -> None:
    """Take the file's lock, which ends with the process; raise `BatchError` where it is taken."""
    if fcntl is None:
        return
    for _ in range(_LOOKS):  # `is_running` holds it for a moment
        try:
            fcntl.flock(file.handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            time.sleep(_LOOK)
        except OSError:
            return  # some network file systems have no locks
        else:
            return
    raise BatchError(
        f"Another run is writing here: {file.path} is locked. Wait for it, or end it.",
        path=str(file.path),
    )


def is_running(journal: Path) -> bool:
    """Tell whether a run holds the lock of a journal."""
    if fcntl is None:
        return False
    with journal.open("rb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        except OSError:
            return False
    return False


def read_header(journal: Path) -> dict[str, Any] | None:
    """Return what a journal begins with; None where it is not there, or was cut before its end.

    Raises:
        BatchError: the file is something else.
    """
    first = next(_lines(journal), b"")
    if not first.endswith(b"\n"):
        return None
    with contextlib.suppress(ValueError):
        header: Any = from_json(first)
        if isinstance(header, dict) and header.get("corechat_batch") == VERSION:
            return header
    raise BatchError(f"{journal} is not the journal of a run.", path=str(journal))


def _lines(path: Path) -> Iterator[bytes]:
    try:
        with path.open("rb") as file:
            yield from file
    except FileNotFoundError:
        return
    except OSError as error:
        raise BatchError(f"{path} cannot be read: {error.strerror}.", path=str(path)) from None


def _class_of(error: CorechatError) -> str:
    if isinstance(error, APIStatusError):
        return f"HTTP {error.status_code}"
    return code_of(error)
