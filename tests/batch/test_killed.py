"""A run that is killed goes on where it ended: every line once, repeats at most those in flight."""

from pathlib import Path

import pytest

from tests.batch.killing import kill_and_go_on
from tests.batch.support import counting, url_of, write_input

LINES = 300
KILLS = 5
CONCURRENCY = 8


@pytest.mark.parametrize("backend", ["httpx", "pyreqwest"])
def test_every_line_is_answered_once_after_kills_at_random_moments(
    tmp_path: Path, backend: str
) -> None:
    source = write_input(tmp_path / "in.jsonl", LINES)
    with counting(0.02) as (server, calls):
        found = kill_and_go_on(
            source,
            tmp_path / "out.jsonl",
            url_of(server),
            calls,
            backend=backend,
            kills=KILLS,
            concurrency=CONCURRENCY,
        )
    assert found.kills == KILLS
    assert found.answers == {f"line-{number}": 1 for number in range(LINES)}
    assert found.repeated <= KILLS * CONCURRENCY
