"""A connection may carry many calls, but never an answer from one to another."""

import time

from corechat._http.messages import HttpRequest
from corechat.testing._kit.connection import Connection
from corechat.testing._kit.expectations import PromiseBroken, expect, expect_equal
from corechat.testing._kit.failures import expect_flags
from corechat.testing._kit.harness import Harness
from corechat.testing._kit.promise import PromiseGroup
from corechat.testing._kit.scripts import (
    CHUNKED_HEAD,
    always,
    chunk,
    chunked,
    each,
    head,
    in_turn,
    reply,
    then_close,
)
from corechat.testing._kit.server import LoopbackServer, Script
from corechat.transport import ConnectionFailure, Transport, TransportOptions

REUSE = PromiseGroup("reuse")

_POISON = reply(b"poison")
_OWN = reply(b"own")


def _first_then(first: bytes, late: bytes = b"") -> Script:
    """Answer a connection's first request by some bytes, and every further one rightly.

    The first request of any later connection is answered rightly too.
    """

    def script(connection: Connection) -> None:
        connection.read_request()
        connection.send(first if connection.number == 0 else _OWN)
        if connection.number == 0 and late:
            connection.sleep(0.05)
            connection.send(late)
        while True:
            connection.read_request()
            connection.send(_OWN)

    return script


def _second_is_own(transport: Transport, harness: Harness, request: HttpRequest) -> None:
    """Check that the second call gets its own answer, or fails so that the core tries again."""
    try:
        response = harness.send(transport, request)
    except PromiseBroken as broken:
        failure = broken.__cause__
        if not isinstance(failure, ConnectionFailure):
            raise
        expect_flags(failure, reused=True, bytes_received=False, status=None)
        response = harness.send(transport, request)
    expect_equal((response.status, response.body), (200, b"own"), "answer of the second call")


def _never_poisoned(harness: Harness, script: Script, pause: float = 0.05) -> LoopbackServer:
    server = harness.serve(script)
    transport, request = harness.transport(), harness.request(server.url)
    response = harness.send(transport, request)
    expect_equal((response.status, response.body), (200, b"first"), "answer of the first call")
    time.sleep(pause)
    _second_is_own(transport, harness, request)
    return server


@REUSE.promise
def _each_its_own_answer(harness: Harness) -> None:
    """Gives ten calls in a row each their own answer."""
    server = harness.serve(each(lambda request: reply(request.body)))
    transport = harness.transport()
    for number in range(10):
        body = b"%d" % number
        response = harness.send(transport, harness.request(server.url, body=body))
        expect_equal(response.body, body, "answer")
    expect_equal(len(server.received), 10, "requests at the server")


@REUSE.promise
def _bytes_after_length(harness: Harness) -> None:
    """Never answers a call with bytes left over after a reply with a Content-Length."""
    _never_poisoned(harness, _first_then(reply(b"first") + _POISON))


@REUSE.promise
def _bytes_after_chunks(harness: Harness) -> None:
    """Never answers a call with bytes left over after a chunked reply."""
    _never_poisoned(harness, _first_then(chunked(b"first") + _POISON))


@REUSE.promise
def _garbage_after_reply(harness: Harness) -> None:
    """Is not troubled by left over bytes that are no HTTP."""
    _never_poisoned(harness, _first_then(reply(b"first") + b"\r\n\r\n{}garbage"))


@REUSE.promise
def _bytes_while_idle(harness: Harness) -> None:
    """Never answers a call with a reply that arrived while the connection was idle."""
    _never_poisoned(harness, _first_then(reply(b"first"), late=_POISON), pause=0.3)


@REUSE.promise
def _interim_while_idle(harness: Harness) -> None:
    """Is not troubled by a 408 that a server sends before it closes an idle connection."""
    late = head(408, [("Content-Length", "0"), ("Connection", "close")], "Request Timeout")
    _never_poisoned(harness, _first_then(reply(b"first"), late=late), pause=0.3)


@REUSE.promise
def _bytes_after_no_content(harness: Harness) -> None:
    """Never answers a call with a body that a 204 or 304 ought not to have."""
    for status in (204, 304):
        server = harness.serve(_first_then(head(status) + _POISON))
        transport, request = harness.transport(), harness.request(server.url)
        response = harness.send(transport, request)
        expect_equal((response.status, response.body), (status, b""), "first answer")
        time.sleep(0.05)
        _second_is_own(transport, harness, request)


@REUSE.promise
def _closed_while_idle(harness: Harness) -> None:
    """Gets over a server that closed the idle connection."""
    first = in_turn(_one_and_close, each(lambda _: _OWN))
    _never_poisoned(harness, first, pause=0.2)


@REUSE.promise
def _reset_while_idle(harness: Harness) -> None:
    """Gets over a server that reset the idle connection."""

    def script(connection: Connection) -> None:
        connection.read_request()
        connection.send(reply(b"first"))
        connection.sleep(0.1)
        connection.reset()

    _never_poisoned(harness, in_turn(script, each(lambda _: _OWN)), pause=0.3)


@REUSE.promise
def _reset_as_the_next_goes_out(harness: Harness) -> None:
    """Says of a reset on a used connection that it was used and no byte of an answer had come."""

    def script(connection: Connection) -> None:
        connection.read_request()
        connection.send(reply(b"first"))
        connection.read_request()
        connection.reset()

    server = harness.serve(in_turn(script, each(lambda _: _OWN)))
    transport, request = harness.transport(), harness.request(server.url)
    harness.send(transport, request)
    _second_is_own(transport, harness, request)
    tries = 2 if len(server.received) == 2 else 3  # noqa: PLR2004 - without reuse, two suffice
    expect_equal(len(server.received), tries, "requests at the server")


@REUSE.promise
def _closed_as_the_next_goes_out(harness: Harness) -> None:
    """Says of a close on a used connection that it was used and no byte of an answer had come."""

    def script(connection: Connection) -> None:
        connection.read_request()
        connection.send(reply(b"first"))
        connection.read_request()

    server = harness.serve(in_turn(script, each(lambda _: _OWN)))
    transport, request = harness.transport(), harness.request(server.url)
    harness.send(transport, request)
    _second_is_own(transport, harness, request)


@REUSE.promise
def _failure_on_a_used_connection(harness: Harness) -> None:
    """Says of an answer cut on a used connection that it was used and bytes had come."""

    def script(connection: Connection) -> None:
        connection.read_request()
        connection.send(reply(b"first"))
        connection.read_request()
        connection.send(reply(b"cut")[:-1])

    server = harness.serve(in_turn(script, then_close(reply(b"cut")[:-1])))
    transport, request = harness.transport(), harness.request(server.url)
    harness.send(transport, request)
    server.wait_for_requests(1)
    failure = None
    try:
        harness.send(transport, request)
    except PromiseBroken as broken:
        failure = broken.__cause__
    if not isinstance(failure, ConnectionFailure):
        raise PromiseBroken(f"no ConnectionFailure for a cut answer, but {failure!r}")
    reused = len(server.connections) == 1
    expect_flags(failure, status=200, bytes_received=True, reused=reused)


def _one_and_close(connection: Connection) -> None:
    connection.read_request()
    connection.send(reply(b"first"))


def _closing(first: bytes) -> Script:
    """Announce a close, keep the connection open all the same, and poison what comes on it."""

    def script(connection: Connection) -> None:
        connection.read_request()
        connection.send(first)
        connection.read_request()
        connection.send(_POISON)

    return in_turn(script, each(lambda _: _OWN))


@REUSE.promise
def _connection_close(harness: Harness) -> None:
    """Sends nothing more on a connection whose server said Connection: close."""
    first = reply(b"first", fields=[("Connection", "close")])
    server = _never_poisoned(harness, _closing(first))
    expect_equal([request.connection for request in server.received], [0, 1], "connections")


@REUSE.promise
def _http_1_0_closes(harness: Harness) -> None:
    """Sends nothing more on a connection whose server spoke HTTP/1.0."""
    first = b"HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\nfirst"
    server = _never_poisoned(harness, _closing(first))
    expect_equal([request.connection for request in server.received], [0, 1], "connections")


@REUSE.promise
def _late_answer(harness: Harness) -> None:
    """Never answers a call with the reply to an earlier call that timed out."""

    def script(connection: Connection) -> None:
        connection.read_request()
        connection.sleep(0.5)
        connection.send(_POISON)
        connection.wait_gone(1.0)

    server = harness.serve(in_turn(script, each(lambda _: _OWN)))
    transport, request = harness.transport(), harness.request(server.url)
    harness.time_out(transport, request, 0.3)
    time.sleep(0.4)
    expect_equal(harness.send(transport, request).body, b"own", "answer of the next call")


@REUSE.promise
def _rest_of_error_body(harness: Harness) -> None:
    """Never answers a call with the rest of an error's truncated body."""

    def script(connection: Connection) -> None:
        connection.read_request()
        connection.send(CHUNKED_HEAD.replace(b"200 OK", b"500 No", 1) + chunk(b"x" * 2000))
        connection.sleep(0.05)
        connection.send(b"0\r\n\r\n" + _POISON)
        connection.wait_gone(1.0)

    server = harness.serve(in_turn(script, each(lambda _: _OWN)))
    transport = harness.transport(TransportOptions(max_error_body_bytes=1000))
    request = harness.request(server.url)
    expect_equal(harness.send(transport, request).status, 500, "status of the first call")
    time.sleep(0.1)
    _second_is_own(transport, harness, request)


@REUSE.promise
def _two_servers(harness: Harness) -> None:
    """Sends each request to the server of its own URL."""
    names = [b"one", b"two"]
    servers = [harness.serve(always(reply(name))) for name in names]
    transport = harness.transport()
    for _ in range(2):
        for name, server in zip(names, servers, strict=True):
            response = harness.send(transport, harness.request(server.url))
            expect_equal(response.body, name, "answer")
    expect([len(server.received) for server in servers] == [2, 2], "requests went astray")
