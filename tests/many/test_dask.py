"""Calls run on a real dask cluster, and the run ends complete though a worker is killed."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.core.support import KEY
from tests.many.support import many

SCRIPT = Path(__file__).with_name("cluster.py")


@pytest.mark.parametrize(
    ("what", "least", "most"),
    [
        pytest.param("killed", 300, 300 + 32, id="a worker killed in the middle"),
        pytest.param("equal", 20, 20, id="equal requests"),
    ],
)
def test_a_run_over_a_cluster_is_complete(what: str, least: int, most: int) -> None:
    with many() as server:
        done = subprocess.run(  # noqa: S603 - our own interpreter and file
            [sys.executable, str(SCRIPT), f"{server.url}/v1", what],
            env={**os.environ, "OPENAI_API_KEY": KEY},
            capture_output=True,
            text=True,
            timeout=100,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        keys = {value for one in server.received for value in one.values("Authorization")}
        assert keys == {f"Bearer {KEY}"}
        assert least <= len(server.received) <= most
