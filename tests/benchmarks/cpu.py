"""CPU of one call, of many clients in short, shuffled turns of one run; ratios are paired by turn.

Each client asks the same of a server on loopback that answers at once from the other core. Run:
``python tests/benchmarks/cpu.py``; for some clients and cases only, and for more rounds:
``python tests/benchmarks/cpu.py --clients 'httpx, bare' 'corechat httpx' --cases small -n 200``.
"""

import argparse
import gc
import os
import random
import statistics
import time
from contextlib import ExitStack

from answering_server import answering_server
from clients import BARE, CASES, CLIENTS, GROQ, Call

CALLS = 10  # few, so that a round's clients meet the same machine


def cpu_per_call(call: Call) -> float:
    """Measure this process's CPU seconds of one call, over `CALLS` of them."""
    start = time.process_time()
    for _ in range(CALLS):
        call()
    return (time.process_time() - start) / CALLS


def measure(url: str, case: str, names: list[str], rounds: int) -> dict[str, list[float]]:
    """Time clients in turns.

    Args:
        url: the server's, without a path.
        case: a key of `CASES`.
        names: keys of `CLIENTS`.
        rounds: how many turns each client has.

    Returns:
        Name to CPU seconds a call, one a round.
    """
    times: dict[str, list[float]] = {name: [] for name in names}
    with ExitStack() as stack:
        calls = {name: stack.enter_context(CLIENTS[name](url, CASES[case])) for name in names}
        for call in calls.values():
            cpu_per_call(call)  # connections and caches
        gc.collect()
        gc.freeze()
        for _ in range(rounds):
            for name in random.sample(names, len(names)):
                times[name].append(cpu_per_call(calls[name]))
    return times


def ratio(times: dict[str, list[float]], name: str, to: str) -> str:
    """Give the median of the ratios of each round; nothing where one of the two did not run."""
    if to not in times:
        return ""
    pairs = zip(times[name], times[to], strict=True)
    return f"{statistics.median(mine / other for mine, other in pairs):.2f}"


def main() -> None:
    """Print a table for each case."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clients", nargs="+", choices=CLIENTS, default=list(CLIENTS))
    parser.add_argument("--cases", nargs="+", choices=CASES, default=list(CASES))
    parser.add_argument("-n", "--rounds", type=int, default=100)
    chosen = parser.parse_args()
    with answering_server() as url:  # on the last core
        if hasattr(os, "sched_setaffinity"):
            os.sched_setaffinity(0, {0})
        for case in chosen.cases:
            times = measure(url, case, chosen.clients, chosen.rounds)
            print(f"\n{case:20} {'CPU us/call':>12} {'x httpx':>8} {'x groq':>8}")  # noqa: T201 - its purpose
            for name in chosen.clients:
                median = statistics.median(times[name]) * 1e6
                to_bare, to_groq = ratio(times, name, BARE), ratio(times, name, GROQ)
                print(f"{name:20} {median:12.0f} {to_bare:>8} {to_groq:>8}")  # noqa: T201 - its purpose


if __name__ == "__main__":
    main()
