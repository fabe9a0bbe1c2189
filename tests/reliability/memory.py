"""How much memory a client takes at its worst, whatever a server sends.

Run from the repository's root: ``python -m tests.reliability.memory httpx``. It prints, as JSON,
the most resident memory in MB during each case, each in a process that has made one call before.
A client that takes a gigabyte, or a minute, is ended there.
Linux only: it forks, and reads ``/proc``.
"""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import corechat

_MOST_MEMORY = 1_000_000
_MOST_SECONDS = 60.0

Ask = Callable[[str], object]
"""Make a client for a base URL and a call on it; swallow what it raises."""


def measure(ask: Ask) -> dict[str, float]:
    """Measure every case.

    Args:
        ask: makes one call.

    Returns:
        The most resident memory during each case, in MB.
    """
    command = [sys.executable, "-m", "tests.reliability.memory_server"]
    with subprocess.Popen(  # noqa: S603 - this very interpreter, fixed words
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as server:
        assert server.stdin
        assert server.stdout
        try:
            port, names = json.loads(server.stdout.readline())
            ask(f"http://127.0.0.1:{port}/0/v1")  # imports what is imported late
            return {
                name: _peak(ask, f"http://127.0.0.1:{port}/{number}/v1")
                for number, name in enumerate(names)
            }
        finally:
            server.stdin.close()  # that ends it
            server.wait(30)


def _peak(ask: Ask, base_url: str) -> float:
    """Make a call in a child, so that no case finds what another left."""
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            Path("/proc/self/clear_refs").write_text("5")  # proc(5): resets the peak
            before = _status("VmRSS")
            ask(base_url)
            os.write(write, b"%d" % (_status("VmHWM") - before))
        finally:
            os._exit(0)
    os.close(write)
    stopped = _watch(child)
    with os.fdopen(read) as pipe:
        grown = stopped or int(pipe.read())
    # a child maps only what it touches of what it shares: the parent tells what there is
    return round((_status("VmRSS") + grown) / 1024, 1)


def _watch(child: int) -> int:
    """Wait until a child has ended; end it if it takes too much memory, or too long.

    Returns:
        The resident memory, in kB, at which it was ended; 0 if it ended by itself.
    """
    end = time.monotonic() + _MOST_SECONDS
    while os.waitpid(child, os.WNOHANG) == (0, 0):
        taken = _status("VmRSS", str(child))
        if taken > _MOST_MEMORY or time.monotonic() > end:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
            return taken
        time.sleep(0.02)
    return 0


def _status(name: str, process: str = "self") -> int:
    """Read a line of proc(5)'s status, in kB; 0 for a process that has ended."""
    text = Path("/proc", process, "status").read_text()
    return int((text.partition(f"{name}:")[2] or "0").split()[0])


def corechat_ask(backend: str) -> Ask:
    """Ask by corechat.

    Args:
        backend: the transport's name.
    """

    def ask(base_url: str) -> None:
        message = {"role": "user", "content": "hi"}
        with (
            corechat.Client(
                backend, base_url=base_url, api_key="sk-battery", timeout=60, max_retries=0
            ) as client,
            contextlib.suppress(corechat.CorechatError),
        ):
            client.complete(model="m", messages=[message])

    return ask


def main() -> None:
    """Measure corechat over a backend."""
    print(json.dumps(measure(corechat_ask(sys.argv[1]))))  # noqa: T201 - what the caller reads


if __name__ == "__main__":
    main()
