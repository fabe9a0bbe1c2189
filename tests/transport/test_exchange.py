"""Exchange: the head line by line or whole, the body within its bounds, and what a failure says."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corechat.transport import (
    ConnectionFailure,
    Exchange,
    TimeoutFailure,
    TooLargeFailure,
    TransportOptions,
    header_text,
)

OPTIONS = TransportOptions(max_body_bytes=10, max_error_body_bytes=4, max_header_bytes=200)


def lines(exchange: Exchange, *head: bytes) -> Exchange:
    for line in head:
        exchange.head_line(line + b"\r\n")
    return exchange


def test_a_response_is_made_of_lines_and_chunks() -> None:
    exchange = lines(
        Exchange(OPTIONS),
        b"HTTP/1.1 103 Early Hints",
        b"Link: <a>",
        b"",
        b"HTTP/1.1 200 OK",
        b"X-A:  one ",
        b"x-a: tw\xc3\xb6",
        b"",
    )
    assert exchange.feed(b"12345")
    assert exchange.feed(b"67890")
    response = exchange.response()
    assert response.status == 200
    assert response.headers.get_list("x-a") == ["one", "twö"]
    assert (response.body, response.truncated) == (b"1234567890", False)


def test_the_body_of_an_error_is_cut_at_its_bound() -> None:
    exchange = Exchange(OPTIONS)
    exchange.head(500, [(b"a", b"\xe9")])
    assert not exchange.feed(b"12345")
    assert exchange.response().body == b"1234"
    assert exchange.response().truncated
    assert exchange.headers["a"] == "é"


def test_what_is_over_a_bound_is_too_large() -> None:
    with pytest.raises(TooLargeFailure, match="head is over 200 bytes"):
        lines(Exchange(OPTIONS), b"HTTP/1.1 200 OK", *[b"a: " + b"x" * 20] * 10)
    exchange = Exchange(OPTIONS)
    exchange.head(200, [])
    with pytest.raises(TooLargeFailure, match="body is over 10 bytes"):
        exchange.feed(b"x" * 11)
    with pytest.raises(TooLargeFailure, match="body is over 10 bytes"):
        Exchange(OPTIONS).head(200, [("Content-Length", "11")])


@pytest.mark.parametrize("status", [0, 99, 101, 600, 999])
def test_a_status_that_ends_nothing_is_a_failure(status: int) -> None:
    with pytest.raises(ConnectionFailure, match="not HTTP"):
        Exchange(OPTIONS).head(status, [])


def test_what_is_not_a_head_and_a_body_without_one_are_failures() -> None:
    for head in ((b"SSH-2.0-OpenSSH_9", b""), (b"",)):
        with pytest.raises(ConnectionFailure, match="not HTTP"):
            lines(Exchange(OPTIONS), *head)
    with pytest.raises(ConnectionFailure, match="not HTTP"):
        Exchange(OPTIONS).feed(b"x")
    with pytest.raises(ConnectionFailure, match="not HTTP"):
        Exchange(OPTIONS).response()


def test_a_failure_says_how_far_the_exchange_had_come() -> None:
    exchange = Exchange(OPTIONS)
    failure = exchange.failure(ConnectionFailure, "cannot connect")
    assert (failure.sent, failure.bytes_received, failure.reused) == (False, False, False)
    assert failure.status is None
    exchange.sent = exchange.reused = True
    exchange.head(503, [("Retry-After", "3"), ("x-should-retry", "false")])
    late = exchange.failure(TimeoutFailure, "late")
    assert (late.sent, late.bytes_received, late.reused, late.status) == (True, True, True, 503)
    assert (late.retry_after, late.should_retry) == (3.0, False)


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_a_field_of_utf_8_is_read_as_such(text: str) -> None:
    assert header_text(text.encode()) == text


@given(st.binary())
def test_a_field_of_any_bytes_is_read(data: bytes) -> None:
    text = header_text(data)
    assert data in (text.encode("utf-8"), text.encode("latin-1", "replace"))
