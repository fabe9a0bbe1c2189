"""CPU per call of the backend ``aiohttp`` beside bare aiohttp, in short, shuffled turns of one run.

Bare aiohttp is one session on one loop, ``run_until_complete`` a call: the least that a synchronous
caller of aiohttp can pay. Run: ``python tests/benchmarks/aiohttp_cpu.py``.
"""

import asyncio
import random
import statistics
import time
from collections.abc import Callable

import aiohttp
from answering_server import answering_server

from corechat._http.messages import Headers, HttpRequest
from corechat.transport import TransportOptions
from corechat.transport._deadline import Deadline
from corechat_aiohttp import factories

ROUNDS = 200
CALLS = 15  # few, so that a round's contenders meet the same machine and the same garbage
FIELDS = {
    "Authorization": "Bearer benchmark",
    "Content-Type": "application/json",
    "Accept": "application/json",
    "Accept-Encoding": "gzip, deflate",
    "User-Agent": "benchmark",
}
BARE = "bare aiohttp"
BODY = b'{"model":"m","messages":[{"role":"user","content":"hello"}]}'


def cpu_per_call(call: Callable[[], object]) -> float:
    """Measure the process's CPU seconds of one call, over `CALLS` of them."""
    start = time.process_time()
    for _ in range(CALLS):
        call()
    return (time.process_time() - start) / CALLS


def measure(url: str) -> dict[str, list[float]]:
    """Time every contender in turns.

    Args:
        url: the server's endpoint.

    Returns:
        Name to CPU seconds a call, one a round.
    """
    loop = asyncio.new_event_loop()

    async def session_() -> aiohttp.ClientSession:
        return aiohttp.ClientSession()

    session = loop.run_until_complete(session_())

    async def post() -> bytes:
        async with session.post(url, data=BODY, headers=FIELDS) as response:
            return await response.read()

    transport = factories.aiohttp(TransportOptions())
    request = HttpRequest("POST", url, Headers(FIELDS), BODY)

    def send() -> bytes:
        return transport.send(request, Deadline.after(10)).body

    async def inside_a_loop() -> float:
        return cpu_per_call(send)

    assert send() == loop.run_until_complete(post())
    contenders: list[tuple[str, Callable[[], float]]] = [
        (BARE, lambda: cpu_per_call(lambda: loop.run_until_complete(post()))),
        ("corechat", lambda: cpu_per_call(send)),
        ("corechat, in a loop", lambda: asyncio.run(inside_a_loop())),
    ]
    times: dict[str, list[float]] = {name: [] for name, _ in contenders}
    for _ in range(ROUNDS):
        random.shuffle(contenders)
        for name, turn in contenders:
            times[name].append(turn())
    loop.run_until_complete(session.close())
    loop.close()
    transport.close()
    return times


def main() -> None:
    """Print a table: each contender's median CPU a call, and its ratio to bare aiohttp's."""
    with answering_server() as url:
        times = measure(f"{url}/v1/chat/completions")
    bare = statistics.median(times[BARE])
    print(f"{'':22} {'CPU us/call':>12} {'x bare':>8}   ({ROUNDS} rounds of {CALLS} calls)")  # noqa: T201 - its purpose
    for name in sorted(times):
        median = statistics.median(times[name])
        print(f"{name:22} {median * 1e6:12.1f} {median / bare:8.2f}")  # noqa: T201 - its purpose


if __name__ == "__main__":
    main()
