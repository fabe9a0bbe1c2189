"""Calls run on a real dask cluster, and the run ends complete though a worker is killed."""

import os
import signal
from collections.abc import Iterator
from typing import Any

import pytest
from distributed import Client as Cluster
from distributed import LocalCluster

from corechat import Client
from tests.core.support import KEY
from tests.many.support import ask, many


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    """Give two worker processes that know the key, and this process's way to them."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OPENAI_API_KEY", KEY)
        with (
            LocalCluster(
                n_workers=2,
                threads_per_worker=4,
                processes=True,
                dashboard_address=None,
                host="127.0.0.1",
            ) as local,
            Cluster(local) as cluster,
        ):
            yield cluster


def pids(cluster: Cluster) -> list[int]:
    found: dict[str, int] = cluster.run(os.getpid)
    return sorted(found.values())


def test_a_run_is_complete_though_a_worker_is_killed_in_the_middle(cluster: Cluster) -> None:
    before = pids(cluster)
    requests: list[Any] = [(n, ask("0.02")) for n in range(300)]
    keys = []
    with many() as server, Client(provider="openai", base_url=f"{server.url}/v1") as client:
        for outcome in client.map(requests, executor=cluster.get_executor()):
            assert outcome.response is not None, outcome.error
            keys.append(outcome.key)
            if len(keys) == 50:
                os.kill(before[0], signal.SIGKILL)
        assert {value for one in server.received for value in one.values("Authorization")} == {
            f"Bearer {KEY}"
        }
        assert 300 <= len(server.received) <= 300 + 32
    assert keys == list(range(300))
    assert before[0] not in pids(cluster)


def test_equal_requests_are_sent_as_often_as_they_stand_there(cluster: Cluster) -> None:
    with many() as server, Client(provider="openai", base_url=f"{server.url}/v1") as client:
        for _ in range(2):
            outcomes = client.map([("same", ask("a"))] * 10, executor=cluster.get_executor())
            assert [one.result().text for one in outcomes] == ["a"] * 10
        assert len(server.received) == 20
