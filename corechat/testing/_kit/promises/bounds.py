"""Promises about bounds on what is read."""

import gzip
from collections.abc import Callable

from corechat.testing._kit.expectations import expect, expect_equal, expect_flags, expect_within
from corechat.testing._kit.harness import LATE, PATIENT
from corechat.testing._kit.promise import PromiseGroup, Proof, answers, fails, proof
from corechat.testing._kit.scripts import (
    CHUNKED_HEAD,
    READ,
    Fields,
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
from corechat.transport import KIB, MIB, TooLargeFailure, TransportFailure, TransportOptions

_FLOOD = 64 * MIB
_IN_FLIGHT = 16 * MIB
_SMALL = TransportOptions(
    max_body_bytes=100 * KIB, max_error_body_bytes=1000, max_header_bytes=16 * KIB
)


def _flood(start: bytes, repeated: bytes) -> Script:
    """Send without end; the client is expected to go long before that."""
    return play(READ, start, pour(repeated, _FLOOD))


def _refuses_flood(
    start: bytes, repeated: bytes, kind: type[TransportFailure] = TooLargeFailure
) -> Callable[[str], Proof]:
    """Prove that a flood ends in a failure, soon, and that the client stops reading."""

    def prove(group: PromiseGroup) -> None:
        server, transport, request = group.prepare(_flood(start, repeated), _SMALL)
        with expect_within(PATIENT + LATE, "a send"):
            group.fail(transport, request, kind)
        expect(server.wait_all_gone(2.0), "the connection of a refused response stays open")
        sent = server.connections[0].sent
        expect(sent < _IN_FLIGHT, f"took {sent} bytes before it stopped")

    return proof(prove)


def _too_large_head(fields: Fields) -> Callable[[str], Proof]:
    """Prove that a head with these fields is refused."""
    flags = {"status": None, "limit": _SMALL.max_header_bytes}
    return fails(always(reply(fields=fields)), flags, TooLargeFailure, _SMALL)


class BoundsPromises(PromiseGroup):
    """Nothing that a server sends is read or kept beyond the bounds of TransportOptions."""

    theme = "bounds"

    def length_refused_unread(self) -> None:
        """Refuses a body whose Content-Length is over the bound, without reading it."""
        script = then_wait(head(fields=[("Content-Length", "10000000000")]))
        _, transport, request = self.prepare(script, _SMALL)
        failure = self.fail(transport, request, TooLargeFailure, 2.0)
        expect_flags(failure, status=200, response_started=True, limit=_SMALL.max_body_bytes)

    chunks_stopped = _refuses_flood(CHUNKED_HEAD, chunk(b"x" * 4096))(
        "Stops reading a chunked body at the bound."
    )
    one_huge_chunk = _refuses_flood(CHUNKED_HEAD + b"ffffffff\r\n", b"x")(
        "Stops reading a single chunk of 4 GB at the bound."
    )
    close_delimited_stopped = _refuses_flood(head(), b"x")(
        "Stops reading a body without framing at the bound."
    )

    def at_the_bound(self) -> None:
        """Gives a body back that is exactly as long as the bound."""
        body = b"x" * _SMALL.max_body_bytes
        for answer in (reply(body), chunked(body[:-1], body[-1:])):
            self.is_answered(always(answer), body, options=_SMALL)

    def over_by_one(self) -> None:
        """Refuses a body that is one byte over the bound, and says how far it may go."""
        body = b"x" * (_SMALL.max_body_bytes + 1)
        for answer in (reply(body), chunked(body[:-1], body[-1:])):
            failure = self.failure_of(always(answer), TooLargeFailure, _SMALL)
            expect_flags(failure, status=200, limit=_SMALL.max_body_bytes)

    def error_body_truncated(self) -> None:
        """Cuts an error's body at the bound, and marks it as truncated."""
        body = bytes(range(250)) * 8
        as_404 = chunked(body).replace(b"200 OK", b"404 No", 1)
        for answer, status in ((reply(body, 500), 500), (as_404, 404)):
            self.is_answered(always(answer), body[:1000], status, _SMALL, truncated=True)

    error_body_at_the_bound = answers(reply(b"x" * 1000, 400), b"x" * 1000, 400, _SMALL)(
        "Gives an error's body back whole that is exactly as long as the bound."
    )
    error_body_announced_huge = answers(
        _flood(head(502, [("Content-Length", "10000000000")], "Bad Gateway"), b"x"),
        b"x" * 1000,
        502,
        _SMALL,
        truncated=True,
    )("Gives an error back whose Content-Length is over every bound.")

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

    header_field_too_long = _too_large_head([("X-Bomb", "x" * 200 * KIB)])(
        "Refuses a header field over the bound."
    )
    head_just_over = _too_large_head([(f"X-{n}", "v" * 100) for n in range(240)])(
        "Refuses a head that is over the bound by half, though it arrives at once."
    )
    too_many_fields = _too_large_head([(f"X-{n}", "v") for n in range(20_000)])(
        "Refuses a head of too many small fields."
    )
    head_without_end = _refuses_flood(b"HTTP/1.1 200 OK\r\n", b"X-A: b\r\n")(
        "Refuses a head that never ends, long before the deadline."
    )
    field_without_end = _refuses_flood(b"HTTP/1.1 200 OK\r\nX-A: ", b"b")(
        "Refuses a header field that never ends, long before the deadline."
    )
    status_line_without_end = _refuses_flood(b"HTTP/1.1 200 ", b"O", TransportFailure)(
        "Refuses a status line that never ends."
    )

    def interim_without_end(self) -> None:
        """Refuses interim responses that never end, or stops at the deadline."""
        flood = _flood(b"", b"HTTP/1.1 100 Continue\r\n\r\n")
        _, transport, request = self.prepare(flood, _SMALL)
        with expect_within(1.0 + LATE, "a send with a deadline of 1 s"):
            failure = self.fail(transport, request, TransportFailure, 1.0)
        expect_flags(failure, status=None, response_started=False)

    chunk_extension_without_end = _refuses_flood(CHUNKED_HEAD + b"2;", b"x", TransportFailure)(
        "Refuses a chunk extension that never ends."
    )
    trailers_without_end = _refuses_flood(
        CHUNKED_HEAD + chunk(b"{}") + b"0\r\n", b"X-A: b\r\n", TransportFailure
    )("Refuses trailers that never end.")

    def gzip_bomb_stays_packed(self) -> None:
        """Counts a gzip body as received: a bomb under the bound comes back packed."""
        body = gzip.compress(b"\0" * (20 * MIB))
        answer = reply(body, fields=[("Content-Encoding", "gzip")])
        self.is_answered(always(answer), body, options=_SMALL)

    def usable_afterwards(self) -> None:
        """Serves the next call after a response over a bound."""
        huge = head(fields=[("Content-Length", str(_FLOOD))])
        script = in_turn(
            then_wait(huge),
            then_wait(reply(b"x" * 5000, 500)),
            then_close(b"HTTP/1.1 200 OK\r\nX-A: " + b"b" * 200 * KIB),
            always(reply(b"next")),
        )
        _, transport, request = self.prepare(script, _SMALL)
        self.fail(transport, request, TooLargeFailure)
        expect_equal(self.send(transport, request).status, 500, "status")
        self.fail(transport, request, TooLargeFailure)
        expect_equal(self.send(transport, request).body, b"next", "body of the next response")
