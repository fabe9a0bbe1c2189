"""Kill a run at random moments, start it again each time, and look at what stands in the end."""

import json
import random
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from tests.batch.support import Counting, finish, start


@dataclass(frozen=True, slots=True)
class Killed:
    """Hold what stood in the end.

    Attributes:
        kills: how often a run was killed.
        answers: how often each id stands in the output.
        repeated: how many calls were more than one a line.
    """

    kills: int
    answers: Counter[str]
    repeated: int


def kill_and_go_on(  # noqa: PLR0913 - one keyword each
    source: Path,
    output: Path,
    url: str,
    calls: Counting,
    *,
    backend: str,
    kills: int,
    concurrency: int,
    seed: int = 1,
) -> Killed:
    """Run a batch, SIGKILL it as it has written some lines, and so on; then let it end.

    Each kill waits for more lines than there were, so that it meets a run at work.
    """
    chance = random.Random(seed)  # noqa: S311 - moments, not secrets
    lines = count_lines(source)
    arguments = ("run", source, "-o", output, "--base-url", url, "--backend", backend)
    done = 0
    killed = 0
    for number in range(kills):
        process = start(*arguments, "--concurrency", concurrency)
        room = (lines - done) / (kills - number + 1)
        wanted = done + chance.uniform(0.3, 1.2) * room
        end = time.monotonic() + 60
        while process.poll() is None and count_lines(output) < wanted:
            assert time.monotonic() < end
            time.sleep(0.002)
        process.kill()
        killed += process.wait(30) == -9
        process.communicate()
        done = count_lines(output)
    code, _, told = finish(start(*arguments, "--concurrency", concurrency))
    assert code == 0, told
    answers = Counter(json.loads(one)["custom_id"] for one in output.read_bytes().splitlines())
    return Killed(killed, answers, sum(calls.calls.values()) - lines)


def count_lines(path: Path) -> int:
    """Count the lines that stand whole."""
    return path.read_bytes().count(b"\n") if path.exists() else 0
