"""How a call's cost grows: with the calls before it, with the answer, with the conversation."""

import random
import time
from contextlib import ExitStack

from answering_server import answering_server
from client_process import ClientProcess, client_process
from clients import BARE, GROQ
from run import Results, Run, spread

CLIENTS = ("corechat httpx", "corechat pyreqwest", BARE, GROQ)
CALLS = (10, 100, 1_000, 10_000, 100_000)
SECONDS = {"corechat httpx": 40.0, "corechat pyreqwest": 40.0, BARE: 10.0, GROQ: 10.0}
"""For the calls of one client."""
BLOCK = 100
ANSWERS = (1_000, 10_000, 100_000, 1_000_000, 10_000_000)
MESSAGES = (1, 10, 100, 1_000)


def _after_calls(seconds: float, client: ClientProcess) -> dict[str, list[float]]:
    """Give the CPU microseconds of a call up to each number, for as long as there is time."""
    found: dict[str, list[float]] = {}
    client.ask("block", case="small", calls=1)  # imports, and a connection
    made = 1
    end = time.monotonic() + seconds
    for number in CALLS:
        blocks: list[float] = []
        while made < number and time.monotonic() < end:
            calls = min(BLOCK, number - made)
            blocks.append(client.ask("block", case="small", calls=calls)["cpu"] * 1e6)
            made += calls
        if blocks:
            found[str(made)] = spread(blocks)
    return found


def _by_size(run: Run, clients: dict[str, ClientProcess], case: str, size: int) -> Results:
    """Give the CPU microseconds of a call of one size."""
    times: dict[str, list[float]] = {name: [] for name in clients}
    for client in clients.values():
        client.ask("block", case=f"{case}-{size}", calls=2)
    for _ in run.rounds(15, 6):
        for name in random.sample(list(clients), len(clients)):
            took = clients[name].ask("block", case=f"{case}-{size}", calls=2)["cpu"]
            times[name].append(took * 1e6)
    return {name: spread(values) for name, values in times.items()}


def measure(run: Run) -> Results:
    """Measure the three."""
    with answering_server() as url, ExitStack() as stack:
        clients = {name: stack.enter_context(client_process(name, url)) for name in CLIENTS}
        return {
            "calls": {
                name: _after_calls(SECONDS[name] * run.scale, client)
                for name, client in clients.items()
            },
            "bytes": {str(size): _by_size(run, clients, "bytes", size) for size in ANSWERS},
            "messages": {str(size): _by_size(run, clients, "messages", size) for size in MESSAGES},
        }
