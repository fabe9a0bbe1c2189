"""The engine has a connection until HTTP/1.1 begins on it, and knows nothing of it from then on."""

from typing import Any

import httpcore
import pytest

from corechat.transport._deadline import Deadline
from corechat_httpx.call_state import CallState
from corechat_httpx.stream import Connected, DeadlineStream


class Inner:
    """The engine's stream, with answers that are there already."""

    def __init__(self, *answers: bytes) -> None:
        self.answers = list(answers)
        self.written: list[bytes] = []
        self.closed = False

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        del max_bytes, timeout
        return self.answers.pop(0)

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        del timeout
        self.written.append(buffer)

    def close(self) -> None:
        self.closed = True

    def start_tls(self, *_: object, **__: object) -> "Inner":
        return self

    def get_extra_info(self, info: str) -> Any:
        del info


@pytest.fixture
def state() -> CallState:
    state = CallState()
    state.begin(Deadline.after(60), 60)
    return state


def stream_over(inner: Inner, state: CallState) -> DeadlineStream:
    engine: Any = httpcore
    state.dialled = inner
    return DeadlineStream(engine, inner, state)


def test_a_request_of_http1_is_not_written_and_the_stream_is_given_away(state: CallState) -> None:
    inner = Inner()
    stream = stream_over(inner, state)
    with pytest.raises(Connected) as caught:
        stream.write(b"POST / HTTP/1.1\r\n\r\n")
    assert caught.value.stream is inner
    stream.close()  # as the engine does then
    state.end()
    assert not inner.closed
    assert not inner.written
    assert not state.sent


def test_http2_passes_unchanged(state: CallState) -> None:
    large = b"\n" * 70_000
    inner = Inner(b"settings", b"\r\nrest of a frame", large)
    stream = stream_over(inner, state)
    stream.write(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")
    assert (state.sent, state.reused, state.bytes_received) == (True, False, False)
    assert stream.read(65_536) == b"settings"
    stream.write(b"\x00\x00")
    assert stream.read(65_536) == b"\r\nrest of a frame"
    assert stream.read(65_536) == large
    assert inner.written == [b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", b"\x00\x00"]
    state.end()
    assert not inner.closed


@pytest.mark.parametrize(
    "said",
    [
        (b"\x05\x01\x02", b"\x01\x01u\x01p", b"\x05\x01\x00\x01\x7f\0\0\1\0\x50"),
        (b"CONNECT x:443 HTTP/1.1\r\n\r\n", b""),
    ],
)
def test_what_is_said_to_a_proxy_is_not_the_call(state: CallState, said: tuple[bytes, ...]) -> None:
    inner = Inner(b"\x05\x02")
    stream = stream_over(inner, state)
    for each in said:
        stream.write(each)
    assert stream.read(65_536) == b"\x05\x02"
    assert b"".join(inner.written) == b"".join(said)
    assert not state.sent
    assert not state.bytes_received
    state.end()
    assert inner.closed


@pytest.mark.parametrize("said", [b"\x05\x01\x00", b"CONNECT x:443 HTTP/1.1\r\n\r\n"])
def test_a_proxy_costs_no_more_than_connecting_may(state: CallState, said: bytes) -> None:
    state.begin(Deadline.after(60), 1e-9)
    stream = stream_over(Inner(), state)
    with pytest.raises(httpcore.ConnectTimeout):
        stream.write(said)
    with pytest.raises(httpcore.ConnectTimeout):
        stream.read(65_536)
