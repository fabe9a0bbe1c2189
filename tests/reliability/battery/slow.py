"""Servers that take their time: no call outlives its timeout."""

from corechat.testing import Connection, ReceivedRequest
from corechat.testing._kit.replies import CHUNKED_HEAD, chunk, head
from tests.reliability.battery.fault import Fault, Outcome, Play, Run
from tests.reliability.battery.plays import (
    FINE,
    FINE_REPLY,
    answers,
    drips,
    error,
    fields,
    fine,
    in_order,
    pauses,
    says,
    waits,
)

_TIMEOUT = 0.8
_LENGTH = head(fields=fields("Content-Length: 100000", "Content-Type: application/json"))
_GZIPPED = head(fields=fields("Content-Length: 100000", "Content-Encoding: gzip"))


def _late(name: str, play: Play, *, started: bool = False) -> Fault:
    return Fault(
        name=name, plays=(play,), ending=Outcome.TIMEOUT, started=started, timeout=_TIMEOUT
    )


def _unread(connection: Connection) -> None:
    connection.read_head()
    connection.sleep(9.0)


def _read_slowly(connection: Connection) -> None:
    for _ in range(40):
        connection.read_some(20_000)
        connection.sleep(0.2)


def _silent(connection: Connection) -> None:
    connection.sleep(9.0)


def _alternates(connection: Connection, _: ReceivedRequest) -> None:
    """Send a byte of an answer that is a second away from its end each second."""
    connection.send(FINE_REPLY[:-5])
    connection.drip(FINE_REPLY[-5:], 1.0)


def _in_time(run: Run) -> str:
    call = run.calls[-1]
    return f"gave up after {call.seconds:.2f} s" if call.seconds > 1.7 else ""


SLOW: tuple[Fault, ...] = (
    _late("silence after the request", waits()),
    _late("a head that stops", waits(b"HTTP/1.1 200 OK\r\nContent-")),
    _late("a head that drips", drips(b"HTTP/1.1 200 OK\r\nX-A: ", b"b")),
    _late("header fields that drip", drips(b"HTTP/1.1 200 OK\r\n", b"X-A: b\r\n")),
    _late("empty lines that drip before the head", drips(b"", b"\r\n")),
    _late("100 Continue, and no more", waits(b"HTTP/1.1 100 Continue\r\n\r\n")),
    _late("1xx replies that drip", drips(b"", b"HTTP/1.1 102 Processing\r\n\r\n")),
    _late("200: a body that never begins, without a close", waits(_LENGTH), started=True),
    _late("200: a body that stops", waits(_LENGTH + FINE[:50]), started=True),
    _late("200: a body that drips", drips(_LENGTH, b" "), started=True),
    _late("200: white space in chunks that drip", drips(CHUNKED_HEAD, chunk(b" ")), started=True),
    _late("200: a chunk size that drips", drips(CHUNKED_HEAD, b"0"), started=True),
    _late("200: a chunk extension that drips", drips(CHUNKED_HEAD + b"2;", b"x"), started=True),
    _late(
        "200: trailers that drip",
        drips(CHUNKED_HEAD + chunk(FINE) + b"0\r\n", b"X-A: b\r\n"),
        started=True,
    ),
    _late("200: a body without framing that drips", drips(head(), b" "), started=True),
    _late("200: a gzip body that drips", drips(_GZIPPED, b"\x1f"), started=True),
    _late("200: an answer whose end drips", _alternates, started=True),
    _late("500: a body that drips", drips(head(500, fields("Content-Length: 1000")), b"x")),
    _late("429: a body that stops", waits(head(429, fields("Content-Length: 1000")))),
    Fault(
        name="a request of 8 MB that nobody reads",
        ending=Outcome.TIMEOUT,
        greet=_unread,
        timeout=_TIMEOUT,
        prompt=8_000_000,
    ),
    Fault(
        name="a request of 8 MB that is read slowly",
        ending=Outcome.TIMEOUT,
        requests=0,
        greet=_read_slowly,
        timeout=_TIMEOUT,
        prompt=8_000_000,
    ),
    Fault(
        name="nobody answers the attempt to connect",
        ending=Outcome.TIMEOUT,
        requests=0,
        place="black hole",
        timeout=_TIMEOUT,
    ),
    Fault(
        name="nobody answers the TLS handshake",
        ending=Outcome.TIMEOUT,
        requests=0,
        place="plain for https",
        greet=_silent,
        timeout=_TIMEOUT,
    ),
    Fault(
        name="a TLS handshake whose answer drips",
        ending=Outcome.TIMEOUT,
        requests=0,
        place="plain for https",
        greet=lambda connection: connection.drip(b"\x16\x03\x03\x40\x00" + b"\2" * 60, 0.15),
        timeout=_TIMEOUT,
    ),
    Fault(
        name="a 503, then silence",
        plays=(error(503), waits()),
        ending=Outcome.TIMEOUT,
        requests=2,
        timeout=2.5,
    ),
    Fault(
        name="503 as often as the client asks",
        # the second attempt has a second and a half; there is no time for a third
        plays=(error(503, fields=fields("Retry-After: 2")),),
        ending=503,
        requests=None,
        timeout=3.5,
        retries=1000,
    ),
    Fault(
        name="an answer that comes slowly, but in time",
        plays=(in_order(pauses(0.6), fine),),
        ending=Outcome.ANSWER,
        started=True,
        timeout=5.0,
        check=_in_time,
    ),
    Fault(
        name="an answer whose body drips, but in time",
        plays=(
            in_order(
                drips(CHUNKED_HEAD, chunk(b" "), 0.1, 0.6), says(chunk(FINE)), says(b"0\r\n\r\n")
            ),
        ),
        ending=Outcome.ANSWER,
        started=True,
        timeout=5.0,
    ),
    Fault(
        name="a 500 that comes slowly, then an answer",
        plays=(in_order(pauses(0.3), answers(b"{}", 500)), fine),
        ending=Outcome.ANSWER,
        requests=2,
        timeout=6.0,
    ),
)
