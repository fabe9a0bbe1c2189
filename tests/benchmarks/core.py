"""The core alone: what checking, encoding, dispatching and decoding of one call cost.

It runs in a process of its own, as the other clients do: ``python core.py ROUNDS`` prints JSON.
"""

import json
import os
import random
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from cases import params_of
from clients import core_alone
from run import Results, Run, spread

CASES = ("small", "large", "tool-call", "text", "logprobs")
CALLS = 20


def _cpu(work: Callable[[], object]) -> float:
    started = time.process_time()
    for _ in range(CALLS):
        work()
    return (time.process_time() - started) / CALLS * 1e6


def _case(case: str, rounds: int) -> Results:
    """Give the microseconds of a whole call, and of its parts each called alone."""
    from corechat import ChatRequest

    params = params_of(case)
    with core_alone(case) as client:
        parts = client._parts
        request = ChatRequest(**params)
        response = parts.transport.send(None, None)
        decode = parts.dispatcher._decoder.decode
        steps: dict[str, Callable[[], object]] = {
            "whole": lambda: client.complete(**params),
            "check": lambda: ChatRequest(**params),
            "encode": lambda: parts.encoder.encode(request),
            "decode": lambda: decode(response, elapsed=0.0, attempts=1),
        }
        times: dict[str, list[float]] = {name: [] for name in steps}
        for _ in range(rounds):
            for name in random.sample(list(steps), len(steps)):
                times[name].append(_cpu(steps[name]))
    rest = zip(*times.values(), strict=True)
    times["dispatch"] = [whole - sum(others) for whole, *others in rest]
    return {name: spread(values) for name, values in times.items()}


def measure(run: Run) -> Results:
    """Measure each case in a new process."""
    rounds = str(max(int(200 * run.scale), 3))
    command = [sys.executable, str(Path(__file__)), rounds]
    done = subprocess.run(command, stdout=subprocess.PIPE, check=True)  # noqa: S603 - this file
    found: Results = json.loads(done.stdout)
    return found


if __name__ == "__main__":
    with suppress(AttributeError):  # not every system can pin
        os.sched_setaffinity(0, {0})
    print(json.dumps({case: _case(case, int(sys.argv[1])) for case in CASES}))  # noqa: T201 - read by the parent
