"""Promises about the deadline."""

import time
from collections.abc import Callable, Mapping

from corechat.testing._kit.blackhole import BlackHole
from corechat.testing._kit.expectations import expect, expect_equal, expect_flags, expect_within
from corechat.testing._kit.harness import LATE, SHORT
from corechat.testing._kit.promise import PromiseGroup, Proof, answers, proof
from corechat.testing._kit.scripts import (
    CHUNKED_HEAD,
    READ,
    WAIT,
    always,
    chunk,
    drip,
    head,
    in_turn,
    play,
    repeat,
    reply,
    then_wait,
)
from corechat.testing._kit.server import Script
from corechat.transport import TimeoutFailure, TransportOptions

_LARGE = b"x" * 16_000_000
"""More than the kernels of both sides take in ahead."""
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


def _times_out(script: Script, flags: Mapping[str, object]) -> Callable[[str], Proof]:
    """Prove that a call which a script serves ends at its deadline, with these flags."""

    def prove(group: PromiseGroup) -> None:
        _, transport, request = group.prepare(script)
        expect_flags(group.time_out(transport, request), sent=True, reused=False, **flags)

    return proof(prove)


class DeadlinePromises(PromiseGroup):
    """A send ends when its deadline passes, whatever the server does meanwhile."""

    theme = "deadline"

    silent_server = _times_out(then_wait(b""), _NO_BYTE)(
        "Ends in time when the server says nothing; not a byte had come."
    )

    def _times_out_sending(self, script: Script, **flags: object) -> None:
        server = self.serve(script, receive_buffer=4096)
        request = self.request(server.url, body=_LARGE)
        expect_flags(self.time_out(self.transport(), request, _ROOMY), sent=True, **flags)

    def unread_request(self) -> None:
        """Ends in time when the server never reads a large request."""
        self._times_out_sending(play(4.0), status=None, bytes_received=False)

    def slowly_read_request(self) -> None:
        """Ends in time when the server reads a large request in drips."""
        script = repeat(_DRIPS, lambda connection: connection.read_some(20_000), _EVERY)
        self._times_out_sending(script, status=None)

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
