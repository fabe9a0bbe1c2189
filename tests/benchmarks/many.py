"""Many requests at a concurrency of 64 against a server that takes 20 ms: rate and CPU, in turns.

The client has one core, the server another. Run: ``python tests/benchmarks/many.py``; for some ways
only: ``--ways 'groq, threads' 'corechat httpx'``. ``--memory`` shows the peak of 1 000 and of
100 000 requests instead, each in a process of its own. litellm takes part where it is installed.
"""

import argparse
import asyncio
import contextlib
import importlib.util
import os
import random
import statistics
import subprocess
import sys
import time
from collections import deque
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from functools import partial
from importlib import import_module
from typing import Any

from answering_server import answering_server
from cases import CASES
from clients import CLIENTS, GROQ, KEY, TIMEOUT

import corechat

AT_ONCE = 64
DELAY = 0.02
PARAMS = CASES["small"]
BASELINE = "groq, threads"
Way = Callable[[int], object]
"""Sends so many requests."""


@contextmanager
def _threads(name: str, url: str) -> Iterator[Way]:
    with CLIENTS[name](url, "small") as call, ThreadPoolExecutor(AT_ONCE) as pool:
        yield lambda count: deque(pool.map(lambda _: call(), range(count)), maxlen=0)


@contextmanager
def _map(backend: str, url: str) -> Iterator[Way]:
    with corechat.Client(backend, base_url=f"{url}/v1", api_key=KEY, timeout=TIMEOUT) as client:

        def send(count: int) -> None:
            for outcome in client.map((PARAMS for _ in range(count)), concurrency=AT_ONCE):
                outcome.result()

        yield send


@contextmanager
def _gathered(connect: Callable[[], Awaitable[Any]], url: str, ask: Any) -> Iterator[Way]:
    """``asyncio.gather`` of as many tasks as may be at once, each sending one after another."""
    loop = asyncio.new_event_loop()
    client = loop.run_until_complete(connect())

    async def send(count: int) -> None:
        left = iter(range(count))

        async def work() -> None:
            for _ in left:
                await ask(client, url)

        await asyncio.gather(*(work() for _ in range(AT_ONCE)))

    try:
        yield lambda count: loop.run_until_complete(send(count))
    finally:
        loop.run_until_complete(client.close())
        loop.close()


@contextmanager
def _async_groq(url: str) -> Iterator[Way]:
    async def connect() -> Any:
        return import_module("groq").AsyncGroq(api_key=KEY, base_url=url, timeout=TIMEOUT)

    async def ask(client: Any, _: str) -> None:
        await client.chat.completions.create(**PARAMS)

    with _gathered(connect, url, ask) as send:
        yield send


@contextmanager
def _bare_aiohttp(url: str) -> Iterator[Way]:
    headers = {"Authorization": f"Bearer {KEY}"}

    async def connect() -> Any:
        aiohttp = import_module("aiohttp")
        return aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=AT_ONCE))

    async def ask(client: Any, url: str) -> None:
        endpoint = f"{url}/v1/chat/completions"
        async with client.post(endpoint, json=PARAMS, headers=headers) as response:
            await response.json()

    with _gathered(connect, url, ask) as send:
        yield send


@contextmanager
def _litellm(url: str) -> Iterator[Way]:
    os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"  # it would fetch one
    litellm = import_module("litellm")

    def send(count: int) -> None:
        answers = litellm.batch_completion(
            model="openai/m",
            messages=[PARAMS["messages"]] * count,
            max_workers=AT_ONCE,
            api_base=f"{url}/v1",
            api_key=KEY,
        )
        failed = [one for one in answers if isinstance(one, Exception)]
        assert not failed, failed[0]

    yield send


WAYS: dict[str, Callable[[str], Any]] = {
    BASELINE: partial(_threads, GROQ),
    "groq, async gather": _async_groq,
    "openai, threads": partial(_threads, "openai-python"),
    "litellm.batch_completion": _litellm,
    "aiohttp, bare gather": _bare_aiohttp,
    "corechat httpx": partial(_map, "httpx"),
    "corechat httpx2": partial(_map, "httpx2"),
    "corechat aiohttp": partial(_map, "aiohttp"),
    "corechat pyreqwest": partial(_map, "pyreqwest"),
}
if importlib.util.find_spec("litellm") is None:
    del WAYS["litellm.batch_completion"]


def measure(way: Way, count: int) -> tuple[float, float]:
    """Give requests a second, and CPU seconds a request."""
    started, cpu = time.perf_counter(), time.process_time()
    way(count)
    return count / (time.perf_counter() - started), (time.process_time() - cpu) / count


def compare(names: list[str], rounds: int, count: int) -> None:
    """Print each way's medians, and the medians of its ratios to the baseline's by round."""
    found: dict[str, list[tuple[float, float]]] = {name: [] for name in names}
    with answering_server(DELAY) as url, ExitStack() as stack:
        ways = {name: stack.enter_context(WAYS[name](url)) for name in names}
        for way in ways.values():
            measure(way, AT_ONCE)  # connections and caches
        for _ in range(rounds):
            for name in random.sample(names, len(names)):
                found[name].append(measure(ways[name], count))
    print(f"{'':26} {'requests/s':>10} {'x groq':>7} {'CPU us':>7} {'x groq':>7}")  # noqa: T201 - its purpose
    for name, values in found.items():
        peers = found.get(BASELINE, values)
        pairs = list(zip(values, peers, strict=True))
        rate, cpu = (statistics.median(one[at] for one in values) for at in (0, 1))
        ratios = [statistics.median(mine[at] / peer[at] for mine, peer in pairs) for at in (0, 1)]
        print(f"{name:26} {rate:10.0f} {ratios[0]:7.2f} {cpu * 1e6:7.0f} {ratios[1]:7.2f}")  # noqa: T201 - its purpose


def memory(backend: str, counts: tuple[int, ...] = (1_000, 100_000)) -> None:
    """Print the peak memory of so many requests, each number in a process of its own."""
    with answering_server() as url:
        for count in counts:
            command = [sys.executable, __file__, "--peak", backend, url, str(count)]
            done = subprocess.run(command, capture_output=True, text=True, check=True)  # noqa: S603 - this file
            print(f"{backend}: {count:7} requests, peak {done.stdout.strip()} MB")  # noqa: T201 - its purpose


def peak(backend: str, url: str, count: int) -> None:
    """Send so many requests, and print this process's peak memory in MB."""
    import resource  # noqa: PLC0415 - POSIX only

    with _map(backend, url) as send:
        send(count)
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)  # noqa: T201 - read by the parent


def main() -> None:
    """Compare, or show the memory."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--ways", nargs="+", choices=WAYS, default=list(WAYS))
    parser.add_argument("-n", "--rounds", type=int, default=5)
    parser.add_argument("-c", "--count", type=int, default=1000)
    parser.add_argument("--memory", metavar="BACKEND")
    parser.add_argument("--peak", nargs=3, help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.peak:
        backend, url, count = chosen.peak
        peak(backend, url, int(count))
        return
    if chosen.memory:
        memory(chosen.memory)
        return
    with contextlib.suppress(AttributeError):  # not every system can pin
        os.sched_setaffinity(0, {0})
    compare(chosen.ways, chosen.rounds, chosen.count)


if __name__ == "__main__":
    main()
