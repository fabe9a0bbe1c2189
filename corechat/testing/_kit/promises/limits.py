"""Promises about bounds on what is read, and about the deadline."""

import gzip
import time
from collections.abc import Mapping

from corechat.testing._kit.blackhole import BlackHole
from corechat.testing._kit.expectations import expect, expect_equal, expect_flags, expect_within
from corechat.testing._kit.harness import LATE, PATIENT, SHORT
from corechat.testing._kit.promise import PromiseGroup, answers, fails, is_answered, rows
from corechat.testing._kit.replies import CHUNKED_HEAD, Fields, chunk, chunked, head, reply
from corechat.testing._kit.scripts import (
    READ,
    WAIT,
    always,
    drip,
    in_turn,
    play,
    pour,
    repeat,
    then_close,
    then_wait,
)
from corechat.testing._kit.server import Script
from corechat.transport import (
    KIB,
    MIB,
    TimeoutFailure,
    TooLargeFailure,
    TransportFailure,
    TransportOptions,
)

_FLOOD = 64 * MIB
_IN_FLIGHT = 16 * MIB
_SMALL = TransportOptions(
    max_body_bytes=100 * KIB, max_error_body_bytes=1000, max_header_bytes=16 * KIB
)


def _flood(start: bytes, repeated: bytes) -> Script:
    """Send without end; the client is expected to go long before that."""
    return play(READ, start, pour(repeated, _FLOOD))


@rows
def _refuses_flood(
    group: PromiseGroup,
    start: bytes,
    repeated: bytes,
    kind: type[TransportFailure] = TooLargeFailure,
) -> None:
    """Prove that a flood ends in a failure, soon, and that the client stops reading."""
    server, transport, request = group.prepare(_flood(start, repeated), _SMALL)
    with expect_within(PATIENT + LATE, "a send"):
        group.fail(transport, request, kind)
    expect(server.wait_all_gone(2.0), "the connection of a refused response stays open")
    sent = server.connections[0].sent
    expect(sent < _IN_FLIGHT, f"took {sent} bytes before it stopped")


@rows
def _refuses_head(group: PromiseGroup, fields: Fields) -> None:
    """Prove that a head with these fields is too large."""
    failure = group.failure_of(always(reply(fields=fields)), TooLargeFailure, _SMALL)
    expect_flags(failure, status=None, limit=_SMALL.max_header_bytes)


class BoundsPromises(PromiseGroup):
    """Nothing that a server sends is read or kept beyond the bounds of TransportOptions."""

    theme = "bounds"

    length_refused_unread = fails(
        then_wait(head(fields=[("Content-Length", "10000000000")])),
        {"status": 200, "response_started": True, "limit": _SMALL.max_body_bytes},
        TooLargeFailure,
        _SMALL,
    )("Refuses a body whose Content-Length is over the bound, without reading it.")
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
            is_answered(self, always(answer), body, options=_SMALL)

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
            is_answered(self, always(answer), body[:1000], status, _SMALL, truncated=True)

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
    error_body_endless = answers(
        CHUNKED_HEAD.replace(b"200 OK", b"500 No", 1) + chunk(b"x" * 1001),
        b"x" * 1000,
        500,
        _SMALL,
        truncated=True,
    )("Does not wait for the end of an error's body beyond the bound.")

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

    header_field_too_long = _refuses_head([("X-Bomb", "x" * 200 * KIB)])(
        "Refuses a header field over the bound."
    )
    head_just_over = _refuses_head([(f"X-{n}", "v" * 100) for n in range(240)])(
        "Refuses a head that is over the bound by half, though it arrives at once."
    )
    too_many_fields = _refuses_head([(f"X-{n}", "v") for n in range(20_000)])(
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
        is_answered(self, always(answer), body, options=_SMALL)

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


_LARGE = 16_000_000
"""More bytes than the kernels of both sides take in ahead."""
_ROOMY = 0.8
"""Seconds of a deadline that leaves time to connect with a large body in hand."""
_EVERY = 0.1
_DRIPS = 25
"""How many bytes a script drips: far more than fit the deadline, yet it ends by itself."""
_NO_HEAD = {"status": None, "response_started": False}
_NO_BYTE = {**_NO_HEAD, "bytes_received": False}
_PART_OF_HEAD = {**_NO_HEAD, "bytes_received": True}
_STARTED = {"status": 200, "response_started": True, "bytes_received": True}
_LONG = [("Content-Length", "1000")]


def _drip(start: bytes, part: bytes) -> Script:
    """Send something small, over and over, so that no single read ever waits long."""
    return play(READ, start, repeat(_DRIPS, part, _EVERY))


_reads_slowly = repeat(_DRIPS, lambda connection: connection.read_some(20_000), _EVERY)


@rows
def _times_out(group: PromiseGroup, script: Script, flags: Mapping[str, object]) -> None:
    """Prove that a call which a script serves ends at its deadline, with these flags."""
    _, transport, request = group.prepare(script)
    expect_flags(group.time_out(transport, request), sent=True, reused=False, **flags)


@rows
def _times_out_sending(group: PromiseGroup, /, script: Script, **flags: object) -> None:
    """Prove that a large request to this script ends at its deadline, with these flags."""
    server = group.serve(script, receive_buffer=4096)
    request = group.request(server.url, body=b"x" * _LARGE)
    expect_flags(group.time_out(group.transport(), request, _ROOMY), sent=True, **flags)


class DeadlinePromises(PromiseGroup):
    """A send ends when its deadline passes, whatever the server does meanwhile."""

    theme = "deadline"

    silent_server = _times_out(then_wait(b""), _NO_BYTE)(
        "Ends in time when the server says nothing; not a byte had come."
    )
    unread_request = _times_out_sending(play(4.0), status=None, bytes_received=False)(
        "Ends in time when the server never reads a large request."
    )
    slowly_read_request = _times_out_sending(_reads_slowly, status=None)(
        "Ends in time when the server reads a large request in drips."
    )
    head_stops = _times_out(then_wait(b"HTTP/1.1 200 OK\r\nContent-"), _PART_OF_HEAD)(
        "Ends in time when the head stops halfway; a byte had come."
    )
    head_drips = _times_out(_drip(b"HTTP/1.1 200 OK\r\nX-A: ", b"b"), _PART_OF_HEAD)(
        "Ends in time when the head comes in drips."
    )
    interim_drips = _times_out(_drip(b"", b"HTTP/1.1 102 Processing\r\n\r\n"), _NO_HEAD)(
        "Ends in time when interim responses keep coming; they are not heads of an answer."
    )
    body_stops = _times_out(then_wait(reply(b"x" * 100)[:-50]), _STARTED)(
        "Ends in time when the body stops halfway, and says that the response had started."
    )
    body_never_begins = _times_out(then_wait(head(fields=_LONG)), _STARTED)(
        "Ends in time when only the head comes, and says that the response had started."
    )
    body_drips = _times_out(_drip(head(fields=_LONG), b"x"), _STARTED)(
        "Ends in time when the body comes in drips."
    )
    chunks_drip = _times_out(_drip(CHUNKED_HEAD, chunk(b" ")), _STARTED)(
        "Ends in time when white space comes in chunks to keep the connection alive."
    )
    chunk_extension_drips = _times_out(_drip(CHUNKED_HEAD + b"2;", b"x"), _STARTED)(
        "Ends in time when a chunk extension comes in drips."
    )
    trailers_drip = _times_out(
        _drip(CHUNKED_HEAD + chunk(b"{}") + b"0\r\n", b"X-A: b\r\n"), _STARTED
    )("Ends in time when trailers come in drips.")
    close_delimited_drips = _times_out(_drip(head(), b"x"), _STARTED)(
        "Ends in time when a body without framing comes in drips."
    )
    error_body_drips = _times_out(_drip(head(503, _LONG), b"x"), {**_STARTED, "status": 503})(
        "Ends in time when the body of an error comes in drips, and tells its status."
    )
    slow_but_in_time = answers(play(READ, 0.3, drip(reply()[:10], 0.03), reply()[10:], WAIT))(
        "Waits for an answer that comes slowly, but within the deadline."
    )

    def connect(self) -> None:
        """Ends in time when nobody answers the attempt to connect; nothing was sent."""
        with BlackHole() as hole:
            failure = self.time_out(self.transport(), self.request(hole.url))
        expect_flags(failure, sent=False, status=None, bytes_received=False, reused=False)

    def connect_timeout(self) -> None:
        """Gives up connecting after connect_timeout, long before the deadline; nothing was sent."""
        with BlackHole() as hole:
            self.fail_to_connect(hole.url)

    connect_timeout_only_connects = answers(
        play(READ, 0.5, reply(), WAIT), options=TransportOptions(connect_timeout=0.25)
    )("Does not apply connect_timeout to the wait for the answer.")

    def already_passed(self) -> None:
        """Sends nothing when the deadline has already passed."""
        server, transport, request = self.prepare(always(reply()))
        with expect_within(LATE, "a send whose deadline had passed"):
            failure = self.fail(transport, request, TimeoutFailure, -1.0)
        expect_flags(failure, sent=False, status=None)
        expect_equal(len(server.received), 0, "requests at the server")

    def on_a_reused_connection(self) -> None:
        """Ends in time when the second call on a connection gets no answer."""
        script = in_turn(play(READ, reply(), READ, WAIT), then_wait(b""))
        server, transport, request = self.prepare(script)
        self.send(transport, request)
        failure = self.time_out(transport, request, SHORT)
        reused = len(server.connections) == 1
        expect_flags(failure, sent=True, bytes_received=False, status=None, reused=reused)

    def each_call_has_its_own(self) -> None:
        """Applies to a call its own deadline, not that of an earlier call."""
        _, transport, request = self.prepare(play(repeat(3, READ, 0.2, reply()), WAIT))
        self.send(transport, request, 0.7)
        time.sleep(0.2)
        for _ in range(2):
            self.send(transport, request, 0.7)

    def connection_is_dropped(self) -> None:
        """Drops the connection when the deadline passes, so that the server stops working."""
        server, transport, request = self.prepare(then_wait(b""))
        self.time_out(transport, request, 0.3)
        expect(server.wait_all_gone(), "the connection stays open after the timeout")
