"""Nothing that a server sends is read or kept beyond the bounds of TransportOptions."""

import gzip
import time

from corechat.testing._kit.connection import Connection
from corechat.testing._kit.expectations import expect, expect_equal
from corechat.testing._kit.failures import expect_flags
from corechat.testing._kit.harness import LATE, PATIENT, Harness
from corechat.testing._kit.promise import PromiseGroup
from corechat.testing._kit.scripts import (
    CHUNKED_HEAD,
    always,
    chunk,
    chunked,
    head,
    in_turn,
    reply,
    then_close,
    then_wait,
)
from corechat.testing._kit.server import Script
from corechat.transport import (
    TooLargeFailure,
    TransportFailure,
    TransportOptions,
)

BOUNDS = PromiseGroup("bounds")

_KIB = 1024
_MIB = 1024 * _KIB
_FLOOD = 64 * _MIB
_IN_FLIGHT = 16 * _MIB
_SMALL = TransportOptions(
    max_body_bytes=100 * _KIB, max_error_body_bytes=1000, max_header_bytes=16 * _KIB
)


def _flood(start: bytes, repeated: bytes) -> Script:
    """Send without end; the client is expected to go long before that."""

    def script(connection: Connection) -> None:
        connection.read_request()
        connection.send(start)
        connection.pour(repeated, _FLOOD)

    return script


def _refuses_flood(harness: Harness, script: Script, kind: type[TransportFailure]) -> None:
    """Check that a flood ends in a failure, soon, and that the client stopped reading."""
    server = harness.serve(script)
    start = time.monotonic()
    harness.fail(harness.transport(_SMALL), harness.request(server.url), kind)
    expect(time.monotonic() - start <= PATIENT + LATE, "ended late")
    connection = server.connections[0]
    server.wait_until(lambda: connection.gone_at is not None)
    expect(connection.gone_at is not None, "the connection of a refused response stays open")
    expect(connection.sent < _IN_FLIGHT, f"took {connection.sent} bytes before it stopped")


@BOUNDS.promise
def _length_refused_unread(harness: Harness) -> None:
    """Refuses a body whose Content-Length is over the bound, without reading it."""
    length = 10_000_000_000
    server = harness.serve(then_wait(head(fields=[("Content-Length", str(length))])))
    request = harness.request(server.url)
    failure = harness.fail(harness.transport(_SMALL), request, TooLargeFailure, 2.0)
    expect_flags(failure, status=200, response_started=True, limit=_SMALL.max_body_bytes)


@BOUNDS.promise
def _chunks_stopped(harness: Harness) -> None:
    """Stops reading a chunked body at the bound."""
    _refuses_flood(harness, _flood(CHUNKED_HEAD, chunk(b"x" * 4096)), TooLargeFailure)


@BOUNDS.promise
def _one_huge_chunk(harness: Harness) -> None:
    """Stops reading a single chunk of 4 GB at the bound."""
    _refuses_flood(harness, _flood(CHUNKED_HEAD + b"ffffffff\r\n", b"x"), TooLargeFailure)


@BOUNDS.promise
def _close_delimited_stopped(harness: Harness) -> None:
    """Stops reading a body without framing at the bound."""
    _refuses_flood(harness, _flood(head(), b"x"), TooLargeFailure)


@BOUNDS.promise
def _at_the_bound(harness: Harness) -> None:
    """Gives a body back that is exactly as long as the bound."""
    body = b"x" * _SMALL.max_body_bytes
    for answer in (reply(body), chunked(body[:-1], body[-1:])):
        response = harness.answer(always(answer), _SMALL)
        expect_equal(len(response.body), len(body), "length of the body")
        expect(not response.truncated, "the body is marked as truncated")


@BOUNDS.promise
def _over_by_one(harness: Harness) -> None:
    """Refuses a body that is one byte over the bound, and says how far it may go."""
    body = b"x" * (_SMALL.max_body_bytes + 1)
    for answer in (reply(body), chunked(body[:-1], body[-1:])):
        failure = harness.failure(always(answer), TooLargeFailure, _SMALL)
        expect_flags(failure, status=200, limit=_SMALL.max_body_bytes)


@BOUNDS.promise
def _error_body_truncated(harness: Harness) -> None:
    """Cuts an error's body at the bound, and marks it as truncated."""
    body = bytes(range(250)) * 8
    for answer in (reply(body, 500), chunked(body).replace(b"200 OK", b"404 No", 1)):
        response = harness.answer(always(answer), _SMALL)
        expect_equal(response.body, body[:1000], "body")
        expect(response.truncated, "the body is not marked as truncated")


@BOUNDS.promise
def _error_body_at_the_bound(harness: Harness) -> None:
    """Gives an error's body back whole that is exactly as long as the bound."""
    response = harness.answer(always(reply(b"x" * 1000, 400)), _SMALL)
    expect_equal((len(response.body), response.truncated), (1000, False), "length and truncated")


@BOUNDS.promise
def _error_body_announced_huge(harness: Harness) -> None:
    """Gives an error back whose Content-Length is over every bound."""
    start = head(502, [("Content-Length", "10000000000")], "Bad Gateway")
    response = harness.answer(_flood(start, b"x"), _SMALL)
    expect_equal((response.status, len(response.body)), (502, 1000), "status and length")
    expect(response.truncated, "the body is not marked as truncated")


@BOUNDS.promise
def _error_body_endless(harness: Harness) -> None:
    """Does not wait for the end of an error's body beyond the bound."""
    part = chunk(b"x" * 1001)
    answer = CHUNKED_HEAD.replace(b"200 OK", b"500 No", 1) + part
    server = harness.serve(then_wait(answer))
    request = harness.request(server.url)
    response = harness.send(harness.transport(_SMALL), request, 2.0)
    expect_equal((response.status, len(response.body)), (500, 1000), "status and length")


@BOUNDS.promise
def _head_within(harness: Harness) -> None:
    """Reads a head of 40 KB, a field of 12 KB and 100 fields under the default bound."""
    heads = {
        "60 fields of 600 bytes": [(f"X-{n}", "v" * 600) for n in range(60)],
        "one field of 12 KB": [("X-0", "v" * 12_000)],
        "100 fields": [(f"X-{n}", "v") for n in range(100)],
    }
    for name, fields in heads.items():
        response = harness.answer(always(reply(fields=fields)))
        expect_equal(response.headers.get("x-0"), fields[0][1], f"x-0 of {name}")


@BOUNDS.promise
def _header_field_too_long(harness: Harness) -> None:
    """Refuses a header field over the bound."""
    answer = reply(fields=[("X-Bomb", "x" * 200 * _KIB)])
    failure = harness.failure(always(answer), TooLargeFailure, _SMALL)
    expect_flags(failure, status=None, limit=_SMALL.max_header_bytes)


@BOUNDS.promise
def _head_just_over(harness: Harness) -> None:
    """Refuses a head that is over the bound by half, though it arrives at once."""
    answer = reply(fields=[(f"X-{n}", "v" * 100) for n in range(240)])
    harness.failure(always(answer), TooLargeFailure, _SMALL)


@BOUNDS.promise
def _too_many_fields(harness: Harness) -> None:
    """Refuses a head of too many small fields."""
    answer = reply(fields=[(f"X-{n}", "v") for n in range(20_000)])
    harness.failure(always(answer), TooLargeFailure, _SMALL)


@BOUNDS.promise
def _head_without_end(harness: Harness) -> None:
    """Refuses a head that never ends, long before the deadline."""
    _refuses_flood(harness, _flood(b"HTTP/1.1 200 OK\r\n", b"X-A: b\r\n"), TooLargeFailure)


@BOUNDS.promise
def _field_without_end(harness: Harness) -> None:
    """Refuses a header field that never ends, long before the deadline."""
    _refuses_flood(harness, _flood(b"HTTP/1.1 200 OK\r\nX-A: ", b"b"), TooLargeFailure)


@BOUNDS.promise
def _status_line_without_end(harness: Harness) -> None:
    """Refuses a status line that never ends."""
    _refuses_flood(harness, _flood(b"HTTP/1.1 200 ", b"O"), TransportFailure)


@BOUNDS.promise
def _interim_without_end(harness: Harness) -> None:
    """Refuses interim responses that never end, or stops at the deadline."""
    server = harness.serve(_flood(b"", b"HTTP/1.1 100 Continue\r\n\r\n"))
    start = time.monotonic()
    request = harness.request(server.url)
    failure = harness.fail(harness.transport(_SMALL), request, TransportFailure, 1.0)
    expect(time.monotonic() - start <= 1.0 + LATE, "ended late")
    expect_flags(failure, status=None, response_started=False)


@BOUNDS.promise
def _chunk_extension_without_end(harness: Harness) -> None:
    """Refuses a chunk extension that never ends."""
    _refuses_flood(harness, _flood(CHUNKED_HEAD + b"2;", b"x"), TransportFailure)


@BOUNDS.promise
def _trailers_without_end(harness: Harness) -> None:
    """Refuses trailers that never end."""
    start = CHUNKED_HEAD + chunk(b"{}") + b"0\r\n"
    _refuses_flood(harness, _flood(start, b"X-A: b\r\n"), TransportFailure)


@BOUNDS.promise
def _gzip_bomb_stays_packed(harness: Harness) -> None:
    """Counts a gzip body as received: a bomb under the bound comes back packed."""
    body = gzip.compress(b"\0" * (20 * _MIB))
    answer = reply(body, fields=[("Content-Encoding", "gzip")])
    response = harness.answer(always(answer), _SMALL)
    expect_equal(len(response.body), len(body), "length of the body")


@BOUNDS.promise
def _usable_afterwards(harness: Harness) -> None:
    """Serves the next call after a response over a bound."""
    huge = head(fields=[("Content-Length", str(_FLOOD))])
    server = harness.serve(
        in_turn(
            then_wait(huge),
            then_wait(reply(b"x" * 5000, 500)),
            then_close(b"HTTP/1.1 200 OK\r\nX-A: " + b"b" * 200 * _KIB),
            always(reply(b"next")),
        )
    )
    transport, request = harness.transport(_SMALL), harness.request(server.url)
    harness.fail(transport, request, TooLargeFailure)
    expect_equal(harness.send(transport, request).status, 500, "status")
    harness.fail(transport, request, TooLargeFailure)
    expect_equal(harness.send(transport, request).body, b"next", "body of the next response")
