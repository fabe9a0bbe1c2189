"""An error whose body is cut: what its head asked for is obeyed all the same."""

import time

import pytest

import corechat
from corechat.testing import Connection, LoopbackServer
from corechat.testing._kit.replies import head
from tests.reliability.battery.plays import FINE_REPLY
from tests.reliability.clients import BACKENDS

_ASK = corechat.ChatRequest(model="m", messages=[{"role": "user", "content": "hi"}])


def _cut(*fields: tuple[str, str]) -> bytes:
    return head(429, [*fields, ("Content-Length", "100")]) + b'{"error": '


@pytest.fixture(params=BACKENDS)
def backend(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def test_its_retry_after_is_waited_for(backend: str) -> None:
    times: list[float] = []

    def script(connection: Connection) -> None:
        connection.read_request()
        times.append(time.monotonic())
        connection.send(_cut(("Retry-After", "0.7")) if len(times) == 1 else FINE_REPLY)

    with (
        LoopbackServer(script) as server,
        corechat.Client(backend, base_url=f"{server.url}/v1", timeout=20) as client,
    ):
        assert client.complete(_ASK).text == "fine"
    assert len(times) == 2
    assert times[1] - times[0] >= 0.695


@pytest.mark.parametrize("field", [("x-should-retry", "false"), ("Retry-After", "300")])
def test_it_is_not_tried_again_where_the_head_forbids_it(
    backend: str, field: tuple[str, str]
) -> None:
    def script(connection: Connection) -> None:
        connection.read_request()
        connection.send(_cut(field))

    with (
        LoopbackServer(script) as server,
        corechat.Client(backend, base_url=f"{server.url}/v1", timeout=20) as client,
    ):
        with pytest.raises(corechat.APIConnectionError):
            client.complete(_ASK)
        assert len(server.received) == 1


def test_it_is_not_taken_for_a_stale_connection(backend: str) -> None:
    def script(connection: Connection) -> None:
        connection.read_request()
        connection.send(FINE_REPLY)
        connection.read_request()
        connection.send(_cut(("Retry-After", "0")))

    with (
        LoopbackServer(script) as server,
        corechat.Client(backend, base_url=f"{server.url}/v1", timeout=20, max_retries=0) as client,
    ):
        assert client.complete(_ASK).text == "fine"
        with pytest.raises(corechat.APIConnectionError):
            client.complete(_ASK)
        assert len(server.received) == 2
