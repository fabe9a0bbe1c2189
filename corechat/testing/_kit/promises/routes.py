"""Promises about the environment, proxies and TLS."""

import base64
import contextlib
import os
import socket
import tempfile
from collections.abc import Iterator
from pathlib import Path
from unittest import mock

from corechat.testing._kit.certificates import certificates
from corechat.testing._kit.connection import Connection
from corechat.testing._kit.expectations import expect, expect_equal, expect_flags
from corechat.testing._kit.harness import BODY, PATH
from corechat.testing._kit.promise import PromiseGroup
from corechat.testing._kit.replies import CHUNKED_HEAD, head, reply
from corechat.testing._kit.scripts import READ, WAIT, always, drip, echo, play, pour, then_close
from corechat.testing._kit.server import LoopbackServer, Script
from corechat.transport import (
    ConnectionFailure,
    Headers,
    HttpRequest,
    Transport,
    TransportFailure,
    TransportOptions,
)

_HOST = "corechat-conformance.invalid"
_ORIGIN = f"http://{_HOST}"
_CONNECT = ("CONNECT", f"{_HOST}:443")
_NO_PROXY = {"NO_PROXY": "*", "no_proxy": "*"}


class EnvironmentPromises(PromiseGroup):
    """Neither the environment nor a file changes what is sent or where: the core reads those."""

    theme = "environment"

    def proxy_variables(self) -> None:
        """Ignores HTTP_PROXY, ALL_PROXY and their kind: options.proxy alone is authority."""
        proxy = self.serve(always(reply(b"from the proxy")))
        names = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY")
        variables = {case: proxy.url for name in names for case in (name, name.lower())}
        with mock.patch.dict(os.environ, variables):
            for name in (*_NO_PROXY, "REQUEST_METHOD"):
                os.environ.pop(name, None)
            response = self.answer(always(reply(b"direct")))
        expect_equal(response.body, b"direct", "answer")
        expect_equal(len(proxy.connections), 0, "connections to the proxy of the environment")

    def netrc(self) -> None:
        """Does not take credentials from a netrc file."""
        server = self.serve(always(reply()))
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder, ".netrc")
            file.write_text("machine 127.0.0.1 login someone password something\n", "utf-8")
            file.chmod(0o600)
            with mock.patch.dict(os.environ, {"NETRC": str(file), "HOME": folder}):
                request = HttpRequest("POST", server.url + PATH, Headers(), BODY)
                self.send(self.transport(), request)
        values = server.received[0].values("authorization")
        expect_equal(values, [], "values of authorization")


class ProxyPromises(PromiseGroup):
    """options.proxy is authority: each request goes through it, and its failures are told apart."""

    theme = "proxy"

    def absolute_form(self) -> None:
        """Sends a request for http through options.proxy, in absolute form (RFC 9112 §3.2.2)."""
        proxy = self.serve(always(reply(b"by proxy")))
        transport = self.transport(TransportOptions(proxy=proxy.url))
        response = self.send(transport, self.request(_ORIGIN))
        expect_equal(response.body, b"by proxy", "answer")
        received = proxy.received[0]
        expect_equal(received.target, _ORIGIN + PATH, "target")
        expect_equal(received.values("host"), [_HOST], "values of host")
        expect_equal(received.body, BODY, "body")

    def wins_over_environment(self) -> None:
        """Uses options.proxy also where NO_PROXY would exempt the host."""
        proxy = self.serve(always(reply(b"by proxy")))
        with mock.patch.dict(os.environ, _NO_PROXY):
            response = self.answer(always(reply(b"direct")), TransportOptions(proxy=proxy.url))
        expect_equal(response.body, b"by proxy", "answer")

    def credentials(self) -> None:
        """Sends user and password of the proxy's URL to the proxy, percent-decoded."""
        proxy = self.serve(always(reply()))
        url = proxy.url.replace("http://", "http://user:pa%40ss@")
        self.send(self.transport(TransportOptions(proxy=url)), self.request(_ORIGIN))
        wanted = "Basic " + base64.b64encode(b"user:pa@ss").decode()
        values = proxy.received[0].values("proxy-authorization")
        expect_equal(values, [wanted], "values of proxy-authorization")
        authorization = proxy.received[0].values("authorization")
        expect(authorization == [f"Bearer {self.key}"], "the request's own Authorization changed")

    def refused(self) -> None:
        """Reports a proxy that refuses the connection; nothing was sent, no password is told."""
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as sock:
            sock.bind(("127.0.0.1", 0))
            url = f"http://user:unsaid-password@127.0.0.1:{sock.getsockname()[1]}"
            options = TransportOptions(proxy=url)
            failure = self.failure_of(always(reply()), ConnectionFailure, options)
        expect_flags(failure, sent=False, status=None, bytes_received=False)
        expect("unsaid-password" not in str(failure), "the message tells the proxy's password")

    def tunnel(self) -> None:
        """Carries a request for https through a tunnel; the proxy sees its own credentials only."""
        with certificates(_HOST) as made:
            proxy = self.serve(
                play(
                    Connection.read_head,
                    b"HTTP/1.1 200 Connection established\r\n\r\n",
                    lambda connection: connection.start_tls(made.server),
                    echo(),
                )
            )
            url = proxy.url.replace("http://", "http://user:pass@")
            transport = self.transport(TransportOptions(proxy=url, ca_file=made.ca_file))
            response = self.send(transport, self.request(f"https://{_HOST}"))
        expect_equal(response.body, BODY, "answer")
        asked, carried = proxy.received
        expect_equal((asked.method, asked.target), _CONNECT, "request to the proxy")
        expect(asked.values("proxy-authorization"), "the proxy did not get its credentials")
        expect(not asked.values("authorization"), "the proxy got the key in clear")
        expect_equal((carried.method, carried.target), ("POST", PATH), "request to the server")
        expect(not carried.values("proxy-authorization"), "the server got the proxy's credentials")

    def tunnel_refused(self) -> None:
        """Asks a proxy for a tunnel to an https server; where it refuses, the key was not sent."""
        proxy = self.serve(then_close(reply(b"no", 403)))
        transport = self.transport(TransportOptions(proxy=proxy.url))
        request = self.request(f"https://{_HOST}")
        failure = self.fail(transport, request, ConnectionFailure)
        expect_flags(failure, status=None, response_started=False, sent=False)
        expect(proxy.received, "nothing came to the proxy")
        received = proxy.received[0]
        expect_equal((received.method, received.target), _CONNECT, "request to the proxy")
        expect(self.key.encode() not in received.head, "the key went to the proxy in clear")

    def tunnel_silent(self) -> None:
        """Ends within connect_timeout when a proxy does not answer the wish for a tunnel."""
        proxy = self.serve(play(Connection.read_head, WAIT))
        self.fail_to_connect(f"https://{_HOST}", proxy=proxy.url)


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
