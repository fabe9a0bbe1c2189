"""What goes wrong on the wire is a ConnectionFailure that says how far the call had come."""

import socket

from corechat.testing._kit.connection import Connection
from corechat.testing._kit.expectations import expect_equal
from corechat.testing._kit.failures import expect_flags
from corechat.testing._kit.harness import Harness
from corechat.testing._kit.promise import PromiseGroup
from corechat.testing._kit.scripts import CHUNKED_HEAD, head, reply, then_close, then_reset
from corechat.testing._kit.server import Script
from corechat.transport import ConnectionFailure, TransportFailure

FAILURE = PromiseGroup("failure")

_NOTHING = {"status": None, "response_started": False, "bytes_received": False, "reused": False}
_STARTED = {"status": 200, "response_started": True, "bytes_received": True, "reused": False}
_PART_OF_HEAD = {"status": None, "response_started": False, "bytes_received": True}
_LONG = reply(b"x" * 1000)


def _fails(harness: Harness, script: Script, **flags: object) -> None:
    failure = harness.failure(script, ConnectionFailure)
    expect_flags(failure, sent=True, **flags)


@FAILURE.promise
def _refused(harness: Harness) -> None:
    """Says of a refused connection that nothing was sent."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as sock:
        sock.bind(("127.0.0.1", 0))  # bound and not listening: refuses
        request = harness.request(f"http://127.0.0.1:{sock.getsockname()[1]}")
        failure = harness.fail(harness.transport(), request, ConnectionFailure)
    expect_flags(failure, **_NOTHING, sent=False)


@FAILURE.promise
def _unresolvable(harness: Harness) -> None:
    """Says of a host that has no address that nothing was sent."""
    request = harness.request("http://corechat-conformance.invalid")  # RFC 6761 §6.4
    failure = harness.fail(harness.transport(), request, TransportFailure)
    expect_flags(failure, **_NOTHING, sent=False)


@FAILURE.promise
def _impossible_host(harness: Harness) -> None:
    """Says of a host name that no resolver takes that nothing was sent."""
    request = harness.request(f"http://{'a' * 64}.invalid")  # a label has at most 63 (RFC 1035)
    failure = harness.fail(harness.transport(), request, TransportFailure)
    expect_flags(failure, **_NOTHING, sent=False)


@FAILURE.promise
def _reset_at_once(harness: Harness) -> None:
    """Reports a connection that is reset as soon as it is made."""
    failure = harness.failure(Connection.reset, ConnectionFailure)
    expect_flags(failure, **_NOTHING)


@FAILURE.promise
def _closed_at_once(harness: Harness) -> None:
    """Reports a connection that is closed as soon as it is made."""
    failure = harness.failure(Connection.close, ConnectionFailure)
    expect_flags(failure, **_NOTHING)


@FAILURE.promise
def _reset_before_answer(harness: Harness) -> None:
    """Reports a reset after the request, before any byte of an answer."""
    _fails(harness, then_reset(b""), **_NOTHING)


@FAILURE.promise
def _closed_before_answer(harness: Harness) -> None:
    """Reports an empty reply: closed after the request, before any byte of an answer."""
    _fails(harness, then_close(b""), **_NOTHING)


@FAILURE.promise
def _reset_while_sending(harness: Harness) -> None:
    """Reports a reset in the middle of a large request."""

    def script(connection: Connection) -> None:
        connection.read_head()
        connection.reset()

    server = harness.serve(script)
    request = harness.request(server.url, body=b"x" * 5_000_000)
    failure = harness.fail(harness.transport(), request, ConnectionFailure)
    expect_flags(failure, **_NOTHING, sent=True)


@FAILURE.promise
def _reset_in_head(harness: Harness) -> None:
    """Reports a reset within the response head; a byte had come, but no whole head."""
    _fails(harness, then_reset(_LONG[:30]), **_PART_OF_HEAD)


@FAILURE.promise
def _closed_in_head(harness: Harness) -> None:
    """Reports a close within the response head; a byte had come, but no whole head."""
    _fails(harness, then_close(_LONG[:30]), **_PART_OF_HEAD)


@FAILURE.promise
def _closed_in_status_line(harness: Harness) -> None:
    """Reports a close within the status line; a byte had come, but no whole head."""
    _fails(harness, then_close(b"HTTP/1.1 2"), **_PART_OF_HEAD)


@FAILURE.promise
def _closed_before_end_of_head(harness: Harness) -> None:
    """Takes a head without its empty line for no whole head."""
    _fails(harness, then_close(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n"), **_PART_OF_HEAD)


@FAILURE.promise
def _reset_in_body(harness: Harness) -> None:
    """Reports a reset within the body, with the status."""
    _fails(harness, then_reset(_LONG[:-500]), **_STARTED)


@FAILURE.promise
def _short_body(harness: Harness) -> None:
    """Takes a body shorter than its Content-Length for no answer."""
    _fails(harness, then_close(_LONG[:-1]), **_STARTED)


@FAILURE.promise
def _no_body_at_all(harness: Harness) -> None:
    """Takes a head whose announced body never begins for no answer."""
    _fails(harness, then_close(head(fields=[("Content-Length", "10")])), **_STARTED)


@FAILURE.promise
def _error_cut(harness: Harness) -> None:
    """Reports the status of an error response whose body is cut."""
    script = then_close(reply(b"x" * 100, 500)[:-1])
    _fails(harness, script, **{**_STARTED, "status": 500})


@FAILURE.promise
def _interim_only(harness: Harness) -> None:
    """Takes an interim response for no head of an answer."""
    failure = harness.failure(then_close(b"HTTP/1.1 100 Continue\r\n\r\n"), ConnectionFailure)
    expect_flags(failure, status=None, response_started=False)


@FAILURE.promise
def _switching_protocols(harness: Harness) -> None:
    """Takes an unasked 101 for no answer."""
    failure = harness.failure(
        then_close(head(101, [("Upgrade", "h2c"), ("Connection", "Upgrade")])), ConnectionFailure
    )
    expect_flags(failure, status=None, response_started=False)


@FAILURE.promise
def _usable_afterwards(harness: Harness) -> None:
    """Serves the next call after each kind of failure."""
    bad = [b"", _LONG[:30], _LONG[:-1], CHUNKED_HEAD + b"zz\r\n", b"garbage\r\n\r\n"]

    def script(connection: Connection) -> None:
        request = connection.read_request()
        connection.send(bad[connection.number] if connection.number < len(bad) else reply())
        if connection.number >= len(bad):
            connection.wait_gone()
        del request

    server = harness.serve(script)
    transport, request = harness.transport(), harness.request(server.url)
    for _ in bad:
        harness.fail(transport, request, ConnectionFailure)
    expect_equal(harness.send(transport, request).body, b"{}", "body of the next response")
