"""Promises about used connections."""

import time

from corechat.testing._kit.connection import Connection
from corechat.testing._kit.expectations import PromiseBroken, expect, expect_equal, expect_flags
from corechat.testing._kit.promise import PromiseGroup
from corechat.testing._kit.scripts import (
    CHUNKED_HEAD,
    READ,
    RESET,
    always,
    chunk,
    chunked,
    echo,
    head,
    in_turn,
    play,
    reply,
    then_close,
    then_reset,
)
from corechat.testing._kit.server import LoopbackServer, Script
from corechat.transport import ConnectionFailure, HttpRequest, Transport, TransportOptions

_POISON = reply(b"poison")
_OWN = reply(b"own")
_FIRST = reply(b"first")


def _first_then(first: bytes, late: bytes = b"") -> Script:
    """Answer the first request of all by some bytes, and every further one rightly."""
    return in_turn(play(READ, first, 0.05, late, always(_OWN)), always(_OWN))


def _closing(first: bytes) -> Script:
    """Announce a close, keep the connection open all the same, and poison what comes on it."""
    return in_turn(play(READ, first, READ, _POISON), always(_OWN))


def _linger(connection: Connection) -> None:
    connection.wait_gone(1.0)


class ReusePromises(PromiseGroup):
    """A connection may carry many calls, but never an answer from one to another."""

    theme = "reuse"

    def _second_is_own(self, transport: Transport, request: HttpRequest) -> None:
        """Check that the second call gets its own answer, or fails so that the core tries again."""
        try:
            response = self.send(transport, request)
        except PromiseBroken as broken:
            failure = broken.__cause__
            if not isinstance(failure, ConnectionFailure):
                raise
            expect_flags(failure, reused=True, bytes_received=False, status=None)
            response = self.send(transport, request)
        expect_equal((response.status, response.body), (200, b"own"), "answer of the second call")

    def _never_poisoned(self, script: Script, pause: float = 0.05) -> LoopbackServer:
        server, transport, request = self.prepare(script)
        response = self.send(transport, request)
        expect_equal((response.status, response.body), (200, b"first"), "answer of the first call")
        time.sleep(pause)
        self._second_is_own(transport, request)
        return server

    def each_its_own_answer(self) -> None:
        """Gives ten calls in a row each their own answer."""
        server, transport, _ = self.prepare(echo())
        for number in range(10):
            body = b"%d" % number
            response = self.send(transport, self.request(server.url, body=body))
            expect_equal(response.body, body, "answer")
        expect_equal(len(server.received), 10, "requests at the server")

    def bytes_after_length(self) -> None:
        """Never answers a call with bytes left over after a reply with a Content-Length."""
        self._never_poisoned(_first_then(_FIRST + _POISON))

    def bytes_after_chunks(self) -> None:
        """Never answers a call with bytes left over after a chunked reply."""
        self._never_poisoned(_first_then(chunked(b"first") + _POISON))

    def garbage_after_reply(self) -> None:
        """Is not troubled by left over bytes that are not HTTP."""
        self._never_poisoned(_first_then(_FIRST + b"\r\n\r\n{}garbage"))

    def bytes_while_idle(self) -> None:
        """Never answers a call with a reply that arrived while the connection was idle."""
        self._never_poisoned(_first_then(_FIRST, late=_POISON), pause=0.3)

    def interim_while_idle(self) -> None:
        """Is not troubled by a 408 that a server sends before it closes an idle connection."""
        late = head(408, [("Content-Length", "0"), ("Connection", "close")], "Request Timeout")
        self._never_poisoned(_first_then(_FIRST, late=late), pause=0.3)

    def bytes_after_no_content(self) -> None:
        """Never answers a call with a body that a 204 or 304 ought not to have."""
        for status in (204, 304):
            _, transport, request = self.prepare(_first_then(head(status) + _POISON))
            response = self.send(transport, request)
            expect_equal((response.status, response.body), (status, b""), "first answer")
            time.sleep(0.05)
            self._second_is_own(transport, request)

    def closed_while_idle(self) -> None:
        """Gets over a server that closed the idle connection."""
        first = in_turn(then_close(_FIRST), always(_OWN))
        self._never_poisoned(first, pause=0.2)

    def reset_while_idle(self) -> None:
        """Gets over a server that reset the idle connection."""
        self._never_poisoned(in_turn(then_reset(_FIRST), always(_OWN)), pause=0.3)

    def reset_as_the_next_goes_out(self) -> None:
        """Says of a reset on a used connection that it was used, and no answer had begun."""
        script = in_turn(play(READ, _FIRST, READ, RESET), always(_OWN))
        server, transport, request = self.prepare(script)
        self.send(transport, request)
        self._second_is_own(transport, request)
        tries = 2 if len(server.received) == 2 else 3  # noqa: PLR2004 - without reuse, two suffice
        expect_equal(len(server.received), tries, "requests at the server")

    def closed_as_the_next_goes_out(self) -> None:
        """Says of a close on a used connection that it was used, and no answer had begun."""
        _, transport, request = self.prepare(in_turn(play(READ, _FIRST, READ), always(_OWN)))
        self.send(transport, request)
        self._second_is_own(transport, request)

    def failure_on_a_used_connection(self) -> None:
        """Says of an answer cut on a used connection that it was used and bytes had come."""
        cut = reply(b"cut")[:-1]
        script = in_turn(play(READ, _FIRST, READ, cut), then_close(cut))
        server, transport, request = self.prepare(script)
        self.send(transport, request)
        server.wait_for_requests(1)
        failure = None
        try:
            self.send(transport, request)
        except PromiseBroken as broken:
            failure = broken.__cause__
        if not isinstance(failure, ConnectionFailure):
            raise PromiseBroken(f"no ConnectionFailure for a cut answer, but {failure!r}")
        reused = len(server.connections) == 1
        expect_flags(failure, status=200, bytes_received=True, reused=reused)

    def connection_close(self) -> None:
        """Sends nothing more on a connection whose server said Connection: close."""
        first = reply(b"first", fields=[("Connection", "close")])
        server = self._never_poisoned(_closing(first))
        expect_equal([request.connection for request in server.received], [0, 1], "connections")

    def http_1_0_closes(self) -> None:
        """Sends nothing more on a connection whose server spoke HTTP/1.0."""
        first = b"HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\nfirst"
        server = self._never_poisoned(_closing(first))
        expect_equal([request.connection for request in server.received], [0, 1], "connections")

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
        self._second_is_own(transport, request)

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
