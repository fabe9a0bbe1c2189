"""Promises about sending once."""

import time

from corechat.testing._kit.connection import Connection
from corechat.testing._kit.expectations import expect, expect_equal
from corechat.testing._kit.promise import PromiseGroup
from corechat.testing._kit.scripts import (
    READ,
    RESET,
    always,
    play,
    reply,
    then_close,
    then_reset,
    then_wait,
)
from corechat.testing._kit.server import LoopbackServer, Script
from corechat.transport import ConnectionFailure, TransportFailure

_SETTLE = 0.1


def _only_one(server: LoopbackServer) -> None:
    """Check that the request came once, and no second one follows."""
    time.sleep(_SETTLE)
    expect_equal(len(server.received), 1, "requests at the server")


class OncePromises(PromiseGroup):
    """One send is one request: not redirected, not retried, without cookies."""

    theme = "once"

    def _returned_as_is(self, status: int, fields: list[tuple[str, str]]) -> None:
        server, transport, request = self.prepare(always(reply(b"first", status, fields)))
        response = self.send(transport, request)
        expect_equal((response.status, response.body), (status, b"first"), "answer")
        expect_equal(len(server.received), 1, f"requests at the server after a {status}")

    def _redirect(self, status: int) -> None:
        elsewhere = self.serve(always(reply(b"elsewhere")))
        for target in (f"{elsewhere.url}/v1/stolen", "/other"):
            self._returned_as_is(status, [("Location", target)])
        expect_equal(len(elsewhere.received), 0, "requests at the server that was named")

    def redirect_301(self) -> None:
        """Returns a 301 as it is; the key does not go to another server."""
        self._redirect(301)

    def redirect_302(self) -> None:
        """Returns a 302 as it is; the key does not go to another server."""
        self._redirect(302)

    def redirect_303(self) -> None:
        """Returns a 303 as it is; the key does not go to another server."""
        self._redirect(303)

    def redirect_307(self) -> None:
        """Returns a 307 as it is; prompt and key do not go to another server."""
        self._redirect(307)

    def redirect_308(self) -> None:
        """Returns a 308 as it is; prompt and key do not go to another server."""
        self._redirect(308)

    def authentication(self) -> None:
        """Returns a 401 that asks for credentials as it is."""
        digest = 'Digest realm="a", nonce="b", qop="auth"'
        for challenge in ('Basic realm="a"', digest, "Negotiate"):
            self._returned_as_is(401, [("WWW-Authenticate", challenge)])

    def after_error_status(self) -> None:
        """Does not send again after 408, 425, 429, 500, 502, 503 or 504."""
        for status in (408, 425, 429, 500, 502, 503, 504):
            self._returned_as_is(status, [("Retry-After", "0")])

    def after_alternative(self) -> None:
        """Does not send again after 421 or on an alternative service."""
        self._returned_as_is(421, [("Alt-Svc", 'h2=":443"; ma=60')])

    def _not_again(self, script: Script) -> None:
        server, transport, request = self.prepare(script)
        self.fail(transport, request, ConnectionFailure)
        _only_one(server)
        expect_equal(len(server.connections), 1, "connections to the server")

    def after_reset(self) -> None:
        """Does not send again after a reset."""
        self._not_again(then_reset(b""))

    def after_empty_reply(self) -> None:
        """Does not send again after an empty reply."""
        self._not_again(then_close(b""))

    def after_cut_body(self) -> None:
        """Does not send again after a body that was cut."""
        self._not_again(then_close(reply(b"x" * 10)[:-1]))

    def get_after_reset(self) -> None:
        """Does not send a GET again either: the core decides that."""
        server = self.serve(play(READ, reply(b"first"), READ, RESET))
        transport = self.transport()
        request = self.request(server.url, method="GET", body=b"")
        self.send(transport, request)
        try:
            self.send(transport, request)
        except AssertionError as error:
            expect(isinstance(error.__cause__, TransportFailure), str(error))
        time.sleep(_SETTLE)
        expect_equal(len(server.received), 2, "requests at the server after two sends")

    def after_timeout(self) -> None:
        """Does not send again after a timeout."""
        server, transport, request = self.prepare(then_wait(b""))
        self.time_out(transport, request, 0.3)
        _only_one(server)

    def after_refusal(self) -> None:
        """Does not connect again after a reset that came at once."""
        server, transport, request = self.prepare(Connection.reset)
        self.fail(transport, request, ConnectionFailure)
        time.sleep(_SETTLE)
        expect_equal(len(server.connections), 1, "connections to the server")

    def cookies(self) -> None:
        """Never sends a cookie back that a server set."""
        fields = [("Set-Cookie", "session=abc; Path=/"), ("Set-Cookie", "b=c; Path=/; Max-Age=60")]
        server, transport, request = self.prepare(always(reply(fields=fields)))
        for _ in range(3):
            self.send(transport, request)
        sent = [value for request in server.received for value in request.values("cookie")]
        expect_equal(sent, [], "cookies at the server")
