"""Every fault of the list, through corechat, with the outcome that it must have.

All run over httpx, and what a transport could get wrong over aiohttp, too. The conformance kit runs
over every transport; ``python -m tests.benchmarks.faults`` runs the whole list over any.
"""

import copy
import dataclasses
import pickle
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import pytest

from tests.reliability.battery.fault import Ending, Fault, Outcome, Run
from tests.reliability.battery.stage import judge, run
from tests.reliability.clients import corechat_client, own_complaints
from tests.reliability.faults import FAULTS, OF_TRANSPORTS

pytestmark = pytest.mark.slow

_AT_ONCE = 6
_GRACE = 0.5  # what the promise allows
_NOISE = 0.7  # a machine that is busy with six faults at once

_DECLARED: dict[str, dict[str, Ending]] = {
    # h11, by which httpx reads, takes an empty line before a head for the end of HTTP
    "httpx": {
        "empty lines before an answer": Outcome.NO_WHOLE_ANSWER,
        "empty lines that drip before the head": Outcome.NO_WHOLE_ANSWER,
    }
}
"""Faults that end otherwise over a backend, since its library decides them: a typed error still."""

_BY_NAME = {fault.name: fault for fault in FAULTS}
Runs = Callable[[str, Fault], Run]


@pytest.fixture(scope="module")
def runs(request: pytest.FixtureRequest) -> Iterator[Runs]:
    """Run all chosen faults at once, a few at a time, and hand out what came of each."""
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        found: dict[tuple[str, str], Future[Run]] = {}
        for item in request.session.items:
            params = _params(item)
            if item.path == request.path and params:
                backend, fault = params["backend"], params["fault"]
                found[backend, fault.name] = pool.submit(run, fault, corechat_client(backend))
        yield lambda backend, fault: found[backend, fault.name].result(60)
        pool.shutdown(cancel_futures=True)


def _of(backend: str, fault: Fault) -> Fault:
    """Give a fault with the ending that a backend declares for it."""
    ending = _DECLARED.get(backend, {}).get(fault.name)
    if ending is None:
        return fault
    return dataclasses.replace(fault, ending=ending, started=False)  # it cannot tell of a head


def _params(item: pytest.Item) -> dict[str, Any]:
    """Give the backend and the fault of a test, where it has them."""
    called = getattr(item, "callspec", None)
    return dict(called.params) if called is not None else {}


def test_the_list_is_long_and_names_every_fault_once() -> None:
    assert len(FAULTS) >= 130
    assert len(_BY_NAME) == len(FAULTS)


@pytest.mark.parametrize(
    ("backend", "fault"),
    [
        pytest.param(backend, _of(backend, fault), id=f"{backend}-{fault.name}")
        for backend, faults in (("httpx", FAULTS), ("aiohttp", OF_TRANSPORTS))
        for fault in faults
    ],
)
def test_every_fault_ends_as_it_must(backend: str, fault: Fault, runs: Runs) -> None:
    seen = runs(backend, fault)
    assert not judge(fault, seen, allowed=fault.timeout + _GRACE + _NOISE)
    assert not fault.own(seen)
    error = seen.calls[-1].error
    assert not own_complaints(fault, error)
    if error is not None:
        assert copy.deepcopy(error) == error
        assert pickle.loads(pickle.dumps(error)) == error  # noqa: S301 - our own error
