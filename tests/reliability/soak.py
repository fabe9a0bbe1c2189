"""A soak: one client, many calls, faults of every kind; memory and open files must stay flat.

The server is a process of its own, so that only the client is measured. Run from the repository's
root: ``python -m tests.reliability.soak --minutes 60 --rate 2000 --backend httpx``. The exit code
is 1 if a call ended wrongly, or memory or open files grew.
"""

import argparse
import gc
import itertools
import os
import statistics
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

import corechat
from corechat.testing import LoopbackServer
from tests.reliability.clients import KEY
from tests.reliability.mixed import Mixed, complaint

_THREADS = 8
_ROWS = 20
_RSS_GROWTH = 6.0  # MB: a leak of 1 kB a call shows after 6 000 calls
_FILE_GROWTH = _THREADS  # each thread may yet come to hold a connection; a leak has no such end


@dataclass(frozen=True, slots=True)
class Sample:
    """Hold one look at this process.

    Attributes:
        seconds: since the start.
        calls: how many had ended.
        rss: resident memory, in MB.
        files: open file descriptors.
        threads: live threads.
    """

    seconds: float
    calls: int
    rss: float
    files: int
    threads: int


@dataclass(slots=True)
class Soak:
    """Make calls at a steady rate from several threads.

    Attributes:
        client: makes them.
        rate: calls a second.
        end: when to stop, on the monotonic clock.
    """

    client: corechat.Client
    rate: float
    end: float
    start: float = field(default_factory=time.monotonic)
    numbers: "itertools.count[int]" = field(default_factory=itertools.count)
    complaints: list[str] = field(default_factory=list)
    done: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def work(self) -> None:
        """Make calls until the end, each at its moment."""
        while True:
            with self.lock:
                number = next(self.numbers)
            due = self.start + number / self.rate
            if due > self.end:
                return
            time.sleep(max(0.0, due - time.monotonic()))
            wrong = complaint(self.client, number)
            with self.lock:
                self.done += 1
                if wrong:
                    self.complaints.append(wrong)

    def sample(self) -> Sample:
        """Look at this process."""
        gc.collect()
        pages = int(Path("/proc/self/statm").read_text().split()[1])
        return Sample(
            time.monotonic() - self.start,
            self.done,
            pages * os.sysconf("SC_PAGE_SIZE") / 1e6,
            sum(1 for _ in Path("/proc/self/fd").iterdir()),
            threading.active_count(),
        )


def run(backend: str, minutes: float, rate: float) -> tuple[list[Sample], list[str]]:
    """Run a soak.

    Args:
        backend: the transport's name.
        minutes: how long.
        rate: calls a minute.

    Returns:
        Samples of the process, and what was wrong.
    """
    command = [sys.executable, "-m", "tests.reliability.soak", "--serve"]
    with subprocess.Popen(  # noqa: S603 - this very interpreter, fixed words
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as server:
        assert server.stdin
        assert server.stdout
        port = int(server.stdout.readline())
        try:
            with corechat.Client(
                backend, base_url=f"http://127.0.0.1:{port}/v1", api_key=KEY, max_retries=4
            ) as client:
                soak = Soak(client, rate / 60, time.monotonic() + minutes * 60)
                return _observed(soak, minutes * 60 / _ROWS)
        finally:
            server.stdin.close()  # that ends it
            server.wait(10)


def _observed(soak: Soak, every: float) -> tuple[list[Sample], list[str]]:
    threads = [threading.Thread(target=soak.work) for _ in range(_THREADS)]
    for thread in threads:
        thread.start()
    samples: list[Sample] = []
    while any(thread.is_alive() for thread in threads):
        threads[0].join(every)
        samples.append(soak.sample())
    for thread in threads:
        thread.join()
    return samples, soak.complaints + growth(samples)


def growth(samples: list[Sample]) -> list[str]:
    """Say what grew between the second quarter of a soak and its last.

    Args:
        samples: in order. The first quarter warms up.
    """
    quarter = max(1, len(samples) // 4)
    early, late = samples[quarter : 2 * quarter], samples[-quarter:]
    complaints: list[str] = []
    for name, unit, bound in (("rss", " MB", _RSS_GROWTH), ("files", "", _FILE_GROWTH)):
        before = statistics.median(getattr(each, name) for each in early)
        after = statistics.median(getattr(each, name) for each in late)
        if after - before > bound:
            complaints.append(f"{name} grew from {before:.1f}{unit} to {after:.1f}{unit}")
    return complaints


def _serve() -> None:
    server: list[LoopbackServer] = []
    with LoopbackServer(Mixed().script(server)) as one:
        server.append(one)
        sys.stdout.write(f"{one.port}\n")
        sys.stdout.flush()
        sys.stdin.read()


def main() -> int:
    """Run a soak and print its table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=1.0)
    parser.add_argument("--rate", type=float, default=2000.0, help="calls a minute")
    parser.add_argument("--backend", default="httpx")
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.serve:
        _serve()
        return 0
    samples, complaints = run(args.backend, args.minutes, args.rate)
    print(f"{args.backend}, {args.rate:g} calls a minute")  # noqa: T201 - a script
    print("   seconds    calls   RSS MB   files  threads")  # noqa: T201 - a script
    for one in samples:
        print(  # noqa: T201 - a script
            f"{one.seconds:10.1f} {one.calls:8d} {one.rss:8.1f} {one.files:7d} {one.threads:8d}"
        )
    print("\n".join(complaints) or "flat, and every call ended as it must")  # noqa: T201 - a script
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main())
