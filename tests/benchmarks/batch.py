"""What a batch costs: the journal's CPU and that of SQLite, memory, time a line, and kills.

Run: ``python -m tests.benchmarks.batch``, or with ``journals``, ``share``, ``sizes``, ``memory`` or
``kills`` for one of them. The server of the first four is a process of its own.
"""

import argparse
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pydantic_core import to_json

import corechat
from corechat._batch.append_file import AppendFile
from corechat._batch.input_file import InputFile
from corechat._batch.journal import Journal
from corechat._batch.run import BatchRun
from tests.batch.killing import kill_and_go_on
from tests.batch.support import counting, url_of, write_input
from tests.benchmarks.answering_server import answering_server

AT_ONCE = 64
BACKENDS = ("httpx", "pyreqwest")
SIZES = (1_000, 10_000, 100_000)
TURNS = SIZES[:2] * 3


def run(folder: Path, client: corechat.Client, count: int) -> dict[str, float]:
    """Run a batch of so many lines: seconds of wall, of CPU, and of CPU in the journal's writes."""
    path = folder / f"in-{count}.jsonl"
    source = InputFile(path if path.exists() else write_input(path, count))
    spent = 0.0
    wall, cpu = time.perf_counter(), time.process_time()
    source.refuse_problems()
    checked = time.process_time() - cpu
    with Journal(source, folder / f"out-{count}.jsonl", mode="restart") as journal:
        write = journal.write

        def timed(*arguments: Any) -> None:
            nonlocal spent
            started = time.thread_time()
            write(*arguments)
            spent += time.thread_time() - started

        journal.write = timed  # type: ignore[method-assign]
        BatchRun(client.map, source, journal, concurrency=AT_ONCE).run()
        assert not journal.left
        assert not journal.failed
    return {
        "wall": time.perf_counter() - wall,
        "cpu": time.process_time() - cpu,
        "journal": spent,
        "check": checked,
    }


@contextmanager
def connected(folder: Path, backend: str, url: str) -> Iterator[corechat.Client]:
    """Make a client whose connections and caches are there."""
    with corechat.Client(backend, base_url=f"{url}/v1", keep_bodies=True) as client:
        run(folder, client, 200)
        yield client


def journals(folder: Path, count: int = 20_000) -> None:
    """Compare appended lines with rows of SQLite: CPU a line, and the time of all."""
    line = to_json({"id": "batch_req_1", "body": "x" * 900}) + b"\n"

    def append() -> None:
        file = AppendFile(folder / "appended")
        synced = time.monotonic()
        for _ in range(count):
            file.append(line)
            if time.monotonic() - synced >= 1:
                file.sync()
                synced = time.monotonic()
        file.close()

    def rows(every: float) -> None:
        path = folder / "rows.sqlite"
        path.unlink(missing_ok=True)
        base = sqlite3.connect(path, isolation_level=None)
        base.execute("PRAGMA journal_mode=WAL")
        base.execute("PRAGMA synchronous=NORMAL")
        base.execute("CREATE TABLE answers (line INTEGER PRIMARY KEY, answer BLOB)")
        base.execute("BEGIN")
        synced = time.monotonic()
        for number in range(count):
            base.execute("INSERT INTO answers VALUES (?, ?)", (number, line))
            if time.monotonic() - synced >= every:
                base.execute("COMMIT")
                base.execute("BEGIN")
                synced = time.monotonic()
        base.execute("COMMIT")
        base.close()

    ways: dict[str, Callable[[], None]] = {
        "lines appended, each safe from SIGKILL": append,
        "SQLite, a commit a second (a kill loses a second)": lambda: rows(1.0),
        "SQLite, a commit a line (each safe from SIGKILL)": lambda: rows(0.0),
    }
    for name, way in ways.items():
        took = []
        for _ in range(3):
            wall, cpu = time.perf_counter(), time.process_time()
            way()
            took.append((time.process_time() - cpu, time.perf_counter() - wall))
        cpu, wall = (statistics.median(one[at] for one in took) / count * 1e6 for at in (0, 1))
        say(f"{name:52} {cpu:6.1f} us of CPU a line, {wall:6.1f} us in all")


def share(folder: Path) -> None:
    """Show which part of a run's CPU the journal takes."""
    with answering_server(0.02) as url:
        for backend in BACKENDS:
            with connected(folder, backend, url) as client:
                found = [run(folder, client, 5_000) for _ in range(3)]
            part, check = (
                statistics.median(one[name] / one["cpu"] for one in found)
                for name in ("journal", "check")
            )
            each = statistics.median(one["journal"] for one in found) / 5_000 * 1e6
            say(
                f"{backend:10} journal {part:6.1%} of the run's CPU ({each:.0f} us a line), "
                f"check before {check:6.1%}"
            )


def sizes(folder: Path) -> None:
    """Show the time of a line in inputs of several sizes, in turns: of CPU, and of the clock.

    Small inputs run several times, before and after the largest: the machine is not alone.
    """
    with answering_server(0.02) as url:
        for backend in BACKENDS:
            found: dict[int, list[tuple[float, float]]] = {size: [] for size in SIZES}
            with connected(folder, backend, url) as client:
                for count in (*TURNS, SIZES[-1], *TURNS[::-1]):
                    runs = [run(folder, client, count) for _ in range(max(1, 10_000 // count))]
                    cpu, wall = (sum(one[name] for one in runs) for name in ("cpu", "wall"))
                    lines = len(runs) * count
                    found[count].append((cpu / lines * 1e6, wall / lines * 1e6))
            for count, times in found.items():
                cpu, wall = (statistics.median(one[at] for one in times) for at in (0, 1))
                say(f"{backend:10} {count:7} lines: {cpu:5.0f} us of CPU, {wall:5.0f} us a line")


def memory(folder: Path) -> None:
    """Show the peak memory of inputs of two sizes, each run in a process of its own."""
    with answering_server() as url:
        for backend in BACKENDS:
            for count in (SIZES[0], SIZES[-1]):
                write_input(folder / f"in-{count}.jsonl", count)  # here: it takes memory
                command = [sys.executable, "-m", __spec__.name, "peak", str(folder), url, backend]
                done = subprocess.run([*command, str(count)], stdout=subprocess.PIPE, check=True)  # noqa: S603 - this file
                say(f"{backend:10} {count:7} lines: peak {done.stdout.decode().strip()} MB")


def peak(folder: str, url: str, backend: str, count: str) -> None:
    """Run a batch, and print this process's peak memory in MB."""
    with connected(Path(folder), backend, url) as client:
        run(Path(folder), client, int(count))
    status = Path("/proc/self/status").read_text("utf-8")  # Linux; ru_maxrss begins at the parent's
    say(f"{int(status.partition('VmHWM:')[2].split()[0]) / 1024:.1f}")


def kills(folder: Path, lines: int = 2_000, times: int = 20) -> None:
    """Kill a run at random moments, go on each time, and count what was lost or sent twice."""
    for backend in BACKENDS:
        source = write_input(folder / f"kill-{backend}.jsonl", lines)
        with counting(0.02) as (server, calls):
            found = kill_and_go_on(
                source,
                folder / f"killed-{backend}.jsonl",
                url_of(server),
                calls,
                backend=backend,
                kills=times,
                concurrency=8,
            )
        twice = sum(count - 1 for count in found.answers.values())
        say(
            f"{backend:10} {found.kills} kills: {len(found.answers)} of {lines} lines answered, "
            f"{twice} of them twice; {found.repeated} calls repeated, "
            f"of at most {found.kills * 8} in flight"
        )


def say(text: str) -> None:
    """Print a line at once."""
    print(text, flush=True)  # noqa: T201 - a command


PARTS = {one.__name__: one for one in (journals, share, sizes, memory, kills)}


def main() -> None:
    """Run the parts that are named, or all."""
    if sys.argv[1:2] == ["peak"]:
        peak(*sys.argv[2:])
        return
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parts", nargs="*", choices=[[], *PARTS], default=list(PARTS))
    for name in parser.parse_args().parts:
        with tempfile.TemporaryDirectory() as folder:
            say(f"-- {name}")
            PARTS[name](Path(folder))


if __name__ == "__main__":
    main()
