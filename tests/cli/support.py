"""Run the command: in this process, in another one, and on a terminal."""

import inspect
import os
import pty
import select
import subprocess
import sys
import time
from collections.abc import Mapping
from typing import Any

from click.testing import CliRunner, Result

from corechat._cli.app import app

COMMAND = [sys.executable, "-W", "error", "-c", "from corechat._cli import main; main()"]
BOUND = 60.0


def runner() -> CliRunner:
    """Make click's runner, which before 8.2 keeps standard error apart only if told to."""
    told: dict[str, Any] = {"mix_stderr": False}
    return CliRunner(**(told if "mix_stderr" in inspect.signature(CliRunner).parameters else {}))


def run(
    *args: str, stdin: str | bytes | None = None, env: Mapping[str, str] | None = None
) -> Result:
    """Run the command in this process."""
    return runner().invoke(app, args, input=stdin, env=env, prog_name="corechat")


def run_process(
    *args: str, stdin: bytes = b"", env: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[bytes]:
    """Run the command in a process of its own."""
    return subprocess.run(  # noqa: S603 - our own command
        [*COMMAND, *args],
        input=stdin,
        capture_output=True,
        timeout=BOUND,
        check=False,
        env={**os.environ, **(env or {})},
    )


def run_on_terminal(*args: str, env: Mapping[str, str] | None = None) -> tuple[int, bytes]:
    """Run the command on a pseudo-terminal: its exit code and all that it wrote."""
    main, other = pty.openpty()
    process = subprocess.Popen(  # noqa: S603 - our own command
        [*COMMAND, *args],
        stdin=other,
        stdout=other,
        stderr=other,
        env={**os.environ, "TERM": "xterm", **(env or {})},
    )
    os.close(other)
    written = b""
    end = time.monotonic() + BOUND
    try:
        while time.monotonic() < end and select.select([main], [], [], BOUND)[0]:
            written += os.read(main, 65536)
    except OSError:  # the other end is closed: the process has ended
        pass
    finally:
        os.close(main)
        process.kill()
    return process.wait(BOUND), written
