"""The ``corechat`` command. Its libraries, click and rich, come with ``corechat[cli]``."""

import sys
from importlib.util import find_spec


def main() -> None:
    """Run the command; exit with 0, 1 for an error of a call, 2 for wrong usage."""
    missing = [name for name in ("click", "rich") if find_spec(name) is None]
    if missing:
        sys.stderr.write(
            f"corechat: the command needs {' and '.join(missing)}: pip install 'corechat[cli]'\n"
        )
        sys.exit(2)
    try:
        from corechat._cli.app import app  # noqa: PLC0415 - its libraries are optional

        app()
    except KeyboardInterrupt:  # while the libraries load; click sees to it afterwards
        sys.stderr.write("Aborted!\n")
        sys.exit(1)
    except OSError as error:  # standard output is full or gone
        sys.stderr.write(f"Error: the output cannot be written: {error.strerror}\n")
        sys.exit(1)
