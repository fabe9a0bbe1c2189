"""A send ends when its deadline passes, whatever the server does meanwhile."""

import time

from corechat.testing._kit.blackhole import BlackHole
from corechat.testing._kit.connection import Connection
from corechat.testing._kit.expectations import PromiseBroken, expect, expect_equal
from corechat.testing._kit.failures import expect_flags
from corechat.testing._kit.harness import FAR, LATE, SHORT, Harness
from corechat.testing._kit.promise import PromiseGroup
from corechat.testing._kit.scripts import CHUNKED_HEAD, chunk, each, head, reply, then_wait
from corechat.testing._kit.server import Script
from corechat.transport import TimeoutFailure, TransportOptions
from corechat.transport._deadline import Deadline

DEADLINE = PromiseGroup("deadline")

_LARGE = b"x" * 16_000_000
"""More than the kernels of both sides take in ahead."""

_ROOMY = 0.8
"""Seconds of a deadline that leaves time to connect with a large body in hand."""

_EVERY = 0.1
_DRIPS = 25
"""How many bytes a script drips: far more than fit the deadline, yet it ends by itself."""


def _drip(start: bytes, part: bytes) -> Script:
    """Send something small, over and over, so that no single read ever waits long."""

    def script(connection: Connection) -> None:
        connection.read_request()
        connection.send(start)
        for _ in range(_DRIPS):
            connection.send(part)
            connection.sleep(_EVERY)

    return script


def _times_out(harness: Harness, script: Script, **flags: object) -> None:
    server = harness.serve(script)
    failure = harness.time_out(harness.transport(), harness.request(server.url))
    expect_flags(failure, sent=True, reused=False, **flags)


@DEADLINE.promise
def _silent_server(harness: Harness) -> None:
    """Ends in time when the server says nothing; no byte had come."""
    flags = {"status": None, "response_started": False, "bytes_received": False}
    _times_out(harness, then_wait(b""), **flags)


@DEADLINE.promise
def _unread_request(harness: Harness) -> None:
    """Ends in time when the server never reads a large request."""

    def script(connection: Connection) -> None:
        connection.sleep(4.0)

    server = harness.serve(script, receive_buffer=4096)
    request = harness.request(server.url, body=_LARGE)
    failure = harness.time_out(harness.transport(), request, _ROOMY)
    expect_flags(failure, sent=True, status=None, bytes_received=False)


@DEADLINE.promise
def _slowly_read_request(harness: Harness) -> None:
    """Ends in time when the server reads a large request in drips."""

    def script(connection: Connection) -> None:
        for _ in range(_DRIPS):
            connection.read_some(20_000)
            connection.sleep(_EVERY)

    server = harness.serve(script, receive_buffer=4096)
    request = harness.request(server.url, body=_LARGE)
    expect_flags(harness.time_out(harness.transport(), request, _ROOMY), sent=True, status=None)


@DEADLINE.promise
def _head_stops(harness: Harness) -> None:
    """Ends in time when the head stops halfway; a byte had come."""
    script = then_wait(b"HTTP/1.1 200 OK\r\nContent-")
    _times_out(harness, script, status=None, response_started=False, bytes_received=True)


@DEADLINE.promise
def _head_drips(harness: Harness) -> None:
    """Ends in time when the head comes in drips."""
    script = _drip(b"HTTP/1.1 200 OK\r\nX-A: ", b"b")
    _times_out(harness, script, status=None, response_started=False, bytes_received=True)


@DEADLINE.promise
def _interim_drips(harness: Harness) -> None:
    """Ends in time when interim responses keep coming; none is a head of an answer."""
    script = _drip(b"", b"HTTP/1.1 102 Processing\r\n\r\n")
    _times_out(harness, script, status=None, response_started=False)


@DEADLINE.promise
def _body_stops(harness: Harness) -> None:
    """Ends in time when the body stops halfway, and says that the response had started."""
    _times_out(harness, then_wait(reply(b"x" * 100)[:-50]), status=200, response_started=True)


@DEADLINE.promise
def _body_never_begins(harness: Harness) -> None:
    """Ends in time when only the head comes, and says that the response had started."""
    script = then_wait(head(fields=[("Content-Length", "10")]))
    _times_out(harness, script, status=200, response_started=True, bytes_received=True)


@DEADLINE.promise
def _body_drips(harness: Harness) -> None:
    """Ends in time when the body comes in drips."""
    script = _drip(head(fields=[("Content-Length", "1000")]), b"x")
    _times_out(harness, script, status=200, response_started=True)


@DEADLINE.promise
def _chunks_drip(harness: Harness) -> None:
    """Ends in time when white space comes in chunks to keep the connection alive."""
    _times_out(harness, _drip(CHUNKED_HEAD, chunk(b" ")), status=200, response_started=True)


@DEADLINE.promise
def _chunk_extension_drips(harness: Harness) -> None:
    """Ends in time when a chunk extension comes in drips."""
    _times_out(harness, _drip(CHUNKED_HEAD + b"2;", b"x"), status=200, response_started=True)


@DEADLINE.promise
def _trailers_drip(harness: Harness) -> None:
    """Ends in time when trailers come in drips."""
    start = CHUNKED_HEAD + chunk(b"{}") + b"0\r\n"
    _times_out(harness, _drip(start, b"X-A: b\r\n"), status=200, response_started=True)


@DEADLINE.promise
def _close_delimited_drips(harness: Harness) -> None:
    """Ends in time when a body without framing comes in drips."""
    _times_out(harness, _drip(head(), b"x"), status=200, response_started=True)


@DEADLINE.promise
def _error_body_drips(harness: Harness) -> None:
    """Ends in time when the body of an error comes in drips, and tells its status."""
    script = _drip(head(503, [("Content-Length", "1000")]), b"x")
    _times_out(harness, script, status=503, response_started=True)


@DEADLINE.promise
def _slow_but_in_time(harness: Harness) -> None:
    """Waits for an answer that comes slowly, but within the deadline."""

    def script(connection: Connection) -> None:
        connection.read_request()
        connection.sleep(0.3)
        connection.drip(reply(b"{}")[:10], 0.03)
        connection.send(reply(b"{}")[10:])
        connection.wait_gone()

    expect_equal(harness.answer(script).body, b"{}", "body")


@DEADLINE.promise
def _connect(harness: Harness) -> None:
    """Ends in time when nobody answers the attempt to connect; nothing was sent."""
    with BlackHole() as hole:
        failure = harness.time_out(harness.transport(), harness.request(hole.url))
    expect_flags(failure, sent=False, status=None, bytes_received=False, reused=False)


@DEADLINE.promise
def _connect_timeout(harness: Harness) -> None:
    """Gives up connecting after connect_timeout, though the deadline is far; nothing was sent."""
    with BlackHole() as hole:
        transport = harness.transport(TransportOptions(connect_timeout=0.4))
        start = time.monotonic()
        failure = harness.fail(transport, harness.request(hole.url), TimeoutFailure, FAR)
        took = time.monotonic() - start
    expect(took <= 0.4 + LATE, f"took {took:.2f} s with a connect_timeout of 0.4 s")
    expect_flags(failure, sent=False, status=None, bytes_received=False, reused=False)


@DEADLINE.promise
def _connect_timeout_only_connects(harness: Harness) -> None:
    """Does not apply connect_timeout to the wait for the answer."""

    def script(connection: Connection) -> None:
        connection.read_request()
        connection.sleep(0.5)
        connection.send(reply(b"{}"))
        connection.wait_gone()

    response = harness.answer(script, TransportOptions(connect_timeout=0.25))
    expect_equal(response.body, b"{}", "body")


@DEADLINE.promise
def _already_passed(harness: Harness) -> None:
    """Sends nothing when the deadline has already passed."""
    server = harness.serve(each(lambda _: reply()))
    transport, request = harness.transport(), harness.request(server.url)
    deadline = Deadline(time.monotonic() - 1.0)
    start = time.monotonic()
    try:
        transport.send(request, deadline)
    except TimeoutFailure as failure:
        expect_flags(failure, sent=False, status=None)
    else:
        raise PromiseBroken("sent the request and got a response")
    expect(time.monotonic() - start <= LATE, "took its time")
    expect_equal(len(server.received), 0, "requests at the server")


@DEADLINE.promise
def _on_a_reused_connection(harness: Harness) -> None:
    """Ends in time when the second call on a connection gets no answer."""

    def script(connection: Connection) -> None:
        connection.read_request()
        connection.send(reply())
        connection.read_request()
        connection.wait_gone()

    server = harness.serve(
        lambda connection: (
            script(connection) if connection.number == 0 else then_wait(b"")(connection)
        )
    )
    transport, request = harness.transport(), harness.request(server.url)
    harness.send(transport, request)
    failure = harness.time_out(transport, request, SHORT)
    reused = len(server.connections) == 1
    expect_flags(failure, sent=True, bytes_received=False, status=None, reused=reused)


@DEADLINE.promise
def _each_call_has_its_own(harness: Harness) -> None:
    """Applies to a call its own deadline, not that of an earlier call."""

    def script(connection: Connection) -> None:
        while True:
            connection.read_request()
            connection.sleep(0.2)
            connection.send(reply())

    server = harness.serve(script)
    transport, request = harness.transport(), harness.request(server.url)
    harness.send(transport, request, 0.7)
    time.sleep(0.2)
    for _ in range(2):
        harness.send(transport, request, 0.7)


@DEADLINE.promise
def _connection_is_dropped(harness: Harness) -> None:
    """Drops the connection when the deadline passes, so that the server stops working."""
    server = harness.serve(then_wait(b""))
    transport = harness.transport()
    harness.time_out(transport, harness.request(server.url), 0.3)
    connection = server.connections[0]
    server.wait_until(lambda: connection.gone_at is not None, 1.0)
    expect(connection.gone_at is not None, "the connection stays open after the timeout")
