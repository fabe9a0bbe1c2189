"""The ``corechat`` command. Its libraries, click and rich, come with ``corechat[cli]``."""

import os
import sys
import warnings
from importlib.util import find_spec
from typing import IO


def main() -> None:
    """Run the command; exit with 0, 1 for an error of a call, 2 for wrong usage."""
    _stand_in()
    warnings.showwarning = _write_warning
    missing = [name for name in ("click", "rich") if find_spec(name) is None]
    if missing:
        sys.stderr.write(
            f"corechat: the command needs {' and '.join(missing)}: pip install 'corechat[cli]'\n"
        )
        sys.exit(2)
    try:
        from corechat._cli.app import app  # noqa: PLC0415 - its libraries are optional

        app(prog_name="corechat")
    except KeyboardInterrupt:  # while the libraries load; click sees to it afterwards
        sys.stderr.write("Aborted!\n")
        sys.exit(1)
    except OSError as error:  # standard output is full or gone
        sys.stderr.write(f"Error: the output cannot be written: {error.strerror}\n")
        sys.exit(1)


def _stand_in() -> None:
    """Give what a shell has closed a stand-in, so that no file and no connection takes its place.

    Without standard output nothing is asked: what came could not be shown, and would be paid.
    """
    closed = sys.stdout is None  # as Python has it where a descriptor is closed (`>&-`)
    if sys.stdin is None:
        sys.stdin = _nothing("r")
    if closed:
        sys.stdout = _nothing("w")
    if sys.stderr is None:
        sys.stderr = _nothing("w")
    if closed:
        sys.stderr.write("Error: standard output is closed; nothing was asked.\n")
        sys.exit(1)


def _write_warning(message: object, *_: object, **__: object) -> None:
    """Write a warning as a line: where in the command's own code it arose says nothing."""
    sys.stderr.write(f"corechat: {message}\n")


def _nothing(mode: str) -> IO[str]:
    # the descriptor is the process's, as those of the standard streams are
    return open(os.open(os.devnull, os.O_RDWR), mode, encoding="utf-8", closefd=False)
