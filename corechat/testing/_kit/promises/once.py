"""Promises about sending once."""

import time
from collections.abc import Callable

from corechat.testing._kit.connection import Connection
from corechat.testing._kit.expectations import expect_equal
from corechat.testing._kit.promise import PromiseGroup, Proof, proof
from corechat.testing._kit.scripts import (
    READ,
    RESET,
    Fields,
    always,
    play,
    reply,
    then_close,
    then_reset,
    then_wait,
)
from corechat.testing._kit.server import LoopbackServer, Script
from corechat.transport import ConnectionFailure

_SETTLE = 0.1


def _only(server: LoopbackServer, requests: int = 1) -> None:
    """Check that so many requests came on one connection, and nothing follows."""
    time.sleep(_SETTLE)
    expect_equal(len(server.received), requests, "requests at the server")
    expect_equal(len(server.connections), 1, "connections to the server")


def _returned_as_is(group: PromiseGroup, status: int, fields: Fields) -> None:
    server, transport, request = group.prepare(always(reply(b"first", status, fields)))
    response = group.send(transport, request)
    expect_equal((response.status, response.body), (status, b"first"), "answer")
    expect_equal(len(server.received), 1, f"requests at the server after a {status}")


def _redirect(status: int) -> Callable[[str], Proof]:
    def prove(group: PromiseGroup) -> None:
        elsewhere = group.serve(always(reply(b"elsewhere")))
        for target in (f"{elsewhere.url}/v1/stolen", "/other"):
            _returned_as_is(group, status, [("Location", target)])
        expect_equal(len(elsewhere.received), 0, "requests at the server that was named")

    return proof(prove)


def _not_again(script: Script) -> Callable[[str], Proof]:
    def prove(group: PromiseGroup) -> None:
        server, transport, request = group.prepare(script)
        group.fail(transport, request, ConnectionFailure)
        _only(server)

    return proof(prove)


class OncePromises(PromiseGroup):
    """One send is one request: not redirected, not retried, without cookies."""

    theme = "once"

    redirect_301 = _redirect(301)("Returns a 301 as it is; the key does not go to another server.")
    redirect_302 = _redirect(302)("Returns a 302 as it is; the key does not go to another server.")
    redirect_303 = _redirect(303)("Returns a 303 as it is; the key does not go to another server.")
    redirect_307 = _redirect(307)(
        "Returns a 307 as it is; prompt and key do not go to another server."
    )
    redirect_308 = _redirect(308)(
        "Returns a 308 as it is; prompt and key do not go to another server."
    )

    def authentication(self) -> None:
        """Returns a 401 that asks for credentials as it is."""
        digest = 'Digest realm="a", nonce="b", qop="auth"'
        for challenge in ('Basic realm="a"', digest, "Negotiate"):
            _returned_as_is(self, 401, [("WWW-Authenticate", challenge)])

    def after_error_status(self) -> None:
        """Does not send again after 408, 425, 429, 500, 502, 503 or 504."""
        for status in (408, 425, 429, 500, 502, 503, 504):
            _returned_as_is(self, status, [("Retry-After", "0")])

    def after_alternative(self) -> None:
        """Does not send again after 421 or on an alternative service."""
        _returned_as_is(self, 421, [("Alt-Svc", 'h2=":443"; ma=60')])

    after_reset = _not_again(then_reset(b""))("Does not send again after a reset.")
    after_empty_reply = _not_again(then_close(b""))("Does not send again after an empty reply.")
    after_cut_body = _not_again(then_close(reply(b"x" * 10)[:-1]))(
        "Does not send again after a body that was cut."
    )

    def get_after_reset(self) -> None:
        """Does not send a GET again either: the core decides that."""
        server = self.serve(play(READ, reply(b"first"), READ, RESET))
        transport = self.transport()
        request = self.request(server.url, method="GET", body=b"")
        self.send(transport, request)
        self.outcome(transport, request)
        time.sleep(_SETTLE)
        expect_equal(len(server.received), 2, "requests at the server after two sends")

    def after_timeout(self) -> None:
        """Does not send again after a timeout."""
        server, transport, request = self.prepare(then_wait(b""))
        self.time_out(transport, request, 0.3)
        time.sleep(_SETTLE)
        expect_equal(len(server.received), 1, "requests at the server")

    def after_refusal(self) -> None:
        """Does not connect again after a reset that came at once."""
        server, transport, request = self.prepare(Connection.reset)
        self.fail(transport, request, ConnectionFailure)
        _only(server, requests=0)

    def cookies(self) -> None:
        """Never sends a cookie back that a server set."""
        fields = [("Set-Cookie", "session=abc; Path=/"), ("Set-Cookie", "b=c; Path=/; Max-Age=60")]
        server, transport, request = self.prepare(always(reply(fields=fields)))
        for _ in range(3):
            self.send(transport, request)
        sent = [value for request in server.received for value in request.values("cookie")]
        expect_equal(sent, [], "cookies at the server")
