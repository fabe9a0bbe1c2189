"""Calls run in any executor: threads, processes, a dask cluster; keys are read where they land."""

import multiprocessing
import os
import pickle
import signal
import threading
from collections.abc import Iterator
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from typing import Any

import pytest

import corechat
from corechat import ChatRequest, Client
from corechat._batch import work as work_module
from corechat._batch.work import Work
from corechat._call.options import CallOptions
from corechat.testing._kit.server import LoopbackServer
from corechat.transport import HttpResponse
from tests.core.support import KEY, client_of
from tests.many.support import ask, echo, many

BACKENDS = ["httpx", "httpx2", "aiohttp", "pyreqwest"]
STARTS = [
    (start, backend)
    for start in ("spawn", "forkserver", "fork")
    for backend in BACKENDS
    if (start, backend) != ("fork", "pyreqwest")  # it promises no fork
]
NUMBERS = [f"n{n}" for n in range(40)]


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[LoopbackServer]:
    """Give a server, and the key in the environment alone."""
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    with many() as server:
        yield server


def client_for(server: LoopbackServer, **options: Any) -> Client:
    return Client(provider="openai", base_url=f"{server.url}/v1", **options)


def pool(start: str, workers: int = 2) -> ProcessPoolExecutor:
    return ProcessPoolExecutor(workers, mp_context=multiprocessing.get_context(start))


def texts(outcomes: Any) -> list[str]:
    return [outcome.result().text for outcome in outcomes]


def keys_received(server: LoopbackServer) -> set[str]:
    return {value for one in server.received for value in one.values("Authorization")}


def test_threads_of_the_callers_own_share_the_client() -> None:
    with many() as server, client_of(server) as client, ThreadPoolExecutor(8) as executor:
        outcomes = client.map(map(ask, NUMBERS), executor=executor)
        assert texts(outcomes) == NUMBERS
        executor.submit(int).result()  # it stays the caller's
        assert len(server.connections) <= 8


@pytest.mark.parametrize(("start", "backend"), STARTS)
def test_processes_make_their_own_client(server: LoopbackServer, backend: str, start: str) -> None:
    with client_for(server, backend=backend) as client, pool(start) as executor:
        requests = [("key", ChatRequest(**ask(text))) for text in NUMBERS]
        outcomes = list(client.map(requests, executor=executor, concurrency=8))
    assert texts(outcomes) == NUMBERS
    assert {one.key for one in outcomes} == {"key"}
    assert outcomes[0].request is requests[0][1]
    assert keys_received(server) == {f"Bearer {KEY}"}
    assert len(server.connections) <= 2  # one client a process, not one a request


def test_neither_key_nor_stop_travels() -> None:
    client = Client(provider="openai", base_url="http://127.0.0.1:9/v1", api_key=KEY, max_retries=0)
    work = Work(client._complete, {}, CallOptions(), threading.Event(), None, governed=True)
    pickled = pickle.dumps(work)
    assert KEY.encode() not in pickled
    assert len(pickled) < 3000
    landed = pickle.loads(pickled)  # noqa: S301 - our own
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OPENAI_API_KEY", KEY)
        first = work_module._client.cache_info()
        assert [landed(n, ask("x"))[2] for n in range(3)] == [1, 1, 1]  # attempts: it was sent
        assert work_module._client.cache_info().misses == first.misses + 1


def forget() -> None:
    del os.environ["OPENAI_API_KEY"]


def test_a_missing_key_is_an_error_of_each_request(server: LoopbackServer) -> None:
    with client_for(server, api_key=KEY) as client, pool("spawn", 1) as executor:
        executor.submit(forget).result()
        outcomes = list(client.map([ask("a"), ask("b")], executor=executor))
    assert [type(one.error) for one in outcomes] == [corechat.ConfigurationError] * 2
    assert KEY not in str([one.error for one in outcomes])


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def test_a_pool_that_breaks_ends_the_run_with_what_came() -> None:
    def handler(parameters: dict[str, Any]) -> HttpResponse:
        return echo(parameters)

    del handler
    with many() as server, pytest.MonkeyPatch.context() as patch:
        patch.setenv("OPENAI_API_KEY", KEY)
        with client_for(server) as client, pool("spawn", 2) as executor:
            outcomes = client.map(map(ask, ["a", *["0.2"] * 60]), executor=executor, concurrency=6)
            assert next(outcomes).result().text == "a"
            executor.submit(die)
            rest = []
            with pytest.raises(corechat.ExecutorError, match="takes no more"):
                rest.extend(outcomes)
    assert any(isinstance(one.error, corechat.ExecutorError) for one in rest)
    assert "billed" in str(rest[-1].error)
    assert outcomes.stopped is not None


def test_an_executor_that_is_shut_down_takes_nothing() -> None:
    executor: Executor = ThreadPoolExecutor(1)
    executor.shutdown()
    with Client(base_url="http://127.0.0.1:9/v1", api_key=KEY) as client:
        outcomes = client.map([ask("a")], executor=executor)
        with pytest.raises(corechat.ExecutorError, match="takes no more"):
            next(outcomes)
    assert outcomes.unfinished == [(0, ask("a"))]


def test_leaving_cancels_what_has_not_begun() -> None:
    with many() as server, client_of(server) as client, ThreadPoolExecutor(1) as executor:
        with client.map([ask("0.2")] * 20, executor=executor, concurrency=10) as outcomes:
            next(outcomes)
        executor.shutdown()
        assert len(server.received) <= 3
