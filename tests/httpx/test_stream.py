"""What the engine writes and reads passes the stream unchanged: HTTP/1.1, HTTP/2, SOCKS."""

from typing import Any

import httpcore
import pytest

from corechat.deadline import Deadline
from corechat_httpx.call_state import CallState
from corechat_httpx.stream import DeadlineStream

_ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"


class Inner:
    """The engine's stream, with answers that are there already."""

    def __init__(self, *answers: bytes) -> None:
        self.answers = list(answers)
        self.written: list[bytes] = []
        self.readable = False

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        del max_bytes, timeout
        return self.answers.pop(0)

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        del timeout
        self.written.append(buffer)

    def close(self) -> None:
        pass

    def start_tls(self, *_: object, **__: object) -> "Inner":
        return self

    def get_extra_info(self, info: str) -> Any:
        return self.readable if info == "is_readable" else None


@pytest.fixture
def state() -> CallState:
    state = CallState()
    state.begin(Deadline.after(60), 60)
    return state


def stream_over(inner: Inner, state: CallState) -> DeadlineStream:
    engine: Any = httpcore
    return DeadlineStream(engine, inner, state, 65_536)


def test_head_and_body_of_a_request_go_out_together(state: CallState) -> None:
    inner = Inner(_ANSWER, _ANSWER)
    stream = stream_over(inner, state)
    for number in range(2):
        stream.write(b"POST / HTTP/1.1\r\n\r\n")
        stream.write(b"{}")
        assert stream.read(65_536) == _ANSWER
        assert stream.boundary.clean
        assert state.reused is (number == 1)
    assert inner.written == [b"POST / HTTP/1.1\r\n\r\n{}"] * 2


def test_a_request_without_a_body_goes_out_before_the_answer_is_read(state: CallState) -> None:
    inner = Inner(_ANSWER)
    stream = stream_over(inner, state)
    stream.write(b"GET / HTTP/1.1\r\n\r\n")
    assert stream.read(65_536) == _ANSWER
    assert inner.written == [b"GET / HTTP/1.1\r\n\r\n"]


def test_a_connection_on_which_bytes_wait_takes_no_further_request(state: CallState) -> None:
    inner = Inner(_ANSWER)
    stream = stream_over(inner, state)
    stream.write(b"GET / HTTP/1.1\r\n\r\n")
    stream.read(65_536)
    inner.readable = True
    with pytest.raises(httpcore.ConnectionNotAvailable):
        stream.write(b"GET / HTTP/1.1\r\n\r\n")


def test_no_byte_of_http2_is_taken_for_an_empty_line(state: CallState) -> None:
    large = b"\n" * 70_000  # and none for a head over the bound
    inner = Inner(b"settings", b"\r\nrest of a frame", large)
    stream = stream_over(inner, state)
    stream.write(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")
    assert stream.read(65_536) == b"settings"
    stream.write(b"")
    assert stream.read(65_536) == b"\r\nrest of a frame"
    stream.write(b"")
    assert stream.read(65_536) == large
    assert state.bytes_received


def test_the_handshake_with_a_socks_proxy_is_no_exchange(state: CallState) -> None:
    inner = Inner(b"\x05\x02", b"\x01\x00", b"\x05\x00\x00\x01\0\0\0\0\0\0", _ANSWER)
    stream = stream_over(inner, state)
    for said in (b"\x05\x01\x02", b"\x01\x01u\x01p", b"\x05\x01\x00\x01\x7f\0\0\1\0\x50"):
        stream.write(said)
        assert inner.written[-1] == said
        inner.readable = True  # the proxy may have closed: that is no stale connection
        stream.read(65_536)
    assert not state.sent
    assert not state.bytes_received
    stream.write(b"POST / HTTP/1.1\r\n\r\n")
    stream.write(b"{}")
    assert state.sent
    assert not state.reused
    assert inner.written[-1] == b"POST / HTTP/1.1\r\n\r\n{}"
    assert stream.read(65_536) == _ANSWER
    assert stream.boundary.clean


def test_a_socks_proxy_that_says_nothing_costs_no_more_than_connecting_may(
    state: CallState,
) -> None:
    state.begin(Deadline.after(60), 1e-9)
    stream = stream_over(Inner(), state)
    stream.write(b"\x05\x01\x00")
    with pytest.raises(httpcore.ConnectTimeout):
        stream.read(65_536)
