"""AppendFile: a file to which whole lines are appended, or nothing of them."""

import contextlib
import os
from pathlib import Path

from corechat._errors.before import BatchError


class AppendFile:
    """Append lines to a file, each whole: what a full disk cuts is taken away again.

    Args:
        path: the file; made where it is not there.

    Raises:
        BatchError: it cannot be opened, or later not written.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            flags = os.O_RDWR | os.O_CREAT | os.O_APPEND | getattr(os, "O_BINARY", 0)
            self.handle = os.open(path, flags, 0o666)
            self.size = os.fstat(self.handle).st_size
        except OSError as error:
            raise BatchError(
                f"{path} cannot be written: {error.strerror}.", path=str(path)
            ) from None
        self._unsynced = False

    def append(self, line: bytes) -> None:
        """Append a line; raise `BatchError` where the system refuses, the file as it was."""
        try:
            written = os.write(self.handle, line)
            while written < len(line):
                written += os.write(self.handle, line[written:])
        except OSError as error:
            self.cut(self.size)
            raise self._failure(error) from None
        self.size += len(line)
        self._unsynced = True

    def cut(self, size: int) -> None:
        """Take away what stands behind so many bytes."""
        with contextlib.suppress(OSError):
            os.ftruncate(self.handle, size)
        self.size = os.fstat(self.handle).st_size

    def sync(self) -> None:
        """Have the disk keep what was appended."""
        if self._unsynced:
            self._unsynced = False
            try:
                os.fsync(self.handle)
            except OSError as error:
                raise self._failure(error) from None

    def close(self) -> None:
        """Sync, and close."""
        try:
            self.sync()
        finally:
            os.close(self.handle)

    def _failure(self, error: OSError) -> BatchError:
        return BatchError(
            f"{self.path} cannot be written: {error.strerror}. What it holds is whole: when that "
            "is mended, the same command goes on.",
            path=str(self.path),
        )
