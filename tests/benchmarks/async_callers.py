"""200 calls of 0.2 s from an event loop: by asyncio's own threads, by a pool, by map in one thread.

Run: ``python tests/benchmarks/async_callers.py``.
"""

import asyncio
import os
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from answering_server import answering_server
from cases import CASES
from clients import KEY

import corechat

CALLS = 200
DELAY = 0.2
AT_ONCE = 64
PARAMS = CASES["small"]


async def to_thread(client: corechat.Client) -> None:
    """Use the loop's default executor: as many threads as cores and four, at most 32."""
    await asyncio.gather(*(asyncio.to_thread(client.complete, **PARAMS) for _ in range(CALLS)))


async def own_pool(client: corechat.Client) -> None:
    """Use an executor made for the calls."""
    loop = asyncio.get_running_loop()
    with ThreadPoolExecutor(AT_ONCE) as pool:
        call = partial(client.complete, **PARAMS)
        await asyncio.gather(*(loop.run_in_executor(pool, call) for _ in range(CALLS)))


async def mapped(client: corechat.Client) -> None:
    """Use `map`, iterated in one thread beside the loop."""
    await asyncio.to_thread(lambda: list(client.map([PARAMS] * CALLS, concurrency=AT_ONCE)))


def seconds(way: Callable[[corechat.Client], Awaitable[None]], client: corechat.Client) -> float:
    """Time one way."""
    started = time.perf_counter()
    asyncio.run(way(client))  # type: ignore[arg-type]
    return time.perf_counter() - started


def main() -> None:
    """Print the seconds of each."""
    print(f"{os.cpu_count()} cores")  # noqa: T201 - its purpose
    with (
        answering_server(DELAY) as url,
        corechat.Client(base_url=f"{url}/v1", api_key=KEY) as client,
    ):
        for way in (to_thread, own_pool, mapped):
            print(f"{way.__name__:10} {seconds(way, client):.1f} s")  # noqa: T201 - its purpose


if __name__ == "__main__":
    main()
