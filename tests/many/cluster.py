"""Map over a dask cluster; run in a process of its own, since dask changes how errors pickle.

Run: ``python cluster.py URL killed`` or ``… equal``; the key is in the environment.
"""

import os
import signal
import sys
from typing import Any

from distributed import Client as Cluster
from distributed import LocalCluster

from corechat import Client


def ask(text: object) -> dict[str, Any]:
    """Make the parameters of a request."""
    return {"model": "m", "messages": [{"role": "user", "content": str(text)}]}


def kill_one(client: Client, cluster: Cluster) -> None:
    """Kill a worker in the middle of 300 requests."""
    before = sorted(cluster.run(os.getpid).values())
    requests: list[Any] = [(n, ask("0.02")) for n in range(300)]
    keys = []
    for outcome in client.map(requests, executor=cluster.get_executor()):
        assert outcome.response is not None, outcome.error
        keys.append(outcome.key)
        if len(keys) == 50:
            os.kill(before[0], signal.SIGKILL)
    assert keys == list(range(300))
    assert before[0] not in cluster.run(os.getpid).values()


def send_equal(client: Client, cluster: Cluster) -> None:
    """Send the same request 20 times, in two runs."""
    for _ in range(2):
        outcomes = client.map([("same", ask("a"))] * 10, executor=cluster.get_executor())
        assert [one.result().text for one in outcomes] == ["a"] * 10


def main() -> None:
    """Start two worker processes, and map over them."""
    url, what = sys.argv[1:]
    with (
        LocalCluster(
            n_workers=2,
            threads_per_worker=4,
            processes=True,
            dashboard_address=None,
            host="127.0.0.1",
        ) as local,
        Cluster(local) as cluster,
        Client(provider="openai", base_url=url) as client,
    ):
        {"killed": kill_one, "equal": send_equal}[what](client, cluster)


if __name__ == "__main__":
    main()
