"""Responses are read as h11 reads them, which httpx's own client uses, and no byte further."""

import h11
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corechat.testing._kit.scripts import CHUNKED_HEAD, chunk, chunked, reply
from corechat.transport import TransportOptions
from corechat_httpx.response_head import BrokenResponseError, ResponseHead, parse_head
from corechat_httpx.response_reader import HeadTooLargeError, ResponseReader

_OK = b"HTTP/1.1 200 OK\r\n"
_FIELDS = TransportOptions()

Read = tuple[int, list[tuple[bytes, bytes]], bytes]


def reader_of(*pieces: bytes, options: TransportOptions = _FIELDS) -> ResponseReader:
    """Make a reader of a connection that says so much, and then ends."""
    coming = iter(pieces)
    return ResponseReader(lambda: next(coming, b""), options)


def read(data: bytes) -> tuple[Read, bool]:
    """Read a response: what it is, and whether its connection may be used again."""
    reader = reader_of(data)
    head = reader.read_head()
    body = reader.read_body(head).body
    pairs = [(name.lower().encode(), value.encode("latin-1")) for name, value in head.headers.pairs]
    return (head.status, pairs, body), head.persistent and reader.clean


def read_by_h11(data: bytes) -> tuple[Read, bool]:
    """Do the same by h11."""
    peer = h11.Connection(h11.CLIENT)
    peer.send(h11.Request(method="GET", target="/", headers=[("Host", "x")]))
    peer.send(h11.EndOfMessage())
    body = b""
    for piece in (data, b""):
        peer.receive_data(piece)
        while (event := peer.next_event()) is not h11.NEED_DATA:
            if isinstance(event, h11.Response):
                head = event
            elif isinstance(event, h11.Data):
                body += bytes(event.data)
            elif isinstance(event, h11.EndOfMessage):
                kept = peer.their_state is h11.DONE and not peer.trailing_data[0]
                return (head.status_code, list(head.headers), body), kept
            elif not isinstance(event, h11.InformationalResponse):
                raise h11.RemoteProtocolError("protocols were switched")
    raise h11.RemoteProtocolError("it is not whole")


_STARTS = st.sampled_from(
    [_OK, b"HTTP/1.1 204 \r\n", b"HTTP/1.0 200 OK\r\n", b"HTTP/1.1 500\r\n", b"HTTP/1.1 2", b"HTTP"]
)
_LINES = st.sampled_from(
    [
        b"Content-Length: 5\r\n",
        b"content-length: 6\r\n",
        b"Transfer-Encoding: chunked\r\n",
        b"Transfer-Encoding: gzip, chunked\r\n",
        b"Connection: keep-alive, Close\r\n",
        b"X: y\r\n",
        b"X: \xff\r\n",
        b"X:y\n",
        b" folded\r\n",
        b"X : y\r\n",
        b": y\r\n",
        b"nope\r\n",
        b"X: a\0b\r\n",
        b"X: a\rb\r\n",
        b"HTTP/1.1 100 Continue\r\n\r\n",
        b"\r\n",
        b"\r\n",
        b"\n",
    ]
)
_BODIES = st.sampled_from(
    [
        b"hello",
        b"hell",
        b"5\r\nhello\r\n",
        b"5;a=b\r\nhello\r\n",
        b"5 \r\nhello\r\n",
        b"05\r\nhello\r\n",
        b"5\nhello\n",
        b"-5\r\nhello\r\n",
        b"5\r\nhelloo\r\n",
        b"0\r\n\r\n",
        b"0\r\nt: u\r\n\r\n",
        b"0\r\nbad\r\n\r\n",
        _OK,
    ]
)


@settings(max_examples=800, deadline=None)
@given(_STARTS, st.lists(_LINES, max_size=5), st.lists(_BODIES, max_size=4))
def test_what_h11_refuses_is_refused_and_what_it_reads_is_read_alike(
    start: bytes, lines: list[bytes], bodies: list[bytes]
) -> None:
    data = start + b"".join(lines) + b"".join(bodies)
    try:
        theirs, kept_by_them = read_by_h11(data)
    except h11.RemoteProtocolError:
        if start.startswith(b"HTTP/1.1 204"):
            return  # has no body, whatever its framing fields say (RFC 9112 §6.3)
        with pytest.raises(BrokenResponseError):
            read(data)
        return
    ours, kept = read(data)
    pairs = list(dict.fromkeys(ours[1]))  # h11 drops a Content-Length that is said twice
    assert (ours[0], pairs, ours[2]) == (theirs[0], list(dict.fromkeys(theirs[1])), theirs[2])
    assert kept_by_them or not kept


def test_a_body_in_pieces_of_any_size_is_whole() -> None:
    data = chunked(b"a" * 70_000, b"b" * 100_000)[:-5] + chunk(b"end") + b"0\r\nx: y\r\n\r\n"
    for size in (1, 13, 65_536, len(data)):
        reader = reader_of(*[data[at : at + size] for at in range(0, len(data), size)])
        head = reader.read_head()
        assert reader.read_body(head).body == b"a" * 70_000 + b"b" * 100_000 + b"end"
        assert reader.clean


@pytest.mark.parametrize("surplus", [b"\r\n", b"x", reply()])
@pytest.mark.parametrize("response", [reply(b"hello"), chunked(b"hello"), _OK[:9] + b"204\r\n\r\n"])
def test_bytes_after_a_response_are_seen_and_not_read(response: bytes, surplus: bytes) -> None:
    reader = reader_of(response + surplus)
    reader.read_body(reader.read_head())
    assert not reader.clean


def test_a_response_to_head_has_no_body() -> None:
    reader = ResponseReader(iter([reply(b"hello")[:-5], b""]).__next__, _FIELDS, to_head=True)
    assert reader.read_body(reader.read_head()).body == b""
    assert reader.clean


def test_a_response_to_head_may_announce_more_than_the_bound() -> None:
    data = _OK + b"Content-Length: 999999999999\r\n\r\n"
    reader = ResponseReader(iter([data, b""]).__next__, _FIELDS, to_head=True)
    assert reader.read_body(reader.read_head()).body == b""


@pytest.mark.parametrize(
    "data",
    [
        b"HTTP/1.2 200 OK\r\nContent-Length: 5\r\n\r\nhello",  # RFC 9110 §2.5
        CHUNKED_HEAD + b"0" * 30 + b"5\r\nhello\r\n000\r\n\r\n",
        b"\r\n\r\n" + reply(b"hello"),
    ],
)
def test_unusual_responses_are_read(data: bytes) -> None:
    reader = reader_of(data)
    head = reader.read_head()
    assert reader.read_body(head).body == b"hello"
    assert head.persistent
    assert reader.clean


@pytest.mark.parametrize(
    "data",
    [
        b"HTTP/2 200\r\n\r\n",
        b"ICY 200 OK\r\n\r\n",
        b"HTTP/1.1 0200 OK\r\n\r\n",
        b"HTTP/1.1 \xb2\xb9\xb2 OK\r\n\r\n",
        b"HTTP/1.1 101 Switching Protocols\r\n\r\n",
        _OK + b"Content-Length: 5, 6\r\n\r\nhello",
        _OK + b"Content-Length: +5\r\n\r\nhello",
        _OK + b"Content-Length:\r\n\r\n",
        _OK + b"Content-Length: " + b"9" * 20 + b"\r\n\r\n",
        _OK + b" X: y\r\n\r\n",
        _OK + b"Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n",
        CHUNKED_HEAD + b"5\r\nhellox\r\n0\r\n\r\n",
        CHUNKED_HEAD + b"5" + b";" * 20_000,
        CHUNKED_HEAD + b"0\r\n" + b"x: y\r\n" * 20_000 + b"\r\n",
    ],
)
def test_what_is_no_response_is_refused(data: bytes) -> None:
    reader = reader_of(data)
    with pytest.raises(BrokenResponseError):
        reader.read_body(reader.read_head())


def test_what_can_be_no_response_is_not_waited_for() -> None:
    def waits() -> bytes:
        raise AssertionError

    pieces = iter([b"HTTQ"])
    reader = ResponseReader(lambda: next(pieces, None) or waits(), _FIELDS)
    with pytest.raises(BrokenResponseError):
        reader.read_head()


@pytest.mark.parametrize(
    "data",
    [
        _OK + b"x: " + b"y" * 1000,
        b"HTTP/1.1 100\r\n\r\n" * 100 + _OK + b"\r\n",
        b"\r\n" * 600,
        _OK + b"x: y\r\n" * 200 + b"\r\n",
    ],
)
def test_heads_over_their_bound_are_refused(data: bytes) -> None:
    for size in (1, len(data)):
        pieces = [data[at : at + size] for at in range(0, len(data), size)]
        with pytest.raises(HeadTooLargeError):
            reader_of(*pieces, options=TransportOptions(max_header_bytes=1000)).read_head()


@pytest.mark.parametrize(
    ("fields", "persistent"),
    [
        (b"Content-Length: 5\r\n", True),
        (b"Transfer-Encoding: chunked\r\n", True),
        (b"Content-Length: 5\r\nConnection: Keep-Alive\r\n", True),
        (b"Content-Length: 5\r\nConnection: x, CLOSE\r\n", False),
        (b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", False),
        (b"", False),
    ],
)
def test_a_head_tells_whether_the_connection_stays(fields: bytes, *, persistent: bool) -> None:
    assert parse_head(_OK + fields + b"\r\n").persistent is persistent
    assert not parse_head(b"HTTP/1.0 200 OK\r\n" + fields + b"\r\n").persistent


def test_a_head_is_read_as_it_was_written() -> None:
    head = parse_head(
        b"HTTP/1.1 429 Too Many\r\nX-One: a\r\nx-one:\tb \r\nFold: a\r\n  b\r\n\tc\r\n"
        b"Name: gr\xc3\xbcn\r\nOld: gr\xfcn\r\nContent-Length: 7\r\n\r\n"
    )
    assert head == ResponseHead(
        status=429, headers=head.headers, chunked=False, length=7, persistent=True
    )
    assert list(head.headers.pairs) == [
        ("X-One", "a"),
        ("x-one", "b"),
        ("Fold", "a b c"),
        ("Name", "grün"),
        ("Old", "grün"),
        ("Content-Length", "7"),
    ]
