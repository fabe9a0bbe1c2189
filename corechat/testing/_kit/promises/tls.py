"""Promises about TLS."""

import contextlib
from collections.abc import Iterator

from corechat.testing._kit.certificates import certificates
from corechat.testing._kit.connection import Connection
from corechat.testing._kit.expectations import expect, expect_equal, expect_flags
from corechat.testing._kit.promise import PromiseGroup
from corechat.testing._kit.scripts import (
    CHUNKED_HEAD,
    READ,
    always,
    drip,
    echo,
    head,
    play,
    pour,
    reply,
    then_close,
)
from corechat.testing._kit.server import LoopbackServer, Script
from corechat.transport import ConnectionFailure, Transport, TransportFailure, TransportOptions

_FLOOD = 192 * 1024 * 1024
"""Bytes that no parser in Python reads before the deadline."""


class TLSPromises(PromiseGroup):
    """TLS is verified, always; a handshake obeys the deadline."""

    theme = "tls"

    @contextlib.contextmanager
    def _trusted(
        self, script: Script, name: str = "127.0.0.1"
    ) -> Iterator[tuple[LoopbackServer, Transport]]:
        """Start a server with a certificate for a name, and make a transport that trusts it."""
        with certificates(name) as made:
            server = self.serve(script, tls=made.server)
            yield server, self.transport(TransportOptions(ca_file=made.ca_file))

    def _https_url(self, script: Script) -> str:
        """Start a server without TLS; return its URL as if it had."""
        return self.serve(script).url.replace("http:", "https:")

    def round_trip(self) -> None:
        """Trusts the authorities in ca_file, and carries calls over TLS."""
        with self._trusted(echo()) as (server, transport):
            for body in (b"one", b"two", b"x" * 1_000_000):
                response = self.send(transport, self.request(server.url, body=body))
                expect(response.body == body, "another body came back")

    def _unsent(self, transport: Transport, url: str) -> None:
        failure = self.fail(transport, self.request(url), ConnectionFailure)
        expect_flags(failure, sent=False, status=None, bytes_received=False)
        received = sum(len(server.received) for server in self.servers)
        expect_equal(received, 0, "requests at the server")

    def unknown_authority(self) -> None:
        """Refuses a certificate of an unknown authority; nothing was sent."""
        with self._trusted(always(reply())) as (server, _):
            self._unsent(self.transport(), server.url)

    def other_name(self) -> None:
        """Refuses a certificate for another name; nothing was sent."""
        with self._trusted(always(reply()), "other.invalid") as (server, transport):
            self._unsent(transport, server.url)

    def plain_server(self) -> None:
        """Reports a server that does not speak TLS; nothing was sent."""
        answer = b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n"
        script = play(lambda connection: connection.read_some(100), answer)
        self._unsent(self.transport(), self._https_url(script))

    def silent_handshake(self) -> None:
        """Gives up a handshake without an answer after connect_timeout; nothing was sent."""
        self.fail_to_connect(self._https_url(Connection.wait_gone))

    def dripping_handshake(self) -> None:
        """Gives up a handshake that comes in drips after connect_timeout; nothing was sent."""
        record = b"\x16\x03\x03\x40\x00"  # the start of a handshake record of 16 kB
        script = play(lambda connection: connection.read_some(2000), record, drip(b"\0" * 30, 0.1))
        self.fail_to_connect(self._https_url(script), TransportFailure)

    def _times_out(self, script: Script) -> None:
        with self._trusted(script) as (server, transport):
            failure = self.time_out(transport, self.request(server.url))
        expect_flags(failure, status=200, sent=True)

    def body_drips(self) -> None:
        """Ends in time when a body comes in drips over TLS."""
        self._times_out(play(READ, head(fields=[("Content-Length", "1000")]), drip(b"x" * 40, 0.1)))

    def body_floods(self) -> None:
        """Ends in time when a body pours over TLS in tiny chunks, so that no read ever waits."""
        self._times_out(play(READ, CHUNKED_HEAD, pour(b"1\r\n \r\n", _FLOOD)))

    def cut_body(self) -> None:
        """Does not take a body that is cut over TLS for an answer."""
        with self._trusted(then_close(reply(b"x" * 100)[:-1])) as (server, transport):
            failure = self.fail(transport, self.request(server.url), ConnectionFailure)
        expect_flags(failure, status=200, response_started=True)
