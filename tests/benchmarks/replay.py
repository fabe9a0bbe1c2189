"""What a replayed call costs, and what loading a cassette costs, beside vcrpy and cassetter.

It is CPU, in short turns, in a new process: ``python replay.py FOLDER ROUNDS`` prints JSON.
"""

import gc
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

import yaml
from clients import core_alone
from replay_material import FIELDS, URL, Make, as_sent, large, small, spread_over, write
from run import Results, Run, spread

from corechat import Client
from corechat.transport import Deadline, Headers, HttpRequest, HttpResponse, TransportOptions
from corechat_replay.cassette.reader import load
from corechat_replay.factories import replay
from corechat_replay.record import RecordingTransport

SIZES = {small: (10, 500, 5000), large: (10, 500)}
PEER_SIZES = ("10", "500", "5000")
LOADED = 500
DEADLINE = Deadline.after(24 * 3600)
OPTIONS = TransportOptions()


def _cpu(work: Callable[[], object]) -> float:
    """Measure the CPU seconds of one piece of work."""
    gc.collect()
    started = time.process_time()
    work()
    return time.process_time() - started


def _each(call: Callable[[Any], object], items: Iterable[Any]) -> Callable[[], None]:
    """Make the piece of work that calls a function with every item."""

    def work() -> None:
        for item in items:
            call(item)

    return work


def _transports(folder: Path, rounds: int) -> Results:
    """Give the microseconds of the replay transport alone, by how a request is spelt."""
    spelt: dict[str, Callable[[dict[str, Any]], bytes]] = {
        "same bytes": as_sent,
        "other spelling": lambda value: json.dumps(value, indent=1).encode(),
    }
    found: Results = {}
    for make, sizes in SIZES.items():
        for size in sizes:
            path = folder / f"{make.__name__}-{size}.json"
            transport = replay(OPTIONS, cassette=path, repeat_last=True)
            numbers = spread_over(size, min(size, 200)) * (200 // min(size, 200))
            for name, spell in spelt.items():
                requests = [HttpRequest("POST", URL, Headers(), spell(make(n))) for n in numbers]
                work = _each(lambda request, t=transport: t.send(request, DEADLINE), requests)
                work()
                times = [_cpu(work) / len(requests) * 1e6 for _ in range(rounds)]
                found.setdefault(f"{make.__name__}, {name}", {})[str(size)] = spread(times)
    return found


def _calls(folder: Path, rounds: int) -> Results:
    """Give the microseconds of whole calls, and what of them is neither encode nor decode."""
    found: Results = {}
    with core_alone("small") as bare:
        for make, sizes in SIZES.items():
            for size in sizes:
                path = folder / f"{make.__name__}-{size}.json"
                client = Client("replay", cassette=path, repeat_last=True)
                requests = [make(n) for n in spread_over(size, 10)]
                whole: list[float] = []
                beyond: list[float] = []
                for _ in range(4 * rounds):  # in short turns, so that both meet the same machine
                    took = _cpu(_each(lambda r, c=client: c.complete(**r), requests))
                    rest = _cpu(_each(lambda r: bare.complete(**r), requests))
                    whole.append(took / len(requests) * 1e6)
                    beyond.append((took - rest) / len(requests) * 1e6)
                client.close()
                for name, values in (("whole call", whole), ("beyond the core", beyond)):
                    found.setdefault(f"{make.__name__}, {name}", {})[str(size)] = spread(values)
    return found


def _loading(folder: Path, make: Make) -> dict[str, float]:
    """Give the milliseconds of loading, at best, beside PyYAML's C loader on the same content."""
    ours = folder / f"{make.__name__}-{LOADED}.json"
    foreign = ours.with_suffix(".yaml")
    text = foreign.read_bytes()
    contenders: dict[str, Callable[[], object]] = {
        "yaml.CSafeLoader alone": lambda: yaml.load(text, yaml.CSafeLoader),
        "our own file, read": lambda: load(ours),
        "our own file, ready to play": lambda: replay(OPTIONS, cassette=ours),
        "YAML, read": lambda: load(foreign),
        "YAML, ready to play": lambda: replay(OPTIONS, cassette=foreign),
    }
    times: dict[str, list[float]] = {name: [] for name in contenders}
    for _ in range(3):
        for name, work in contenders.items():
            times[name].append(_cpu(work) * 1e3)
    return {name: min(values) for name, values in times.items()}


def _recording(folder: Path) -> dict[str, float]:
    """Give the milliseconds of wall time that recording a call takes, as the file grows."""

    class Constant:
        def send(self, request: HttpRequest, deadline: Deadline) -> HttpResponse:
            """Answer."""
            del request, deadline
            return HttpResponse(200, Headers(FIELDS), b"{}")

        def close(self) -> None:
            """Do nothing."""

    transport = RecordingTransport(Constant(), folder / "recorded.json")

    def record(number: int) -> float:
        request = HttpRequest("POST", URL, Headers(FIELDS), as_sent(small(number)))
        began = time.perf_counter()
        transport.send(request, DEADLINE)
        return (time.perf_counter() - began) * 1e3

    found: dict[str, float] = {}
    took: list[float] = []
    for size in (10, 1000):
        took += [record(number) for number in range(len(took), size + 100)]
        found[str(size)] = statistics.median(took[size:])
    transport.close()
    return found


def _own(folder: Path, rounds: int) -> Results:
    return {
        "transport": _transports(folder, rounds),
        "calls": _calls(folder, rounds),
        "loading": {make.__name__: _loading(folder, make) for make in SIZES},
        "recording": _recording(folder),
    }


def _printed(python: str | Path, script: str, *words: str) -> Results:
    command = [str(python), str(Path(__file__).with_name(script)), *words]
    done = subprocess.run(command, stdout=subprocess.PIPE, check=True)  # noqa: S603 - our scripts
    found: Results = json.loads(done.stdout.splitlines()[-1])
    return found


def measure(run: Run) -> Results:
    """Write cassettes, and measure each library on them in a process of its own."""
    with tempfile.TemporaryDirectory() as name:
        for make, sizes in SIZES.items():
            for size in sizes:
                write(Path(name), make, size)
        rounds = str(max(int(12 * run.scale), 3))
        found = _printed(sys.executable, "replay.py", name, rounds)
        peers = {"vcrpy": _printed(sys.executable, "replay_peers.py", "vcrpy", name, *PEER_SIZES)}
        if run.peers:
            words = ("cassetter", name, *PEER_SIZES)
            peers["cassetter"] = _printed(run.peers, "replay_peers.py", *words)
        return {**found, "peers": peers}


if __name__ == "__main__":
    with suppress(AttributeError):  # not every system can pin
        os.sched_setaffinity(0, {0})
    print(json.dumps(_own(Path(sys.argv[1]), int(sys.argv[2]))))  # noqa: T201 - read by the parent
