"""The environment of any-llm, litellm and cassetter, which ask for versions of their own."""

import subprocess
import sys
import venv
from pathlib import Path

PACKAGES = (
    "any-llm-sdk==1.40.2",
    "cassetter==0.16.1",
    "httpx>=0.28,<1",
    "litellm==1.110.2",
)


def peers_python(folder: Path) -> Path | None:
    """Make the environment where it is not there yet.

    Args:
        folder: where it lies.

    Returns:
        Its interpreter; None where it cannot be installed, which is said on standard error.
    """
    python = folder / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    made = folder / "made"
    wanted = "\n".join(PACKAGES)
    if made.is_file() and made.read_text() == wanted:
        return python
    venv.create(folder, clear=True, with_pip=True)
    command = [str(python), "-m", "pip", "install", "-q", "--disable-pip-version-check", *PACKAGES]
    try:
        subprocess.run(command, check=True)  # noqa: S603 - fixed words
    except subprocess.CalledProcessError:
        sys.stderr.write(
            "any-llm, litellm and cassetter are left out: they could not be installed.\n"
        )
        return None
    made.write_text(wanted)
    return python
