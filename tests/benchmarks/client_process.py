"""One client in a process of its own, which waits for its turn: what is measured is its CPU alone.

The parent writes one JSON object a line, and reads one; `ClientProcess` is the parent's side.
"""

import gc
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

from clients import CLIENTS, Call

Figures = dict[str, float]


class _Measuring:
    """What a process can be asked to do with its client."""

    def __init__(self, name: str, url: str, stack: ExitStack) -> None:
        self._open = CLIENTS[name]
        self._url = url
        self._stack = stack
        self._calls: dict[str, Call] = {}

    def _call(self, case: str) -> Call:
        if case not in self._calls:
            opened = self._open(f"{self._url}/{case}", case)
            self._calls[case] = self._stack.enter_context(opened)
        return self._calls[case]

    def block(self, case: str, calls: int) -> Figures:
        """Make calls one after another: CPU and wall seconds of one."""
        call = self._call(case)
        wall, cpu = time.perf_counter(), time.process_time()
        for _ in range(calls):
            call()
        cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
        return {"cpu": cpu / calls, "wall": wall / calls}

    def threads(self, case: str, count: int, seconds: float) -> Figures:
        """Make calls from so many threads: calls a second that succeeded, and how many did not."""
        call = self._call(case)
        done = [0] * count
        failed = [0] * count
        started = time.perf_counter()

        def work(index: int) -> None:
            while time.perf_counter() - started < seconds:
                try:
                    call()
                    done[index] += 1
                except Exception:  # noqa: BLE001 - it is counted
                    failed[index] += 1

        threads = [threading.Thread(target=work, args=(index,)) for index in range(count)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return {"rate": sum(done) / (time.perf_counter() - started), "failed": sum(failed)}

    def another(self) -> Figures:
        """Open a client, call it once and close it: CPU seconds of that."""
        cpu = time.process_time()
        with self._open(f"{self._url}/small", "small") as call:
            call()
        return {"cpu": time.process_time() - cpu}

    def memory(self) -> Figures:
        """Tell the resident memory, and the most since it was asked last, in MB. Linux only."""
        gc.collect()
        text = Path("/proc/self/status").read_text()
        lines = dict(line.split(":", 1) for line in text.splitlines())
        Path("/proc/self/clear_refs").write_text("5")  # proc(5): resets the peak
        return {
            "now": int(lines["VmRSS"].split()[0]) / 1024,
            "most": int(lines["VmHWM"].split()[0]) / 1024,
        }


def _pin() -> None:
    with suppress(AttributeError):  # not every system can
        os.sched_setaffinity(0, {0})


class ClientProcess:
    """Ask a client's process for measurements."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process

    def ask(self, what: str, **arguments: Any) -> Figures:
        """Have one measurement made.

        Args:
            what: ``block``, ``threads``, ``another`` or ``memory``.
            arguments: what that takes.
        """
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(json.dumps([what, arguments]) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"the client's process has ended, asked for {what} {arguments}")
        answered: Figures = json.loads(line)
        return answered


@contextmanager
def client_process(
    name: str, url: str, *, python: Path | None = None, pinned: bool = True, **environment: str
) -> Iterator[ClientProcess]:
    """Start a client's process.

    Args:
        name: a key of `CLIENTS`.
        url: the server's, without a path.
        python: the interpreter to run; this one by default.
        pinned: whether it has the first core only.
        environment: variables to set for it.

    Yields:
        What asks it.
    """
    command = [str(python or sys.executable), __file__, name, url, "pinned" if pinned else ""]
    with subprocess.Popen(  # noqa: S603 - this file
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL if python else None,
        text=True,
        env={**os.environ, **environment},
    ) as process:
        try:
            yield ClientProcess(process)
        finally:
            assert process.stdin
            process.stdin.close()
            with suppress(subprocess.TimeoutExpired):
                process.wait(10)
            process.kill()


def main() -> None:
    """Answer until the parent has no more to ask."""
    name, url, pinned = sys.argv[1:]
    if pinned:
        _pin()
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what a client prints is not an answer
    with ExitStack() as stack:
        measuring = _Measuring(name, url, stack)
        for line in sys.stdin:
            what, arguments = json.loads(line)
            ask: Callable[..., Figures] = getattr(measuring, what)
            answers.write(json.dumps(ask(**arguments)) + "\n")
            answers.flush()


if __name__ == "__main__":
    main()
