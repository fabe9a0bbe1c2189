"""The backend llamacpp keeps the deadline, and llama.cpp really stops."""

import asyncio
import json
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from corechat.transport import TimeoutFailure, TooLargeFailure, Transport, TransportOptions
from corechat_llamacpp.factories import llamacpp
from tests.llamacpp.local import ENDLESS, HELLO, PATIENT, ask, roomy, text

LATE = 0.5


@pytest.fixture(scope="module")
def one_slot(tiny_model_path: Path) -> Iterator[Transport]:
    transport = roomy(tiny_model_path, n_parallel=1)
    yield transport
    transport.close()


def is_busy(transport: Transport) -> bool:
    """Ask llama.cpp whether it generates."""
    slots: list[dict[str, Any]] = json.loads(ask(transport, method="GET", path="/slots").body)
    return any(slot["is_processing"] for slot in slots)


def wait_until(transport: Transport, *, busy: bool, seconds: float = PATIENT) -> bool:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if is_busy(transport) is busy:
            return True
        time.sleep(0.02 if busy else 1.5)  # llama.cpp needs a second in which nobody asks
    return False


def test_a_call_ends_at_its_deadline_and_the_model_is_free_again(one_slot: Transport) -> None:
    started = time.monotonic()
    with pytest.raises(TimeoutFailure) as raised:
        ask(one_slot, ENDLESS, seconds=0.4)
    assert 0.4 <= time.monotonic() - started < 0.4 + LATE
    assert raised.value.sent
    assert not raised.value.bytes_received
    assert wait_until(one_slot, busy=False), "llama.cpp goes on, though nobody waits"
    assert text(ask(one_slot, HELLO)) == "Hi!"


def test_calls_one_after_another_all_end_at_their_deadlines(one_slot: Transport) -> None:
    for _ in range(4):
        started = time.monotonic()
        with pytest.raises(TimeoutFailure):
            ask(one_slot, ENDLESS, seconds=0.4)
        assert time.monotonic() - started < 0.4 + LATE
    assert text(ask(one_slot, HELLO)) == "Hi!"


def test_a_call_that_waits_for_its_turn_ends_at_its_deadline_too(one_slot: Transport) -> None:
    first = threading.Thread(target=lambda: _until_time_out(one_slot, 2.0))
    first.start()
    assert wait_until(one_slot, busy=True)
    started = time.monotonic()
    with pytest.raises(TimeoutFailure):
        ask(one_slot, HELLO, seconds=0.3)
    assert time.monotonic() - started < 0.3 + LATE
    first.join(10)
    assert wait_until(one_slot, busy=False)


def _until_time_out(transport: Transport, seconds: float) -> None:
    with pytest.raises(TimeoutFailure):
        ask(transport, ENDLESS, seconds=seconds)


def test_an_interrupt_ends_a_call_and_stops_the_model(one_slot: Transport) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGALRM, interrupt)
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.3)
        started = time.monotonic()
        with pytest.raises(KeyboardInterrupt):
            ask(one_slot, ENDLESS, seconds=20)
        assert time.monotonic() - started < 5
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    assert wait_until(one_slot, busy=False)


def test_a_hundred_threads_are_all_answered(one_slot: Transport) -> None:
    answers: list[str] = []
    threads = [
        threading.Thread(target=lambda: answers.append(text(ask(one_slot, HELLO))))
        for _ in range(100)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert answers == ["Hi!"] * 100


def test_it_answers_inside_a_running_event_loop(one_slot: Transport) -> None:
    async def main() -> str:
        return text(ask(one_slot, HELLO))

    assert asyncio.run(main()) == "Hi!"


def test_an_answer_over_the_bound_is_too_large(tiny_model_path: Path) -> None:
    transport = llamacpp(TransportOptions(max_body_bytes=300), model_path=tiny_model_path)
    with pytest.raises(TooLargeFailure) as raised:
        ask(transport, HELLO)
    assert raised.value.limit == 300
    assert raised.value.status == 200
    transport.close()


def test_an_error_over_the_bound_is_cut(tiny_model_path: Path) -> None:
    options = TransportOptions(max_error_body_bytes=20)
    transport = llamacpp(options, model_path=tiny_model_path)
    response = ask(transport, b"{")
    assert (response.status, len(response.body), response.truncated) == (400, 20, True)
    transport.close()
