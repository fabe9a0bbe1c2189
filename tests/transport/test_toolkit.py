"""What a transport over somebody's library takes: callbacks, connections, and sockets."""

import gc
import socket
import threading
from collections.abc import Iterator

import pytest

from corechat.errors import ConfigurationError
from corechat.testing._kit.blackhole import BlackHole
from corechat.transport import (
    Connection,
    ConnectionFailure,
    Deadline,
    Exchange,
    ExchangeSocket,
    Headers,
    HttpRequest,
    PooledTransport,
    SocketConnection,
    TooLargeFailure,
    TransportFailure,
    TransportOptions,
)

OPTIONS = TransportOptions(max_body_bytes=10, max_error_body_bytes=4, max_header_bytes=40)


def new(
    url: str = "http://api.example/v1",
    seconds: float = 20,
    options: TransportOptions = OPTIONS,
) -> Exchange:
    request = HttpRequest("POST", url, Headers({"X-A": "b"}), b"body")
    return Exchange(request, Deadline.after(seconds), options)


@pytest.fixture
def exchange() -> Exchange:
    return new()


@pytest.fixture
def pair() -> Iterator[tuple[socket.socket, socket.socket]]:
    """Two sockets that are connected to each other."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        yield ours, theirs


def test_a_callback_tells_how_much_it_took(exchange: Exchange) -> None:
    line, body = exchange.callback(exchange.head_line), exchange.callback(exchange.feed)
    assert [line(b"HTTP/1.1 500 No\r\n"), line(b"\r\n")] == [17, 2]
    assert (body(b"1234"), exchange.truncated) == (4, False)
    assert (body(b"5"), exchange.truncated) == (0, True)
    response = exchange.response()
    assert (response.status, response.body, response.truncated) == (500, b"1234", True)


def test_a_failure_in_a_callback_is_kept_for_the_response(exchange: Exchange) -> None:
    line = exchange.callback(exchange.head_line)
    assert line(b"HTTP/1.1 200 OK\r\n") == 17
    assert line(b"X-A: " + b"v" * 40) == 0
    with pytest.raises(TooLargeFailure):
        exchange.response()


def test_what_is_wanted_is_one_byte_more_than_the_bound(exchange: Exchange) -> None:
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
    sock = ExchangeSocket(pair[0], exchange)
    assert (exchange.sent, exchange.received, exchange.reused) == (False, False, False)
    sock.sendall(b"request")
    assert (exchange.sent, exchange.received) == (True, False)
    pair[1].sendall(b"one\ntwo\n")
    with sock.makefile("rb") as file:
        assert file.readline() == b"one\n"
        pair[1].shutdown(socket.SHUT_WR)
        assert (file.readline(), exchange.ended) == (b"two\n", False)
        assert (file.readline(), exchange.ended) == (b"", True)
    second = new()
    sock.begin(second)
    assert (exchange.received, second.received, second.reused) == (True, False, True)
    assert sock.fileno() == pair[0].fileno()


def test_a_socket_keeps_the_deadline_though_bytes_keep_coming(
    pair: tuple[socket.socket, socket.socket],
) -> None:
    exchange = new(seconds=0.3, options=TransportOptions())
    stop = threading.Event()

    def drip() -> None:
        while not stop.wait(0.02):
            pair[1].sendall(b"x")

    thread = threading.Thread(target=drip)
    thread.start()
    sock = ExchangeSocket(pair[0], exchange)
    with sock.makefile() as file, pytest.raises(TimeoutError):
        file.read(100_000)
    stop.set()
    thread.join()


def test_a_head_over_its_bound_is_not_read_on(
    pair: tuple[socket.socket, socket.socket], exchange: Exchange
) -> None:
    sock = ExchangeSocket(pair[0], exchange)
    pair[1].sendall(b"x" * 50)
    assert len(sock.recv(100)) == 40
    with pytest.raises(TooLargeFailure):
        sock.recv(100)


def test_framing_without_an_end_is_not_read_on(
    pair: tuple[socket.socket, socket.socket],
) -> None:
    exchange = new(options=TransportOptions())
    sock, part = ExchangeSocket(pair[0], exchange), b"x" * 65536
    exchange.head(200, [])

    def read() -> None:
        pair[1].sendall(part)
        left = len(part)
        while left:
            left -= len(sock.recv(left))

    for _ in range(5):
        read()
    with pytest.raises(ConnectionFailure):
        read()
    exchange.feed(part)
    sock.recv(65536)


def test_where_sending_breaks_an_early_answer_is_still_read(
    pair: tuple[socket.socket, socket.socket], exchange: Exchange
) -> None:
    sock = ExchangeSocket(pair[0], exchange)
    pair[1].sendall(b"413")
    pair[1].close()
    sock.sendall(b"x")
    assert sock.recv(10) == b"413"


class Answered(Connection):
    """A connection that answers by itself, or fails."""

    errors = (ValueError,)
    made: list["Answered"] = []  # noqa: RUF012 - a test's

    def __init__(self) -> None:
        self.closed = 0
        self.made.append(self)

    def carry(self, exchange: Exchange) -> bool:
        if exchange.request.method == "FAIL":
            raise ValueError("words with the key")
        if exchange.request.method == "BUG":
            raise KeyError
        exchange.head(500 if exchange.request.method == "LONG" else 200, [])
        exchange.feed(b"12345")
        return True

    def close(self) -> None:
        self.closed += 1


@pytest.fixture
def transport() -> PooledTransport:
    Answered.made.clear()
    return PooledTransport(OPTIONS, Answered)


def send(transport: PooledTransport, method: str = "POST") -> bytes:
    request = HttpRequest(method, "http://api.example/", Headers(), b"")
    return transport.send(request, Deadline.after(20)).body


def test_a_connection_is_used_again_after_a_whole_response(transport: PooledTransport) -> None:
    assert [send(transport), send(transport)] == [b"12345"] * 2
    assert [made.closed for made in Answered.made] == [0]
    transport.close()
    assert [made.closed for made in Answered.made] == [1]
    with pytest.raises(ConfigurationError, match="closed"):
        send(transport)


@pytest.mark.parametrize(
    ("method", "kind"), [("FAIL", ConnectionFailure), ("BUG", KeyError), ("LONG", None)]
)
def test_a_connection_is_closed_after_anything_else(
    transport: PooledTransport, method: str, kind: type[Exception] | None
) -> None:
    if kind is None:
        assert send(transport, method) == b"1234"
    else:
        with pytest.raises(kind) as caught:
            send(transport, method)
        assert caught.value.__context__ is None
        assert "key" not in str(caught.value)
    assert [made.closed for made in Answered.made] == [1]


def test_connections_are_closed_with_a_transport_that_nobody_refers_to(
    transport: PooledTransport,
) -> None:
    forgotten = PooledTransport(OPTIONS, Answered)
    send(forgotten)
    del forgotten
    gc.collect()
    assert [made.closed for made in Answered.made] == [1]
    send(transport)


def test_a_connection_is_usable_until_bytes_or_the_end_come(
    pair: tuple[socket.socket, socket.socket],
) -> None:
    connection = Answered()
    assert connection.is_usable()
    connection.socket = pair[0].fileno()
    assert connection.is_usable()
    connection.socket = pair[0]
    pair[1].sendall(b"x")
    assert not connection.is_usable()
    pair[0].recv(1)
    assert connection.is_usable()
    pair[1].close()
    assert not connection.is_usable()


class Plain(SocketConnection):
    """Send, and take all that comes for the body."""

    def carry(self, exchange: Exchange) -> bool:
        sock = self.connect(exchange)
        sock.sendall(b"x")
        exchange.head(200, [])
        exchange.read(sock.recv)
        return False


def fail(url: str, options: TransportOptions = OPTIONS, seconds: float = 5.0) -> TransportFailure:
    transport = PooledTransport(options, Plain)
    request = HttpRequest("POST", url, Headers(), b"")
    with pytest.raises(TransportFailure) as caught:
        transport.send(request, Deadline.after(seconds))
    assert not caught.value.sent
    return caught.value


def test_connecting_takes_the_next_address_where_one_refuses(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        monkeypatch.setattr(
            "corechat.transport._sockets.resolve", lambda *_: ["127.0.0.2", "127.0.0.1"]
        )
        connection = Plain()
        exchange = new(f"http://two.example:{port}/")
        sock = connection.connect(exchange)
        assert sock.getpeername() == ("127.0.0.1", port)
        assert sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
        assert connection.connect(new(f"http://two.example:{port}/")) is sock
        connection.close()
        assert connection.connect(new(f"http://two.example:{port}/")) is not sock
        connection.close()


def test_connecting_ends_at_the_deadline() -> None:
    with BlackHole() as hole:
        assert "no connection by the deadline" in fail(hole.url, seconds=0.2).message


def test_a_refused_connection_is_named() -> None:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port = sock.getsockname()[1]
        assert f"127.0.0.1:{port}: Connection refused" in fail(f"http://127.0.0.1:{port}").message


def test_what_goes_through_a_proxy_in_clear_has_the_whole_url_and_the_proxy_s_credentials() -> None:
    own = [("Host", "api.example"), ("Content-Length", "4")]
    direct = new("http://api.example?a=%7e")
    assert Plain().head(direct) == ("/?a=%7e", [*own, ("X-A", "b")])
    assert Plain().head(new("http://me:key@api.example/v1")) == ("/v1", [*own, ("X-A", "b")])
    proxy = TransportOptions(proxy="http://user:pa%40ss@127.0.0.1:1")
    by_proxy = new("http://api.example/v1", options=proxy)
    credentials = ("Proxy-Authorization", "Basic dXNlcjpwYUBzcw==")
    fields = [*own, credentials, ("X-A", "b")]
    assert Plain().head(by_proxy) == ("http://api.example/v1", fields)
    secure = new("https://api.example/v1", options=proxy)
    assert Plain().head(secure) == ("/v1", [*own, ("X-A", "b")])


@pytest.mark.parametrize("proxy", ["socks5://127.0.0.1:1", "https://127.0.0.1:1"])
def test_a_proxy_of_another_kind_is_refused_by_name(proxy: str) -> None:
    with pytest.raises(ConfigurationError, match="http: proxies only"):
        Plain().connect(new(options=TransportOptions(proxy=proxy)))
