"""What a replayed call costs, and what loading a cassette costs, beside vcrpy and cassetter.

CPU of this process, the best of several rounds (of a client's calls the median), in turn. Run:
``python tests/benchmarks/replay.py``. cassetter is left out where it is not installed: its pytest
plugin and pytest-recording exclude one another, so the extra ``dev`` does not hold it.
"""

import gc
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from importlib import import_module
from pathlib import Path
from typing import Any

import httpx
import vcr
import yaml
from replay_material import URL, Make, answer, as_sent, large, small, write

from corechat import Client
from corechat._http.messages import Headers, HttpRequest, HttpResponse
from corechat.transport import TransportOptions
from corechat.transport._deadline import Deadline
from corechat_replay.cassette.reader import load
from corechat_replay.factories import replay
from corechat_replay.record import RecordingTransport

SIZES = {small: (10, 100, 1000, 5000), large: (10, 100, 1000)}
ROUNDS = 7
FIELDS = {"Content-Type": "application/json"}
DEADLINE = Deadline.after(24 * 3600)
OPTIONS = TransportOptions()

Rows = dict[str, list[float]]


def say(line: str) -> None:
    """Print a line."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def cpu(work: Callable[[], object]) -> float:
    """Measure the CPU seconds of one piece of work."""
    gc.collect()
    start = time.process_time()
    work()
    return time.process_time() - start


def each(call: Callable[[Any], object], items: Iterable[Any]) -> Callable[[], None]:
    """Make the piece of work that calls a function with every item."""

    def work() -> None:
        for item in items:
            call(item)

    return work


def picked(size: int, count: int) -> list[int]:
    """Spread so many numbers over a cassette, the last one among them."""
    return [size - 1 - n * size // count for n in range(count)]


class Constant:
    """A transport that answers at once: what a call over it costs is encode and decode."""

    def __init__(self) -> None:
        headers = Headers({"content-type": "application/json"})
        self._response = HttpResponse(200, headers, json.dumps(answer(0)).encode())

    def send(self, request: HttpRequest, deadline: Deadline) -> HttpResponse:
        """Answer."""
        del request, deadline
        return self._response

    def close(self) -> None:
        """Do nothing."""


def transport_rows(folder: Path, rows: Rows) -> None:
    """Measure the replay transport alone, found by the same bytes and by the canonical form."""
    for make, sizes in SIZES.items():
        for size in sizes:
            transport = replay(
                OPTIONS, cassette=folder / f"{make.__name__}-{size}.json", repeat_last=True
            )
            numbers = picked(size, min(size, 500)) * 3
            spelt: dict[str, Callable[[dict[str, Any]], bytes]] = {
                "same bytes": as_sent,
                "other spelling": lambda value: json.dumps(value, indent=1).encode(),
            }
            for name, spell in spelt.items():
                requests = [HttpRequest("POST", URL, Headers(), spell(make(n))) for n in numbers]
                work = each(lambda request, t=transport: t.send(request, DEADLINE), requests)
                best = min(cpu(work) for _ in range(ROUNDS)) / len(requests) * 1e6
                rows.setdefault(f"corechat transport, {make.__name__}, {name}", []).append(best)


def client_rows(folder: Path, rows: Rows) -> None:
    """Measure whole calls, and what of them is neither encode nor decode."""
    bare = Client(Constant(), base_url="http://127.0.0.1/v1")
    for make, sizes in SIZES.items():
        for size in sizes:
            path = folder / f"{make.__name__}-{size}.json"
            client = Client(backend="replay", cassette=path, repeat_last=True)
            requests = [make(n) for n in picked(size, min(size, 60))]
            whole: list[float] = []
            beyond: list[float] = []
            for _ in range(60):  # in short turns, so that both meet the same machine
                took = cpu(each(lambda r, c=client: c.complete(**r), requests))
                whole.append(took / len(requests) * 1e6)
                rest = cpu(each(lambda r: bare.complete(**r), requests))
                beyond.append((took - rest) / len(requests) * 1e6)
            for name, values in (("whole call", whole), ("beyond encode, decode", beyond)):
                title = f"corechat Client, {make.__name__}, {name}"
                rows.setdefault(title, []).append(statistics.median(values))


def post(client: httpx.Client, bodies: list[bytes]) -> float:
    """Give the CPU microseconds of one call of httpx, under whatever patches it."""
    work = each(lambda body: client.post(URL, content=body, headers=FIELDS), bodies)
    return cpu(work) / len(bodies) * 1e6


def anchor_rows(folder: Path, rows: Rows) -> None:
    """Measure vcrpy and cassetter with the body in the match, less httpx itself."""
    try:
        cassetter = import_module("cassetter")
    except ImportError:
        cassetter = None
    for size in SIZES[small]:
        # vcrpy takes a second a call at 5 000 interactions
        bodies = [as_sent(small(n)) for n in picked(size, {1000: 20, 5000: 5}.get(size, size))]
        path = str(folder / f"small-{size}.yaml")
        mock = httpx.MockTransport(lambda _: httpx.Response(200, json=answer(0)))
        with httpx.Client(transport=mock) as client:
            bare = min(post(client, bodies) for _ in range(3))
        by_body = ["method", "uri", "body"]
        with (
            vcr.use_cassette(
                path, record_mode="none", match_on=by_body, allow_playback_repeats=True
            ),
            httpx.Client() as client,
        ):
            took = min(post(client, bodies) for _ in range(3))
        rows.setdefault("vcrpy, body matched, beyond httpx", []).append(took - bare)
        if cassetter is not None:
            took = 9e9
            for _ in range(3):
                with (
                    cassetter.use_cassette(
                        path, record_mode="none", match_on=["method", "uri", "json_body"]
                    ),
                    httpx.Client() as client,
                ):
                    took = min(took, post(client, bodies))
            rows.setdefault("cassetter, body matched, beyond httpx", []).append(took - bare)


def loading(folder: Path, make: Make) -> None:
    """Print what loading costs, as ratios to PyYAML's C loader on the same content."""
    ours = folder / f"{make.__name__}-1000.json"
    foreign = ours.with_suffix(".yaml")
    text = foreign.read_bytes()
    contenders: dict[str, Callable[[], object]] = {
        "yaml.CSafeLoader alone": lambda: yaml.load(text, yaml.CSafeLoader),
        "our own file, read": lambda: load(ours),
        "our own file, ready to play": lambda: replay(OPTIONS, cassette=ours),
        "foreign YAML, read": lambda: load(foreign),
        "foreign YAML, ready to play": lambda: replay(OPTIONS, cassette=foreign),
    }
    best = dict.fromkeys(contenders, 9e9)
    for _ in range(5):
        for name, work in contenders.items():
            best[name] = min(best[name], cpu(work))
    say(f"\nLoading 1000 interactions, {make.__name__} ({len(text) / 1e6:.1f} MB of YAML)")
    base = best["yaml.CSafeLoader alone"]
    for name, took in best.items():
        say(f"{name:>44} {took * 1e3:>9.1f} ms  {took / base:.3f}")


def recording(folder: Path) -> None:
    """Print what recording a call costs as the file grows."""
    say("\nRecorded call, ms of wall time: redaction, scan, and the file on disk")
    transport = RecordingTransport(Constant(), folder / "recorded.json")

    def record(number: int) -> float:
        request = HttpRequest("POST", URL, Headers(FIELDS), as_sent(small(number)))
        began = time.perf_counter()
        transport.send(request, DEADLINE)
        return (time.perf_counter() - began) * 1e3

    took: list[float] = []
    for size in (10, 1000, 4000):
        took += [record(number) for number in range(len(took), size + 100)]
        last = took[size:]
        say(f"{f'at {size}':>44} {statistics.median(last):>9.2f}  at best {min(last):.2f}")
    transport.close()


def main() -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for make, sizes in SIZES.items():
            for size in sizes:
                write(folder, make, size)
        rows: Rows = {}
        transport_rows(folder, rows)
        client_rows(folder, rows)
        anchor_rows(folder, rows)
        say(
            f"Replayed call, µs of CPU\n{'interactions':>44}"
            + "{:>10}{:>10}{:>10}{:>10}".format(*SIZES[small])
        )
        for title, row in rows.items():
            figures = "".join(f"{value:>10.1f}" for value in row)
            say(f"{title:>44}{figures}   last / first: {row[-1] / row[0]:.2f}")
        loading(folder, small)
        loading(folder, large)
        recording(folder)


if __name__ == "__main__":
    main()
