"""Promises about bounds on what is read."""

import gzip

from corechat.testing._kit.expectations import expect, expect_equal, expect_flags, expect_within
from corechat.testing._kit.harness import LATE, PATIENT
from corechat.testing._kit.promise import PromiseGroup
from corechat.testing._kit.scripts import (
    CHUNKED_HEAD,
    READ,
    always,
    chunk,
    chunked,
    head,
    in_turn,
    play,
    pour,
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

_KIB = 1024
_MIB = 1024 * _KIB
_FLOOD = 64 * _MIB
_IN_FLIGHT = 16 * _MIB
_SMALL = TransportOptions(
    max_body_bytes=100 * _KIB, max_error_body_bytes=1000, max_header_bytes=16 * _KIB
)


def _flood(start: bytes, repeated: bytes) -> Script:
    """Send without end; the client is expected to go long before that."""
    return play(READ, start, pour(repeated, _FLOOD))


class BoundsPromises(PromiseGroup):
    """Nothing that a server sends is read or kept beyond the bounds of TransportOptions."""

    theme = "bounds"

    def _refuses_flood(self, script: Script, kind: type[TransportFailure]) -> None:
        """Check that a flood ends in a failure, soon, and that the client stopped reading."""
        server, transport, request = self.prepare(script, _SMALL)
        with expect_within(PATIENT + LATE, "a send"):
            self.fail(transport, request, kind)
        connection = server.connections[0]
        server.wait_until(lambda: connection.gone_at is not None)
        expect(connection.gone_at is not None, "the connection of a refused response stays open")
        expect(connection.sent < _IN_FLIGHT, f"took {connection.sent} bytes before it stopped")

    def length_refused_unread(self) -> None:
        """Refuses a body whose Content-Length is over the bound, without reading it."""
        script = then_wait(head(fields=[("Content-Length", "10000000000")]))
        _, transport, request = self.prepare(script, _SMALL)
        failure = self.fail(transport, request, TooLargeFailure, 2.0)
        expect_flags(failure, status=200, response_started=True, limit=_SMALL.max_body_bytes)

    def chunks_stopped(self) -> None:
        """Stops reading a chunked body at the bound."""
        self._refuses_flood(_flood(CHUNKED_HEAD, chunk(b"x" * 4096)), TooLargeFailure)

    def one_huge_chunk(self) -> None:
        """Stops reading a single chunk of 4 GB at the bound."""
        self._refuses_flood(_flood(CHUNKED_HEAD + b"ffffffff\r\n", b"x"), TooLargeFailure)

    def close_delimited_stopped(self) -> None:
        """Stops reading a body without framing at the bound."""
        self._refuses_flood(_flood(head(), b"x"), TooLargeFailure)

    def at_the_bound(self) -> None:
        """Gives a body back that is exactly as long as the bound."""
        body = b"x" * _SMALL.max_body_bytes
        for answer in (reply(body), chunked(body[:-1], body[-1:])):
            response = self.answer(always(answer), _SMALL)
            expect_equal(len(response.body), len(body), "length of the body")
            expect(not response.truncated, "the body is marked as truncated")

    def over_by_one(self) -> None:
        """Refuses a body that is one byte over the bound, and says how far it may go."""
        body = b"x" * (_SMALL.max_body_bytes + 1)
        for answer in (reply(body), chunked(body[:-1], body[-1:])):
            failure = self.failure_of(always(answer), TooLargeFailure, _SMALL)
            expect_flags(failure, status=200, limit=_SMALL.max_body_bytes)

    def error_body_truncated(self) -> None:
        """Cuts an error's body at the bound, and marks it as truncated."""
        body = bytes(range(250)) * 8
        for answer in (reply(body, 500), chunked(body).replace(b"200 OK", b"404 No", 1)):
            response = self.answer(always(answer), _SMALL)
            expect_equal(response.body, body[:1000], "body")
            expect(response.truncated, "the body is not marked as truncated")

    def error_body_at_the_bound(self) -> None:
        """Gives an error's body back whole that is exactly as long as the bound."""
        response = self.answer(always(reply(b"x" * 1000, 400)), _SMALL)
        expect_equal(len(response.body), 1000, "length of the body")
        expect(not response.truncated, "the body is marked as truncated")

    def error_body_announced_huge(self) -> None:
        """Gives an error back whose Content-Length is over every bound."""
        start = head(502, [("Content-Length", "10000000000")], "Bad Gateway")
        response = self.answer(_flood(start, b"x"), _SMALL)
        expect_equal((response.status, len(response.body)), (502, 1000), "status and length")
        expect(response.truncated, "the body is not marked as truncated")

    def error_body_endless(self) -> None:
        """Does not wait for the end of an error's body beyond the bound."""
        answer = CHUNKED_HEAD.replace(b"200 OK", b"500 No", 1) + chunk(b"x" * 1001)
        _, transport, request = self.prepare(then_wait(answer), _SMALL)
        response = self.send(transport, request, 2.0)
        expect_equal((response.status, len(response.body)), (500, 1000), "status and length")

    def head_within(self) -> None:
        """Reads a head of 40 KB, a field of 12 KB and 100 fields under the default bound."""
        heads = {
            "60 fields of 600 bytes": [(f"X-{n}", "v" * 600) for n in range(60)],
            "one field of 12 KB": [("X-0", "v" * 12_000)],
            "100 fields": [(f"X-{n}", "v") for n in range(100)],
        }
        for name, fields in heads.items():
            response = self.answer(always(reply(fields=fields)))
            expect_equal(response.headers.get("x-0"), fields[0][1], f"x-0 of {name}")

    def header_field_too_long(self) -> None:
        """Refuses a header field over the bound."""
        answer = reply(fields=[("X-Bomb", "x" * 200 * _KIB)])
        failure = self.failure_of(always(answer), TooLargeFailure, _SMALL)
        expect_flags(failure, status=None, limit=_SMALL.max_header_bytes)

    def head_just_over(self) -> None:
        """Refuses a head that is over the bound by half, though it arrives at once."""
        answer = reply(fields=[(f"X-{n}", "v" * 100) for n in range(240)])
        self.failure_of(always(answer), TooLargeFailure, _SMALL)

    def too_many_fields(self) -> None:
        """Refuses a head of too many small fields."""
        answer = reply(fields=[(f"X-{n}", "v") for n in range(20_000)])
        self.failure_of(always(answer), TooLargeFailure, _SMALL)

    def head_without_end(self) -> None:
        """Refuses a head that never ends, long before the deadline."""
        self._refuses_flood(_flood(b"HTTP/1.1 200 OK\r\n", b"X-A: b\r\n"), TooLargeFailure)

    def field_without_end(self) -> None:
        """Refuses a header field that never ends, long before the deadline."""
        self._refuses_flood(_flood(b"HTTP/1.1 200 OK\r\nX-A: ", b"b"), TooLargeFailure)

    def status_line_without_end(self) -> None:
        """Refuses a status line that never ends."""
        self._refuses_flood(_flood(b"HTTP/1.1 200 ", b"O"), TransportFailure)

    def interim_without_end(self) -> None:
        """Refuses interim responses that never end, or stops at the deadline."""
        flood = _flood(b"", b"HTTP/1.1 100 Continue\r\n\r\n")
        _, transport, request = self.prepare(flood, _SMALL)
        with expect_within(1.0 + LATE, "a send with a deadline of 1 s"):
            failure = self.fail(transport, request, TransportFailure, 1.0)
        expect_flags(failure, status=None, response_started=False)

    def chunk_extension_without_end(self) -> None:
        """Refuses a chunk extension that never ends."""
        self._refuses_flood(_flood(CHUNKED_HEAD + b"2;", b"x"), TransportFailure)

    def trailers_without_end(self) -> None:
        """Refuses trailers that never end."""
        start = CHUNKED_HEAD + chunk(b"{}") + b"0\r\n"
        self._refuses_flood(_flood(start, b"X-A: b\r\n"), TransportFailure)

    def gzip_bomb_stays_packed(self) -> None:
        """Counts a gzip body as received: a bomb under the bound comes back packed."""
        body = gzip.compress(b"\0" * (20 * _MIB))
        answer = reply(body, fields=[("Content-Encoding", "gzip")])
        response = self.answer(always(answer), _SMALL)
        expect_equal(len(response.body), len(body), "length of the body")

    def usable_afterwards(self) -> None:
        """Serves the next call after a response over a bound."""
        huge = head(fields=[("Content-Length", str(_FLOOD))])
        script = in_turn(
            then_wait(huge),
            then_wait(reply(b"x" * 5000, 500)),
            then_close(b"HTTP/1.1 200 OK\r\nX-A: " + b"b" * 200 * _KIB),
            always(reply(b"next")),
        )
        _, transport, request = self.prepare(script, _SMALL)
        self.fail(transport, request, TooLargeFailure)
        expect_equal(self.send(transport, request).status, 500, "status")
        self.fail(transport, request, TooLargeFailure)
        expect_equal(self.send(transport, request).body, b"next", "body of the next response")
