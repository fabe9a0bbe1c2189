"""One send is one request: no redirect, no retry, no cookie, no second try with credentials."""

import time

from corechat.testing._kit.connection import Connection
from corechat.testing._kit.expectations import expect, expect_equal
from corechat.testing._kit.harness import Harness
from corechat.testing._kit.promise import PromiseGroup
from corechat.testing._kit.scripts import always, each, reply, then_close, then_reset, then_wait
from corechat.testing._kit.server import LoopbackServer, Script
from corechat.transport import ConnectionFailure, TransportFailure

ONCE = PromiseGroup("once")

_SETTLE = 0.1


def _only_one(server: LoopbackServer) -> None:
    """Check that the request came once, and no second one follows."""
    time.sleep(_SETTLE)
    expect_equal(len(server.received), 1, "requests at the server")


def _returned_as_is(harness: Harness, status: int, fields: list[tuple[str, str]]) -> None:
    server = harness.serve(always(reply(b"first", status, fields)))
    response = harness.send(harness.transport(), harness.request(server.url))
    expect_equal((response.status, response.body), (status, b"first"), "answer")
    expect_equal(len(server.received), 1, f"requests at the server after a {status}")


def _redirect(harness: Harness, status: int) -> None:
    elsewhere = harness.serve(always(reply(b"elsewhere")))
    for target in (f"{elsewhere.url}/v1/stolen", "/other"):
        _returned_as_is(harness, status, [("Location", target)])
    expect_equal(len(elsewhere.received), 0, "requests at the server that was named")


@ONCE.promise
def _redirect_301(harness: Harness) -> None:
    """Returns a 301 as it is; the key goes to no other server."""
    _redirect(harness, 301)


@ONCE.promise
def _redirect_302(harness: Harness) -> None:
    """Returns a 302 as it is; the key goes to no other server."""
    _redirect(harness, 302)


@ONCE.promise
def _redirect_303(harness: Harness) -> None:
    """Returns a 303 as it is; the key goes to no other server."""
    _redirect(harness, 303)


@ONCE.promise
def _redirect_307(harness: Harness) -> None:
    """Returns a 307 as it is; prompt and key go to no other server."""
    _redirect(harness, 307)


@ONCE.promise
def _redirect_308(harness: Harness) -> None:
    """Returns a 308 as it is; prompt and key go to no other server."""
    _redirect(harness, 308)


@ONCE.promise
def _authentication(harness: Harness) -> None:
    """Returns a 401 that asks for credentials as it is."""
    for challenge in ('Basic realm="a"', 'Digest realm="a", nonce="b", qop="auth"', "Negotiate"):
        _returned_as_is(harness, 401, [("WWW-Authenticate", challenge)])


@ONCE.promise
def _after_error_status(harness: Harness) -> None:
    """Does not send again after 408, 425, 429, 500, 502, 503 or 504."""
    for status in (408, 425, 429, 500, 502, 503, 504):
        _returned_as_is(harness, status, [("Retry-After", "0")])


@ONCE.promise
def _after_alternative(harness: Harness) -> None:
    """Does not send again after 421 or on an alternative service."""
    _returned_as_is(harness, 421, [("Alt-Svc", 'h2=":443"; ma=60')])


def _not_again(harness: Harness, script: Script) -> None:
    server = harness.serve(script)
    request = harness.request(server.url)
    harness.fail(harness.transport(), request, ConnectionFailure)
    _only_one(server)
    expect_equal(len(server.connections), 1, "connections to the server")


@ONCE.promise
def _after_reset(harness: Harness) -> None:
    """Does not send again after a reset."""
    _not_again(harness, then_reset(b""))


@ONCE.promise
def _after_empty_reply(harness: Harness) -> None:
    """Does not send again after an empty reply."""
    _not_again(harness, then_close(b""))


@ONCE.promise
def _after_cut_body(harness: Harness) -> None:
    """Does not send again after a body that was cut."""
    _not_again(harness, then_close(reply(b"x" * 10)[:-1]))


@ONCE.promise
def _get_after_reset(harness: Harness) -> None:
    """Does not send a GET again either: the core decides that."""

    def script(connection: Connection) -> None:
        connection.read_request()
        connection.send(reply(b"first"))
        connection.read_request()
        connection.reset()

    server = harness.serve(script)
    transport = harness.transport()
    request = harness.request(server.url, method="GET", body=b"")
    harness.send(transport, request)
    try:
        harness.send(transport, request)
    except AssertionError as error:
        expect(isinstance(error.__cause__, TransportFailure), str(error))
    time.sleep(_SETTLE)
    expect_equal(len(server.received), 2, "requests at the server after two sends")


@ONCE.promise
def _after_timeout(harness: Harness) -> None:
    """Does not send again after a timeout."""
    server = harness.serve(then_wait(b""))
    harness.time_out(harness.transport(), harness.request(server.url), 0.3)
    _only_one(server)


@ONCE.promise
def _after_refusal(harness: Harness) -> None:
    """Does not connect again after a reset that came at once."""
    server = harness.serve(Connection.reset)
    harness.fail(harness.transport(), harness.request(server.url), ConnectionFailure)
    time.sleep(_SETTLE)
    expect_equal(len(server.connections), 1, "connections to the server")


@ONCE.promise
def _cookies(harness: Harness) -> None:
    """Sends back no cookie that a server set, on no later call."""
    fields = [("Set-Cookie", "session=abc; Path=/"), ("Set-Cookie", "b=c; Path=/; Max-Age=60")]
    server = harness.serve(each(lambda _: reply(fields=fields)))
    transport = harness.transport()
    for _ in range(3):
        harness.send(transport, harness.request(server.url))
    sent = [value for request in server.received for value in request.values("cookie")]
    expect_equal(sent, [], "cookies at the server")
