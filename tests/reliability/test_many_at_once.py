"""Sixteen threads on one client, and faults of every kind: every answer goes to its caller."""

import sys
import threading
from collections.abc import Iterator

import pytest

import corechat
from corechat.testing import LoopbackServer
from corechat.testing._kit.replies import reply
from corechat.testing._kit.scripts import each
from tests.reliability.battery.plays import completion
from tests.reliability.clients import BACKENDS, KEY
from tests.reliability.mixed import KINDS, Mixed, complaint, request_of

pytestmark = pytest.mark.slow

_THREADS = 16
_CALLS = 200


@pytest.mark.parametrize("backend", BACKENDS)
def test_every_answer_goes_to_its_caller(backend: str) -> None:
    mixed = Mixed()
    complaints: list[str] = []
    with (
        LoopbackServer(mixed.script([])) as server,
        corechat.Client(
            backend, base_url=f"{server.url}/v1", api_key=KEY, timeout=60, max_retries=4
        ) as client,
    ):

        def work(part: int) -> None:
            numbers = range(part * _CALLS, (part + 1) * _CALLS)
            complaints.extend([complaint(client, number) for number in numbers])

        threads = [threading.Thread(target=work, args=(part,)) for part in range(_THREADS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(90)
        assert not server.script_errors
    assert len(complaints) == _THREADS * _CALLS
    assert not [text for text in complaints if text]
    assert mixed.seen == {number: _sends(number) for number in range(_THREADS * _CALLS)}


@pytest.fixture
def _hurried_threads() -> Iterator[None]:
    """Let threads take turns a thousand times as often, so that races show."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(5e-6)
    yield
    sys.setswitchinterval(before)


@pytest.mark.usefixtures("_hurried_threads")
@pytest.mark.parametrize("backend", BACKENDS)
def test_what_is_left_over_in_one_thread_answers_no_call_of_another(backend: str) -> None:
    """A pool looks at a connection at one moment and gives it away at another."""
    wrong: list[str] = []
    poison = reply(completion("poison"))
    with (
        LoopbackServer(each(lambda _: reply(completion("fine")) + poison)) as server,
        corechat.Client(backend, base_url=server.url, api_key=KEY, timeout=60) as client,
    ):

        def work() -> None:
            for number in range(60):
                text = client.complete(request_of(number)).text
                if text != "fine":
                    wrong.append(text)

        threads = [threading.Thread(target=work) for _ in range(_THREADS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        assert len(server.received) == _THREADS * 60
    assert not wrong


def _sends(number: int) -> int:
    """Say how often a call's request must have come: more would cost money."""
    return 2 if KINDS[number % len(KINDS)].endswith("once") else 1
