"""The battery of faults, met by corechat over each transport, and by groq-python and openai-python.

Run from the repository's root: ``python -m tests.benchmarks.faults``. It takes ten minutes, prints
the table of docs/reliability.md, and with ``--svg FILE`` draws it; ``--client groq --list`` names
what one client does wrong. The peers come with ``pip install groq openai``.

The peers are judged mildly: any exception of their own tree will do where no answer can be given,
the timeout is each attempt's, and only a request sent again after a whole 2xx head is one too many.
"""

import argparse
import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from tests.benchmarks.faults_chart import draw
from tests.benchmarks.peers import PEERS, peer_client
from tests.reliability.battery.fault import Call, Ending, Fault, Outcome, Run, nothing
from tests.reliability.battery.stage import judge, run
from tests.reliability.clients import BACKENDS, corechat_client
from tests.reliability.faults import GROUPS

_AT_ONCE = 8
_GRACE = 1.0
_BACK_OFF = 4.0
_TYPED = frozenset(
    {
        Outcome.OTHER,
        Outcome.NO_COMPLETION,
        Outcome.NO_WHOLE_ANSWER,
        Outcome.TIMEOUT,
        Outcome.TOO_LARGE,
    }
)
KINDS = ("wrong success", "untyped exception", "no end", "late", "requests", "wrong error", "other")
_SHOWN = {"requests": "maybe paid twice"}


@dataclass(slots=True)
class Score:
    """Hold what came of the battery for one client.

    Attributes:
        client: its name.
        met: faults met.
        handled: how many of them as a good client must, by group.
        wrong: fault to what was wrong.
        overrun: the most seconds by which a call outlived its timeout.
        memory: the most resident memory, in MB.
    """

    client: str
    met: int = 0
    handled: dict[str, int] = field(default_factory=dict)
    wrong: dict[str, str] = field(default_factory=dict)
    overrun: float = 0.0
    memory: float = 0.0

    def kinds(self) -> Counter[str]:
        """Count what was wrong, by kind."""
        return Counter(
            next((kind for kind in KINDS if text.startswith(kind)), "other")
            for text in self.wrong.values()
        )


def score(name: str) -> Score:
    """Run the whole battery against one client.

    Args:
        name: a backend of corechat, or a peer.
    """
    is_peer = name in PEERS
    client = peer_client(name) if is_peer else corechat_client(name)
    found = Score(name)
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        for group, faults in GROUPS.items():
            seen = list(pool.map(lambda fault: run(fault, client), faults))
            for fault, one in zip(faults, seen, strict=True):
                found.met += 1
                wrong = _judge_peer(fault, one) if is_peer else _judge_own(fault, one)
                if wrong:
                    found.wrong[fault.name] = wrong
                else:
                    found.handled[group] = found.handled.get(group, 0) + 1
                late = max((call.seconds for call in one.calls), default=0.0) - fault.timeout
                found.overrun = max(found.overrun, late)
    return found


def _judge_own(fault: Fault, seen: Run) -> str:
    wrong = judge(fault, seen, allowed=fault.timeout + _GRACE)
    return wrong[0] if wrong else fault.own(seen)


def _judge_peer(fault: Fault, seen: Run) -> str:
    """Judge mildly."""
    wanted = [fault.first] * (fault.calls - 1) + [fault.ending]
    calls = [
        replace(call, ending=want, text=fault.text) if _as_good(fault, want, call) else call
        for want, call in zip(wanted, seen.calls, strict=False)
    ]
    if seen.calls and seen.calls[-1].ending in fault.also:
        fault = replace(fault, check=nothing)  # it checks the one ending that is corechat's
    allowed = fault.timeout * (1 + min(fault.retries, 2)) + _BACK_OFF + _GRACE
    wrong = judge(fault, Run(calls, seen.received, seen.times), allowed=allowed, exact=False)
    return wrong[0] if wrong else ""


def _as_good(fault: Fault, wanted: Ending, call: Call) -> bool:
    """Tell whether a call ended in another way that will do."""
    if call.ending in fault.also or (call.ending in _TYPED and wanted in _TYPED):
        return True
    # it was tried again, and answered: whether that costs money, the number of requests tells
    return (
        call.ending is Outcome.ANSWER
        and call.text == fault.text
        and fault.calls > 1
        and fault.first == wanted
    )


def in_own_processes(names: list[str]) -> Iterator[Score]:
    """Run the battery against clients, each in a process of its own.

    Args:
        names: which.
    """
    for name in names:
        found = Score(**_read("tests.benchmarks.faults", "--json", "--client", name))
        module = "tests.benchmarks.peer_memory" if name in PEERS else "tests.reliability.memory"
        peaks: dict[str, float] = _read(module, name)
        found.memory = max(peaks.values())
        yield found


def _read(*words: str) -> Any:
    command = [sys.executable, "-m", *words]
    done = subprocess.run(command, stdout=subprocess.PIPE, check=True)  # noqa: S603 - fixed words
    return json.loads(done.stdout)


def table(scores: list[Score]) -> str:
    """Write the table of docs/reliability.md.

    Args:
        scores: one a client.
    """
    groups = {group: len(faults) for group, faults in GROUPS.items()}
    rows: list[list[Any]] = [["", *(one.client for one in scores)]]
    rows.append([f"handled, of {scores[0].met}", *(sum(s.handled.values()) for s in scores)])
    rows += [[f"{g}, of {n}", *(s.handled.get(g, 0) for s in scores)] for g, n in groups.items()]
    rows += [[_SHOWN.get(kind, kind), *(s.kinds()[kind] for s in scores)] for kind in KINDS]
    rows.append(["worst overrun of a timeout, s", *(f"{s.overrun:.2f}" for s in scores)])
    rows.append(["worst memory, MB", *(f"{s.memory:.0f}" for s in scores)])
    lines = ["| " + " | ".join(str(cell) for cell in row) + " |" for row in rows]
    lines.insert(1, "|" + "---|" * len(rows[0]))
    return "\n".join(lines)


def main() -> None:
    """Run what was asked for, and print it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--client", action="append", choices=(*BACKENDS, *PEERS))
    parser.add_argument("--list", action="store_true", help="name what is done wrong")
    parser.add_argument("--json", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--svg", type=Path, help="draw the table")
    args = parser.parse_args()
    names: list[str] = args.client or [*BACKENDS, *PEERS]
    if args.json:
        print(json.dumps(asdict(score(names[0]))), flush=True)  # noqa: T201 - what the parent reads
        os._exit(0)  # a client that hangs is not waited for
    scores = list(in_own_processes(names))
    print(table(scores))  # noqa: T201 - a script
    for one in scores if args.list else []:
        for fault, wrong in one.wrong.items():
            print(f"{one.client}: {fault}: {wrong}")  # noqa: T201 - a script
    if args.svg:
        shown = {
            one.client: {_SHOWN.get(kind, kind): count for kind, count in one.kinds().items()}
            for one in scores
        }
        kinds = [_SHOWN.get(kind, kind) for kind in KINDS]
        args.svg.write_text(draw(shown, scores[0].met, kinds))


if __name__ == "__main__":
    main()
