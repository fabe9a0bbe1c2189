"""TLS is verified, always; a handshake obeys the deadline."""

import time

from corechat.testing._kit.certificates import certificates
from corechat.testing._kit.connection import Connection
from corechat.testing._kit.expectations import expect, expect_equal
from corechat.testing._kit.failures import expect_flags
from corechat.testing._kit.harness import FAR, LATE, Harness
from corechat.testing._kit.promise import PromiseGroup
from corechat.testing._kit.scripts import CHUNKED_HEAD, each, head, reply
from corechat.transport import ConnectionFailure, TimeoutFailure, TransportFailure, TransportOptions

TLS = PromiseGroup("tls")

_FLOOD = 192 * 1024 * 1024
"""Bytes that no parser in Python reads before the deadline."""


@TLS.promise
def _round_trip(harness: Harness) -> None:
    """Trusts the authorities in ca_file, and carries calls over TLS."""
    with certificates("127.0.0.1") as made:
        server = harness.serve(each(lambda r: reply(r.body)), tls=made.server)
        transport = harness.transport(TransportOptions(ca_file=made.ca_file))
        for body in (b"one", b"two", b"x" * 1_000_000):
            response = harness.send(transport, harness.request(server.url, body=body))
            expect(response.body == body, "another body came back")


@TLS.promise
def _unknown_authority(harness: Harness) -> None:
    """Refuses a certificate of an unknown authority; nothing was sent."""
    with certificates("127.0.0.1") as made:
        server = harness.serve(each(lambda _: reply()), tls=made.server)
        request = harness.request(server.url)
        failure = harness.fail(harness.transport(), request, ConnectionFailure)
    expect_flags(failure, sent=False, status=None, bytes_received=False)
    expect_equal(len(server.received), 0, "requests at the server")


@TLS.promise
def _other_name(harness: Harness) -> None:
    """Refuses a certificate for another name; nothing was sent."""
    with certificates("other.invalid") as made:
        server = harness.serve(each(lambda _: reply()), tls=made.server)
        transport = harness.transport(TransportOptions(ca_file=made.ca_file))
        failure = harness.fail(transport, harness.request(server.url), ConnectionFailure)
    expect_flags(failure, sent=False, status=None, bytes_received=False)
    expect_equal(len(server.received), 0, "requests at the server")


@TLS.promise
def _plain_server(harness: Harness) -> None:
    """Reports a server that speaks no TLS; nothing was sent."""

    def script(connection: Connection) -> None:
        connection.read_some(100)
        connection.send(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")

    server = harness.serve(script)
    request = harness.request(server.url.replace("http:", "https:"))
    failure = harness.fail(harness.transport(), request, ConnectionFailure)
    expect_flags(failure, sent=False, status=None, bytes_received=False)


@TLS.promise
def _silent_handshake(harness: Harness) -> None:
    """Gives up a handshake without an answer after connect_timeout; nothing was sent."""

    def script(connection: Connection) -> None:
        connection.wait_gone()

    server = harness.serve(script)
    transport = harness.transport(TransportOptions(connect_timeout=0.4))
    request = harness.request(server.url.replace("http:", "https:"))
    start = time.monotonic()
    failure = harness.fail(transport, request, TimeoutFailure, FAR)
    took = time.monotonic() - start
    expect(took <= 0.4 + LATE, f"took {took:.2f} s with a connect_timeout of 0.4 s")
    expect_flags(failure, sent=False, status=None, bytes_received=False)


@TLS.promise
def _dripping_handshake(harness: Harness) -> None:
    """Gives up a handshake that comes in drips after connect_timeout; nothing was sent."""

    def script(connection: Connection) -> None:
        connection.read_some(2000)
        connection.send(b"\x16\x03\x03\x40\x00")  # a handshake record of 16 kB
        connection.drip(b"\0" * 30, 0.1)

    server = harness.serve(script)
    transport = harness.transport(TransportOptions(connect_timeout=0.4))
    request = harness.request(server.url.replace("http:", "https:"))
    start = time.monotonic()
    failure = harness.fail(transport, request, TransportFailure, FAR)
    took = time.monotonic() - start
    expect(took <= 0.4 + LATE, f"took {took:.2f} s with a connect_timeout of 0.4 s")
    expect_flags(failure, sent=False, status=None, bytes_received=False)


@TLS.promise
def _body_drips(harness: Harness) -> None:
    """Ends in time when a body comes in drips over TLS."""

    def script(connection: Connection) -> None:
        connection.read_request()
        connection.send(head(fields=[("Content-Length", "1000")]))
        connection.drip(b"x" * 40, 0.1)

    with certificates("127.0.0.1") as made:
        server = harness.serve(script, tls=made.server)
        transport = harness.transport(TransportOptions(ca_file=made.ca_file))
        failure = harness.time_out(transport, harness.request(server.url))
    expect_flags(failure, status=200, sent=True)


@TLS.promise
def _body_floods(harness: Harness) -> None:
    """Ends in time when a body pours over TLS in tiny chunks, so that no read ever waits."""

    def script(connection: Connection) -> None:
        connection.read_request()
        connection.send(CHUNKED_HEAD)
        connection.pour(b"1\r\n \r\n", _FLOOD)

    with certificates("127.0.0.1") as made:
        server = harness.serve(script, tls=made.server)
        transport = harness.transport(TransportOptions(ca_file=made.ca_file))
        failure = harness.time_out(transport, harness.request(server.url))
    expect_flags(failure, status=200, sent=True)


@TLS.promise
def _cut_body(harness: Harness) -> None:
    """Takes a body that is cut over TLS for no answer."""

    def script(connection: Connection) -> None:
        connection.read_request()
        connection.send(reply(b"x" * 100)[:-1])

    with certificates("127.0.0.1") as made:
        server = harness.serve(script, tls=made.server)
        transport = harness.transport(TransportOptions(ca_file=made.ca_file))
        failure = harness.fail(transport, harness.request(server.url), ConnectionFailure)
    expect_flags(failure, status=200, response_started=True)
