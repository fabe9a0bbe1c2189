"""CPU per typed call over the backend ``aiohttp`` beside bare, untyped aiohttp, in one run.

Bare aiohttp is one session on one loop, ``run_until_complete`` a call, a dict in and a dict out:
the least that a synchronous caller of aiohttp can pay. The contenders take short, shuffled turns;
a ratio is the median of the ratios of neighbouring turns.
Run: ``python tests/benchmarks/aiohttp_cpu.py``.
"""

import asyncio
import random
import statistics
import time
from collections.abc import Callable
from typing import Any

import aiohttp
from answering_server import answering_server
from replay_material import large, small

import corechat

ROUNDS = 200
CALLS = 15  # few, so that a round's contenders meet the same machine and the same garbage
BARE = "bare aiohttp"
FIELDS = {"Authorization": "Bearer benchmark", "User-Agent": "benchmark"}

Call = Callable[[], object]
Turn = Callable[[], float]


def cpu_per_call(call: Call) -> float:
    """Measure the process's CPU seconds of one call, over `CALLS` of them."""
    start = time.process_time()
    for _ in range(CALLS):
        call()
    return (time.process_time() - start) / CALLS


def measure(url: str, payload: dict[str, Any]) -> dict[str, list[float]]:
    """Time every contender in turns.

    Args:
        url: the server's URL without a path.
        payload: the request.

    Returns:
        Name to CPU seconds a call, one a round.
    """
    loop = asyncio.new_event_loop()

    async def session_() -> aiohttp.ClientSession:
        return aiohttp.ClientSession()

    session = loop.run_until_complete(session_())
    client = corechat.Client("aiohttp", base_url=f"{url}/v1", api_key="benchmark", timeout=30)

    async def post() -> object:
        address = f"{url}/v1/chat/completions"
        async with session.post(address, json=payload, headers=FIELDS) as response:
            return await response.json()

    async def inside_a_loop() -> float:
        return cpu_per_call(lambda: client.complete(**payload))

    contenders: dict[str, Turn] = {
        BARE: lambda: cpu_per_call(lambda: loop.run_until_complete(post())),
        "corechat": lambda: cpu_per_call(lambda: client.complete(**payload)),
        "corechat, in a loop": lambda: asyncio.run(inside_a_loop()),
    }
    times: dict[str, list[float]] = {name: [] for name in contenders}
    for turn in contenders.values():
        turn()  # connections and caches
    for _ in range(ROUNDS):
        for name in random.sample(list(contenders), len(contenders)):
            times[name].append(contenders[name]())
    loop.run_until_complete(session.close())
    loop.close()
    client.close()
    return times


def main() -> None:
    """Print a table: each contender's median CPU a call, and its ratio to bare aiohttp's."""
    print(f"{'':22} {'CPU us/call':>12} {'x bare':>8}   ({ROUNDS} rounds of {CALLS} calls)")  # noqa: T201 - its purpose
    with answering_server() as url:
        for size, payload in (("small", small(1)), ("large", large(1))):
            times = measure(url, payload)
            for name, values in times.items():
                pairs = zip(values, times[BARE], strict=True)
                ratio = statistics.median(mine / bare for mine, bare in pairs)
                median = statistics.median(values)
                print(f"{size} {name:22} {median * 1e6:12.1f} {ratio:8.2f}")  # noqa: T201 - its purpose


if __name__ == "__main__":
    main()
