"""Exchange: the head line by line or whole, the body within its bounds, and what a failure says."""

import socket
import ssl

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corechat.transport import (
    ConnectionFailure,
    Deadline,
    Exchange,
    Headers,
    HttpRequest,
    TimeoutFailure,
    TooLargeFailure,
    TransportOptions,
)
from corechat.transport._exchange import _text

OPTIONS = TransportOptions(max_body_bytes=10, max_error_body_bytes=4, max_header_bytes=200)
REQUEST = HttpRequest("POST", "https://api.example/v1", Headers(), b"")


def new(options: TransportOptions = OPTIONS) -> Exchange:
    return Exchange(REQUEST, Deadline.after(20), options)


def lines(exchange: Exchange, *head: bytes) -> Exchange:
    for line in head:
        exchange.head_line(line + b"\r\n")
    return exchange


def test_a_response_is_made_of_lines_and_chunks() -> None:
    exchange = lines(
        new(),
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
    exchange = new()
    exchange.head(500, [(b"a", b"\xe9")])
    assert not exchange.feed(b"12345")
    assert exchange.response().body == b"1234"
    assert exchange.response().truncated
    assert exchange.headers["a"] == "é"


def test_what_is_over_a_bound_is_too_large() -> None:
    with pytest.raises(TooLargeFailure, match="head is over 200 bytes"):
        lines(new(), b"HTTP/1.1 200 OK", *[b"a: " + b"x" * 20] * 10)
    exchange = new()
    exchange.head(200, [])
    with pytest.raises(TooLargeFailure, match="body is over 10 bytes"):
        exchange.feed(b"x" * 11)
    with pytest.raises(TooLargeFailure, match="body is over 10 bytes"):
        new().head(200, [("Content-Length", "11")])


@pytest.mark.parametrize("status", [0, 99, 101, 600, 999])
def test_a_status_that_ends_nothing_is_a_failure(status: int) -> None:
    with pytest.raises(ConnectionFailure, match="not HTTP"):
        new().head(status, [])


def test_what_is_not_a_head_and_a_body_without_one_are_failures() -> None:
    for head in ((b"SSH-2.0-OpenSSH_9", b""), (b"",)):
        with pytest.raises(ConnectionFailure, match="not HTTP"):
            lines(new(), *head)
    with pytest.raises(ConnectionFailure, match="not HTTP"):
        new().feed(b"x")
    with pytest.raises(ConnectionFailure, match="not HTTP"):
        new().response()


def test_a_failure_says_how_far_the_exchange_had_come() -> None:
    exchange = new()
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
    assert _text(text.encode()) == text


@given(st.binary())
def test_a_field_of_any_bytes_is_read(data: bytes) -> None:
    text = _text(data)
    assert data in (text.encode("utf-8"), text.encode("latin-1", "replace"))


@pytest.mark.parametrize("length", ["", "many", "-1", "1" * 5000, "٣", "1.5", "0x5"])
def test_a_length_that_is_not_a_number_is_a_failure(length: str) -> None:
    for status in (200, 500):
        with pytest.raises(ConnectionFailure, match="not HTTP") as caught:
            new().head(status, [("Content-Length", length)])
        assert caught.value.status == status


def test_a_length_that_is_said_twice_is_one() -> None:
    new().head(200, [("Content-Length", "5, 5")])
    new().head(200, [("Content-Length", "5"), ("content-length", "5")])
    with pytest.raises(ConnectionFailure, match="not HTTP"):
        new().head(200, [("Content-Length", "5"), ("content-length", "6")])


def test_an_error_that_announces_too_much_is_read_to_its_bound() -> None:
    exchange = new()
    exchange.head(500, [("Content-Length", "1000")])
    assert exchange.feed(b"123")
    assert not exchange.feed(b"45")
    assert not exchange.feed(b"67")
    assert exchange.response().body == b"1234"


def test_a_head_or_a_framed_body_that_the_end_cut_is_a_failure() -> None:
    exchange = new()
    exchange.ended = True
    with pytest.raises(ConnectionFailure, match="without a whole answer"):
        exchange.head(200, [])
    for field, is_cut in ((("Content-Length", "5"), True), (("Connection", "close"), False)):
        exchange = new()
        exchange.head(200, [field])
        exchange.feed(b"1234")
        exchange.ended = True
        if is_cut:
            with pytest.raises(ConnectionFailure, match="ended before it was whole"):
                exchange.response()
        else:
            assert exchange.response().body == b"1234"


def test_a_body_is_read_by_amounts_up_to_its_bound() -> None:
    parts, asked = [b"12", b"34", b"5", b""], []

    def read(size: int) -> bytes:
        asked.append(size)
        return parts.pop(0)

    exchange = new()
    exchange.head(500, [])
    exchange.read(read)
    assert asked == [5, 3, 1]
    assert exchange.response().truncated


def caused_by(cause: BaseException) -> Exception:
    error = RuntimeError("a library's words, with the key")
    error.__cause__ = cause
    return error


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (OSError(111, ""), "cannot connect to api.example:443: Connection refused"),
        (socket.gaierror(socket.EAI_NONAME, "Unknown"), "cannot resolve the host name"),
        (ssl.SSLError(1, ""), "the TLS handshake with api.example failed"),
        (RuntimeError("secret"), "cannot connect to api.example:443: RuntimeError"),
        (RuntimeError(7), "cannot connect to api.example:443: RuntimeError 7"),
    ],
)
def test_an_exception_is_named_by_its_cause_and_by_how_far_the_exchange_had_come(
    error: Exception, words: str
) -> None:
    for wrapped in (error, caused_by(error), RuntimeError("said", error)):
        failure = new().failed(wrapped)
        assert isinstance(failure, ConnectionFailure)
        assert failure.message.startswith(words)
        assert not failure.sent
    exchange = new()
    exchange.sent = True
    assert isinstance(exchange.failed(caused_by(TimeoutError())), TimeoutFailure)
    assert exchange.failed(error).sent


def test_an_exception_is_not_named_by_what_was_handled_before() -> None:
    exchange = new()
    exchange.sent = True
    error = ConnectionResetError(104, "")
    error.__context__ = TimeoutError()
    assert "the connection was lost" in exchange.failed(error).message


def test_what_went_wrong_with_a_proxy_is_said_without_its_url() -> None:
    exchange = new(TransportOptions(proxy="http://user:password@proxy.example"))
    message = exchange.failed(socket.gaierror(socket.EAI_NONAME, "Unknown")).message
    assert message == "cannot connect to the proxy: Unknown"
