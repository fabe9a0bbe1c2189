"""Promises about sending once, and about used connections."""

import time

from corechat.testing._kit.connection import Connection
from corechat.testing._kit.expectations import expect, expect_equal, expect_flags
from corechat.testing._kit.promise import PromiseGroup, rows
from corechat.testing._kit.replies import CHUNKED_HEAD, Fields, chunk, chunked, head, reply
from corechat.testing._kit.scripts import (
    READ,
    RESET,
    always,
    echo,
    in_turn,
    play,
    then_close,
    then_reset,
    then_wait,
)
from corechat.testing._kit.server import Script
from corechat.transport import ConnectionFailure, HttpRequest, Transport, TransportOptions

_SETTLE = 0.1


def _returned_as_is(group: PromiseGroup, status: int, fields: Fields) -> None:
    server, transport, request = group.prepare(always(reply(b"first", status, fields)))
    response = group.send(transport, request)
    expect_equal((response.status, response.body), (status, b"first"), "answer")
    expect_equal(len(server.received), 1, f"requests at the server after a {status}")


@rows
def _redirect(group: PromiseGroup, status: int) -> None:
    elsewhere = group.serve(always(reply(b"elsewhere")))
    for target in (f"{elsewhere.url}/v1/stolen", "/other"):
        _returned_as_is(group, status, [("Location", target)])
    expect_equal(len(elsewhere.received), 0, "requests at the server that was named")


@rows
def _not_again(group: PromiseGroup, script: Script, requests: int = 1) -> None:
    server, transport, request = group.prepare(script)
    group.fail(transport, request, ConnectionFailure)
    time.sleep(_SETTLE)
    expect_equal(len(server.received), requests, "requests at the server")
    expect_equal(len(server.connections), 1, "connections to the server")


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

    after_refusal = _not_again(Connection.reset, requests=0)(
        "Does not connect again after a reset that came at once."
    )

    def cookies(self) -> None:
        """Never sends a cookie back that a server set."""
        fields = [("Set-Cookie", "session=abc; Path=/"), ("Set-Cookie", "b=c; Path=/; Max-Age=60")]
        server, transport, request = self.prepare(always(reply(fields=fields)))
        for _ in range(3):
            self.send(transport, request)
        sent = [value for request in server.received for value in request.values("cookie")]
        expect_equal(sent, [], "cookies at the server")


_POISON = reply(b"poison")
_OWN = reply(b"own")
_FIRST = reply(b"first")
_408 = head(408, [("Content-Length", "0"), ("Connection", "close")], "Request Timeout")


def _first_then(first: bytes, late: bytes = b"") -> Script:
    """Answer the first request of all by some bytes, and every further one rightly."""
    return in_turn(play(READ, first, 0.05, late, always(_OWN)), always(_OWN))


def _closing(first: bytes) -> Script:
    """Announce a close, keep the connection open all the same, and poison what comes on it."""
    return in_turn(play(READ, first, READ, _POISON), always(_OWN))


def _linger(connection: Connection) -> None:
    connection.wait_gone(1.0)


def _second_is_own(group: PromiseGroup, transport: Transport, request: HttpRequest) -> None:
    """Check that the second call gets its own answer, or fails so that the core tries again."""
    ended = group.outcome(transport, request)
    if isinstance(ended, ConnectionFailure):
        expect_flags(ended, reused=True, bytes_received=False, status=None)
        ended = group.send(transport, request)
    got = (ended.status, getattr(ended, "body", ended))
    expect_equal(got, (200, b"own"), "answer of the second call")


@rows
def _never_poisoned(
    group: PromiseGroup, script: Script, pause: float = 0.05, *, over: list[int] | None = None
) -> None:
    """Prove that two calls get their own answers, over these connections where they are given."""
    server, transport, request = group.prepare(script)
    first = group.send(transport, request)
    expect_equal((first.status, first.body), (200, b"first"), "answer of the first call")
    time.sleep(pause)
    _second_is_own(group, transport, request)
    used = [received.connection for received in server.received]
    expect_equal(used, over or used, "connections")


class ReusePromises(PromiseGroup):
    """A connection may carry many calls, but never an answer from one to another."""

    theme = "reuse"

    def each_its_own_answer(self) -> None:
        """Gives ten calls in a row each their own answer."""
        server, transport, _ = self.prepare(echo())
        for number in range(10):
            body = b"%d" % number
            response = self.send(transport, self.request(server.url, body=body))
            expect_equal(response.body, body, "answer")
        expect_equal(len(server.received), 10, "requests at the server")

    bytes_after_length = _never_poisoned(_first_then(_FIRST + _POISON))(
        "Never answers a call with bytes left over after a reply with a Content-Length."
    )
    bytes_after_chunks = _never_poisoned(_first_then(chunked(b"first") + _POISON))(
        "Never answers a call with bytes left over after a chunked reply."
    )
    garbage_after_reply = _never_poisoned(_first_then(_FIRST + b"\r\n\r\n{}garbage"))(
        "Is not troubled by left over bytes that are not HTTP."
    )
    bytes_while_idle = _never_poisoned(_first_then(_FIRST, late=_POISON), pause=0.3)(
        "Never answers a call with a reply that arrived while the connection was idle."
    )
    interim_while_idle = _never_poisoned(_first_then(_FIRST, late=_408), pause=0.3)(
        "Is not troubled by a 408 that a server sends before it closes an idle connection."
    )

    def bytes_after_no_content(self) -> None:
        """Never answers a call with a body that a 204 or 304 ought not to have."""
        for status in (204, 304):
            _, transport, request = self.prepare(_first_then(head(status) + _POISON))
            response = self.send(transport, request)
            expect_equal((response.status, response.body), (status, b""), "first answer")
            time.sleep(0.05)
            _second_is_own(self, transport, request)

    closed_while_idle = _never_poisoned(in_turn(then_close(_FIRST), always(_OWN)), pause=0.2)(
        "Gets over a server that closed the idle connection."
    )
    reset_while_idle = _never_poisoned(in_turn(then_reset(_FIRST), always(_OWN)), pause=0.3)(
        "Gets over a server that reset the idle connection."
    )

    def reset_as_the_next_goes_out(self) -> None:
        """Says of a reset on a used connection that it was used, and no answer had begun."""
        script = in_turn(play(READ, _FIRST, READ, RESET), always(_OWN))
        server, transport, request = self.prepare(script)
        self.send(transport, request)
        _second_is_own(self, transport, request)
        reused = server.received[1].connection == 0
        expect_equal(len(server.received), 3 if reused else 2, "requests at the server")

    def closed_as_the_next_goes_out(self) -> None:
        """Says of a close on a used connection that it was used, and no answer had begun."""
        _, transport, request = self.prepare(in_turn(play(READ, _FIRST, READ), always(_OWN)))
        self.send(transport, request)
        _second_is_own(self, transport, request)

    def failure_on_a_used_connection(self) -> None:
        """Says of an answer cut on a used connection that it was used and bytes had come."""
        cut = reply(b"cut")[:-1]
        script = in_turn(play(READ, _FIRST, READ, cut), then_close(cut))
        server, transport, request = self.prepare(script)
        self.send(transport, request)
        failure = self.fail(transport, request, ConnectionFailure)
        reused = len(server.connections) == 1
        expect_flags(failure, status=200, bytes_received=True, reused=reused)

    connection_close = _never_poisoned(
        _closing(reply(b"first", fields=[("Connection", "close")])), over=[0, 1]
    )("Sends nothing more on a connection whose server said Connection: close.")
    http_1_0_closes = _never_poisoned(
        _closing(b"HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\nfirst"), over=[0, 1]
    )("Sends nothing more on a connection whose server spoke HTTP/1.0.")

    def late_answer(self) -> None:
        """Never answers a call with the reply to an earlier call that timed out."""
        script = in_turn(play(READ, 0.5, _POISON, _linger), always(_OWN))
        _, transport, request = self.prepare(script)
        self.time_out(transport, request, 0.3)
        time.sleep(0.4)
        expect_equal(self.send(transport, request).body, b"own", "answer of the next call")

    def rest_of_error_body(self) -> None:
        """Never answers a call with the rest of an error's truncated body."""
        start = CHUNKED_HEAD.replace(b"200 OK", b"500 No", 1) + chunk(b"x" * 2000)
        script = play(READ, start, 0.05, b"0\r\n\r\n" + _POISON, _linger)
        options = TransportOptions(max_error_body_bytes=1000)
        _, transport, request = self.prepare(in_turn(script, always(_OWN)), options)
        expect_equal(self.send(transport, request).status, 500, "status of the first call")
        time.sleep(0.1)
        _second_is_own(self, transport, request)

    def two_servers(self) -> None:
        """Sends each request to the server of its own URL."""
        names = [b"one", b"two"]
        servers = [self.serve(always(reply(name))) for name in names]
        transport = self.transport()
        for _ in range(2):
            for name, server in zip(names, servers, strict=True):
                response = self.send(transport, self.request(server.url))
                expect_equal(response.body, name, "answer")
        expect([len(server.received) for server in servers] == [2, 2], "requests went astray")
