"""64 threads on one client against a server that takes 20 ms: requests a second, in turns, one run.

groq-python stands beside corechat's backends; it must be installed (``pip install groq``).
Run: ``python tests/benchmarks/threads.py``.
"""

import random
import statistics
import threading
import time
from collections.abc import Callable

import groq
from answering_server import answering_server

import corechat

THREADS = 64
DELAY = 0.02
SECONDS = 2.0
ROUNDS = 5
GROQ = "groq-python"
MESSAGES = [{"role": "user", "content": "hello"}]

Call = Callable[[], object]


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


def contenders(url: str) -> dict[str, Call]:
    """Make one client of each kind.

    Args:
        url: the server's URL without a path.
    """
    peer = groq.Groq(api_key="benchmark", base_url=url, timeout=30.0)
    calls: dict[str, Call] = {
        GROQ: lambda: peer.chat.completions.create(model="m", messages=MESSAGES)  # type: ignore[arg-type]
    }
    for backend in ("httpx", "httpx2", "aiohttp", "pyreqwest"):
        client = corechat.Client(backend, base_url=f"{url}/v1", api_key="benchmark", timeout=30)
        calls[f"corechat {backend}"] = lambda client=client: client.complete(
            model="m", messages=MESSAGES
        )
    return calls


def main() -> None:
    """Print a table: each contender's median, and its ratio to groq-python's."""
    with answering_server(DELAY) as url:
        calls = contenders(url)
        rates: dict[str, list[float]] = {name: [] for name in calls}
        for call in calls.values():
            call()
            requests_per_second(call)  # connections and caches
        for _ in range(ROUNDS):
            for name in random.sample(list(calls), len(calls)):
                rates[name].append(requests_per_second(calls[name]))
    peer = statistics.median(rates[GROQ])
    print(f"{'':18} {'requests/s':>11} {'x groq':>7}   (at most {THREADS / DELAY:.0f})")  # noqa: T201 - its purpose
    for name, values in rates.items():
        rate = statistics.median(values)
        print(f"{name:18} {rate:11.0f} {rate / peer:7.1f}")  # noqa: T201 - its purpose


if __name__ == "__main__":
    main()
