"""64 threads on one client against a server that takes 20 ms: requests a second, in turns, one run.

Run: ``python tests/benchmarks/threads.py``; for some clients only:
``python tests/benchmarks/threads.py --clients groq-python 'corechat httpx'``.
"""

import argparse
import random
import statistics
import threading
import time
from contextlib import ExitStack

from answering_server import answering_server
from clients import CASES, CLIENTS, GROQ, Call

THREADS = 64
DELAY = 0.02
SECONDS = 2.0


def requests_per_second(call: Call) -> float:
    """Call from `THREADS` threads for `SECONDS`."""
    counts = [0] * THREADS
    start = time.perf_counter()
    end = start + SECONDS

    def work(index: int) -> None:
        while time.perf_counter() < end:
            call()
            counts[index] += 1

    threads = [threading.Thread(target=work, args=(index,)) for index in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(counts) / (time.perf_counter() - start)


def main() -> None:
    """Print a table: each client's median, and the median of its ratios to groq-python's."""
    parser = argparse.ArgumentParser(description=__doc__)
    threaded = [name for name in CLIENTS if name != "aiohttp, bare"]  # a loop is one thread's
    default = [GROQ, *(name for name in threaded if name.startswith("corechat"))]
    parser.add_argument("--clients", nargs="+", choices=threaded, default=default)
    parser.add_argument("-n", "--rounds", type=int, default=5)
    chosen = parser.parse_args()
    rates: dict[str, list[float]] = {name: [] for name in chosen.clients}
    with answering_server(DELAY) as url, ExitStack() as stack:
        calls = {
            name: stack.enter_context(CLIENTS[name](url, CASES["small"])) for name in chosen.clients
        }
        for call in calls.values():
            requests_per_second(call)  # connections and caches
        for _ in range(chosen.rounds):
            for name in random.sample(chosen.clients, len(chosen.clients)):
                rates[name].append(requests_per_second(calls[name]))
    print(f"{'':20} {'requests/s':>11} {'x groq':>7}   (at most {THREADS / DELAY:.0f})")  # noqa: T201 - its purpose
    for name, values in rates.items():
        pairs = zip(values, rates.get(GROQ, values), strict=True)
        ratio = statistics.median(mine / peer for mine, peer in pairs)
        print(f"{name:20} {statistics.median(values):11.0f} {ratio:7.2f}")  # noqa: T201 - its purpose


if __name__ == "__main__":
    main()
