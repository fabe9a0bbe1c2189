"""CPU of one call, of live clients in short, shuffled turns; ratios are paired by turn."""

import random
from contextlib import ExitStack
from typing import Final

from answering_server import answering_server
from cases import CASES
from client_process import ClientProcess, client_process
from clients import BARE, CLIENTS, FLOOR, GROQ, PEERS
from run import Results, Run, paired, spread

CALLS = 10  # few, so that a round's clients meet the same machine
SECONDS = 15.0  # a case
ROUNDS = 60
BASELINES: Final = (BARE, GROQ, FLOOR)
OWN_BARE = {f"corechat {library}": f"{library}, bare" for library in ("aiohttp", "pyreqwest")}


def start_clients(run: Run, url: str, stack: ExitStack) -> dict[str, ClientProcess]:
    """Start every client's process, on one core."""
    return {
        name: stack.enter_context(
            client_process(name, url, python=run.peers if name in PEERS else None)
        )
        for name in CLIENTS
        if run.peers or name not in PEERS
    }


def in_turns(
    run: Run, clients: dict[str, ClientProcess], case: str, calls: int = CALLS
) -> dict[str, list[float]]:
    """Give each client's CPU seconds a call, one figure a round."""
    times: dict[str, list[float]] = {name: [] for name in clients}
    for client in clients.values():
        client.ask("block", case=case, calls=calls)  # connections and caches
    for _ in run.rounds(ROUNDS, SECONDS):
        for name in random.sample(list(clients), len(clients)):
            times[name].append(clients[name].ask("block", case=case, calls=calls)["cpu"])
    return times


def _summed_up(times: dict[str, list[float]]) -> Results:
    """Give microseconds, and the ratios to the baselines and to the transport's own library."""
    return {
        name: {
            "us": spread([value * 1e6 for value in values]),
            "to": {other: paired(values, times[other]) for other in BASELINES},
            "own": paired(values, times[OWN_BARE[name]]) if name in OWN_BARE else None,
            "rounds": len(values),
        }
        for name, values in times.items()
    }


def measure(run: Run) -> Results:
    """Measure every client in every case."""
    with answering_server() as url, ExitStack() as stack:
        clients = start_clients(run, url, stack)
        return {case: _summed_up(in_turns(run, clients, case)) for case in CASES}
