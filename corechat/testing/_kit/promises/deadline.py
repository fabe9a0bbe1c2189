"""Promises about the deadline."""

import time

from corechat.testing._kit.blackhole import BlackHole
from corechat.testing._kit.expectations import (
    expect,
    expect_equal,
    expect_flags,
    expect_within,
)
from corechat.testing._kit.harness import LATE, SHORT
from corechat.testing._kit.promise import PromiseGroup
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


def _drip(start: bytes, part: bytes) -> Script:
    """Send something small, over and over, so that no single read ever waits long."""
    return play(READ, start, repeat(_DRIPS, part, _EVERY))


class DeadlinePromises(PromiseGroup):
    """A send ends when its deadline passes, whatever the server does meanwhile."""

    theme = "deadline"

    def _times_out(self, script: Script, **flags: object) -> None:
        _, transport, request = self.prepare(script)
        failure = self.time_out(transport, request)
        expect_flags(failure, sent=True, reused=False, **flags)

    def silent_server(self) -> None:
        """Ends in time when the server says nothing; not a byte had come."""
        flags = {"status": None, "response_started": False, "bytes_received": False}
        self._times_out(then_wait(b""), **flags)

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

    def head_stops(self) -> None:
        """Ends in time when the head stops halfway; a byte had come."""
        script = then_wait(b"HTTP/1.1 200 OK\r\nContent-")
        self._times_out(script, status=None, response_started=False, bytes_received=True)

    def head_drips(self) -> None:
        """Ends in time when the head comes in drips."""
        script = _drip(b"HTTP/1.1 200 OK\r\nX-A: ", b"b")
        self._times_out(script, status=None, response_started=False, bytes_received=True)

    def interim_drips(self) -> None:
        """Ends in time when interim responses keep coming; they are not heads of an answer."""
        script = _drip(b"", b"HTTP/1.1 102 Processing\r\n\r\n")
        self._times_out(script, status=None, response_started=False)

    def body_stops(self) -> None:
        """Ends in time when the body stops halfway, and says that the response had started."""
        self._times_out(then_wait(reply(b"x" * 100)[:-50]), status=200, response_started=True)

    def body_never_begins(self) -> None:
        """Ends in time when only the head comes, and says that the response had started."""
        script = then_wait(head(fields=[("Content-Length", "10")]))
        self._times_out(script, status=200, response_started=True, bytes_received=True)

    def body_drips(self) -> None:
        """Ends in time when the body comes in drips."""
        script = _drip(head(fields=[("Content-Length", "1000")]), b"x")
        self._times_out(script, status=200, response_started=True)

    def chunks_drip(self) -> None:
        """Ends in time when white space comes in chunks to keep the connection alive."""
        self._times_out(_drip(CHUNKED_HEAD, chunk(b" ")), status=200, response_started=True)

    def chunk_extension_drips(self) -> None:
        """Ends in time when a chunk extension comes in drips."""
        self._times_out(_drip(CHUNKED_HEAD + b"2;", b"x"), status=200, response_started=True)

    def trailers_drip(self) -> None:
        """Ends in time when trailers come in drips."""
        start = CHUNKED_HEAD + chunk(b"{}") + b"0\r\n"
        self._times_out(_drip(start, b"X-A: b\r\n"), status=200, response_started=True)

    def close_delimited_drips(self) -> None:
        """Ends in time when a body without framing comes in drips."""
        self._times_out(_drip(head(), b"x"), status=200, response_started=True)

    def error_body_drips(self) -> None:
        """Ends in time when the body of an error comes in drips, and tells its status."""
        script = _drip(head(503, [("Content-Length", "1000")]), b"x")
        self._times_out(script, status=503, response_started=True)

    def slow_but_in_time(self) -> None:
        """Waits for an answer that comes slowly, but within the deadline."""
        start, rest = reply(b"{}")[:10], reply(b"{}")[10:]
        script = play(READ, 0.3, drip(start, 0.03), rest, WAIT)
        expect_equal(self.answer(script).body, b"{}", "body")

    def connect(self) -> None:
        """Ends in time when nobody answers the attempt to connect; nothing was sent."""
        with BlackHole() as hole:
            failure = self.time_out(self.transport(), self.request(hole.url))
        expect_flags(failure, sent=False, status=None, bytes_received=False, reused=False)

    def connect_timeout(self) -> None:
        """Gives up connecting after connect_timeout, long before the deadline; nothing was sent."""
        with BlackHole() as hole:
            self.fail_to_connect(hole.url)

    def connect_timeout_only_connects(self) -> None:
        """Does not apply connect_timeout to the wait for the answer."""
        script = play(READ, 0.5, reply(b"{}"), WAIT)
        response = self.answer(script, TransportOptions(connect_timeout=0.25))
        expect_equal(response.body, b"{}", "body")

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
        connection = server.connections[0]
        server.wait_until(lambda: connection.gone_at is not None, 1.0)
        expect(connection.gone_at is not None, "the connection stays open after the timeout")
