"""What a transport over somebody's library takes: callbacks, sockets, quiet connections."""

import socket
import threading
from collections.abc import Iterator

import pytest

from corechat.testing._kit.blackhole import BlackHole
from corechat.transport import (
    ConnectionFailure,
    Deadline,
    Exchange,
    ExchangeSocket,
    Pool,
    TimeoutFailure,
    TooLargeFailure,
    TransportOptions,
    connect,
    is_quiet,
)

OPTIONS = TransportOptions(max_body_bytes=10, max_error_body_bytes=4, max_header_bytes=40)


@pytest.fixture
def exchange() -> Exchange:
    return Exchange(OPTIONS)


@pytest.fixture
def pair() -> Iterator[tuple[socket.socket, socket.socket]]:
    """Two sockets that are connected to each other."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        yield ours, theirs


def test_a_callback_tells_how_much_it_took(exchange: Exchange) -> None:
    line, body = exchange.callback(exchange.head_line), exchange.callback(exchange.feed)
    assert [line(b"HTTP/1.1 500 No\r\n"), line(b"\r\n")] == [17, 2]
    assert (body(b"1234"), exchange.stopped) == (4, False)
    assert (body(b"5"), exchange.stopped) == (0, True)
    response = exchange.response()
    assert (response.status, response.body, response.truncated) == (500, b"1234", True)


def test_a_failure_in_a_callback_is_kept_for_the_response(exchange: Exchange) -> None:
    line = exchange.callback(exchange.head_line)
    assert line(b"HTTP/1.1 200 OK\r\n") == 17
    assert line(b"X-A: " + b"v" * 40) == 0
    assert exchange.stopped
    with pytest.raises(TooLargeFailure):
        exchange.response()


def test_what_is_wanted_is_one_byte_more_than_the_bound(exchange: Exchange) -> None:
    assert exchange.wanted == 0
    exchange.head(200, [])
    assert exchange.wanted == 11
    exchange.feed(b"1234567890")
    assert exchange.wanted == 1


def test_being_late_says_what_was_awaited(exchange: Exchange) -> None:
    assert "connecting" in exchange.late().message
    exchange.sent = True
    assert "response head" in exchange.late().message
    exchange.head(200, [])
    late = exchange.late()
    assert ("body" in late.message, late.status, late.sent) == (True, 200, True)


def test_a_broken_connection_says_how_far_it_had_come(exchange: Exchange) -> None:
    exchange.sent = True
    assert exchange.broken(ConnectionResetError(104, "")).message.startswith("the connection was")
    exchange.head(200, [])
    assert exchange.broken().message.startswith("the response body ended")


def test_a_socket_tells_the_exchange_what_was_sent_and_received(
    pair: tuple[socket.socket, socket.socket], exchange: Exchange
) -> None:
    sock = ExchangeSocket(pair[0], exchange, Deadline.after(5))
    assert (exchange.sent, exchange.received, exchange.reused) == (False, False, False)
    sock.sendall(b"request")
    assert (exchange.sent, exchange.received) == (True, False)
    pair[1].sendall(b"one\ntwo\n")
    with sock.makefile("rb") as file:
        assert file.readline() == b"one\n"
        pair[1].shutdown(socket.SHUT_WR)
        assert (file.readline(), sock.ended) == (b"two\n", False)
        assert (file.readline(), sock.ended) == (b"", True)
    second = Exchange(OPTIONS)
    sock.begin(second, Deadline.after(5))
    assert (exchange.received, second.received, second.reused) == (True, False, True)
    assert sock.fileno() == pair[0].fileno()


def test_a_socket_keeps_the_deadline_though_bytes_keep_coming(
    pair: tuple[socket.socket, socket.socket], exchange: Exchange
) -> None:
    stop = threading.Event()

    def drip() -> None:
        while not stop.wait(0.02):
            pair[1].sendall(b"x")

    thread = threading.Thread(target=drip)
    thread.start()
    sock = ExchangeSocket(pair[0], exchange, Deadline.after(0.3))
    with sock.makefile() as file, pytest.raises(TimeoutError):
        file.read(100_000)
    stop.set()
    thread.join()


def test_a_connection_is_quiet_until_bytes_or_the_end_come(
    pair: tuple[socket.socket, socket.socket],
) -> None:
    assert is_quiet(-1)
    assert is_quiet(pair[0])
    pair[1].sendall(b"x")
    assert not is_quiet(pair[0].fileno())
    pair[0].recv(1)
    assert is_quiet(pair[0])
    pair[1].close()
    assert not is_quiet(pair[0])


class Item:
    """Something to lend."""

    closed = False

    def close(self) -> None:
        self.closed = True


def test_an_idle_item_that_is_not_usable_is_closed_and_another_one_is_lent() -> None:
    spoilt: set[Item] = set()
    pool = Pool(Item, usable=lambda item: item not in spoilt)
    first = pool.take(Deadline.after(5))
    pool.give_back(first, sound=True)
    assert pool.take(Deadline.after(5)) is first
    pool.give_back(first, sound=True)
    spoilt.add(first)
    assert pool.take(Deadline.after(5)) is not first
    assert first.closed


def test_nothing_is_lent_after_the_deadline() -> None:
    pool = Pool(Item)
    with pytest.raises(TimeoutFailure) as caught:
        pool.take(Deadline(0.0))
    assert not caught.value.sent


def test_connecting_takes_the_next_address_where_one_refuses(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        monkeypatch.setattr(
            "corechat.transport._resolving.resolve", lambda *_: ["127.0.0.2", "127.0.0.1"]
        )
        with connect("two.example", port, Deadline.after(5)) as sock:
            assert sock.getpeername() == ("127.0.0.1", port)
            assert sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


def test_connecting_ends_at_the_deadline() -> None:
    with BlackHole() as hole:
        port = int(hole.url.rpartition(":")[2])
        with pytest.raises(TimeoutFailure, match=f"127.0.0.1:{port} in time"):
            connect("127.0.0.1", port, Deadline.after(0.2))


def test_a_refused_connection_is_named() -> None:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port = sock.getsockname()[1]
        with pytest.raises(ConnectionFailure, match=f"127.0.0.1:{port}: Connection refused"):
            connect("127.0.0.1", port, Deadline.after(5))
