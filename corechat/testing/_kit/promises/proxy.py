"""options.proxy is authority: every request goes through it, and its failures are told apart."""

import base64
import os
import socket
import time
from unittest import mock

from corechat.testing._kit.certificates import certificates
from corechat.testing._kit.connection import Connection
from corechat.testing._kit.expectations import expect, expect_equal
from corechat.testing._kit.failures import expect_flags
from corechat.testing._kit.harness import BODY, FAR, LATE, PATH, Harness
from corechat.testing._kit.promise import PromiseGroup
from corechat.testing._kit.scripts import always, each, reply, then_close
from corechat.transport import ConnectionFailure, TimeoutFailure, TransportOptions

PROXY = PromiseGroup("proxy")

_HOST = "corechat-conformance.invalid"
_ORIGIN = f"http://{_HOST}"


@PROXY.promise
def _absolute_form(harness: Harness) -> None:
    """Sends a request for http through options.proxy, in absolute form (RFC 9112 §3.2.2)."""
    proxy = harness.serve(always(reply(b"by proxy")))
    transport = harness.transport(TransportOptions(proxy=proxy.url))
    response = harness.send(transport, harness.request(_ORIGIN))
    expect_equal(response.body, b"by proxy", "answer")
    received = proxy.received[0]
    expect_equal(received.target, _ORIGIN + PATH, "target")
    expect_equal(received.values("host"), [_HOST], "values of host")
    expect_equal(received.body, BODY, "body")


@PROXY.promise
def _wins_over_environment(harness: Harness) -> None:
    """Uses options.proxy also where NO_PROXY would exempt the host."""
    proxy = harness.serve(always(reply(b"by proxy")))
    server = harness.serve(always(reply(b"direct")))
    with mock.patch.dict(os.environ, {"NO_PROXY": "*", "no_proxy": "*"}):
        transport = harness.transport(TransportOptions(proxy=proxy.url))
        response = harness.send(transport, harness.request(server.url))
    expect_equal(response.body, b"by proxy", "answer")


@PROXY.promise
def _credentials(harness: Harness) -> None:
    """Sends user and password of the proxy's URL to the proxy, percent-decoded."""
    proxy = harness.serve(always(reply()))
    url = proxy.url.replace("http://", "http://user:pa%40ss@")
    transport = harness.transport(TransportOptions(proxy=url))
    harness.send(transport, harness.request(_ORIGIN))
    wanted = "Basic " + base64.b64encode(b"user:pa@ss").decode()
    values = proxy.received[0].values("proxy-authorization")
    expect_equal(values, [wanted], "values of proxy-authorization")
    authorization = proxy.received[0].values("authorization")
    expect(authorization == [f"Bearer {harness.key}"], "the request's own Authorization changed")


@PROXY.promise
def _refused(harness: Harness) -> None:
    """Reports a proxy that refuses the connection; nothing was sent, nor is its password told."""
    server = harness.serve(always(reply()))
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as sock:
        sock.bind(("127.0.0.1", 0))
        url = f"http://user:unsaid-password@127.0.0.1:{sock.getsockname()[1]}"
        transport = harness.transport(TransportOptions(proxy=url))
        failure = harness.fail(transport, harness.request(server.url), ConnectionFailure)
    expect_flags(failure, sent=False, status=None, bytes_received=False)
    expect("unsaid-password" not in str(failure), "the message tells the proxy's password")


@PROXY.promise
def _tunnel(harness: Harness) -> None:
    """Carries a request for https through a tunnel; the proxy sees its own credentials only."""
    with certificates(_HOST) as made:

        def script(connection: Connection) -> None:
            connection.read_head()
            connection.send(b"HTTP/1.1 200 Connection established\r\n\r\n")
            connection.start_tls(made.server)
            each(lambda request: reply(request.body))(connection)

        proxy = harness.serve(script)
        url = proxy.url.replace("http://", "http://user:pass@")
        transport = harness.transport(TransportOptions(proxy=url, ca_file=made.ca_file))
        response = harness.send(transport, harness.request(f"https://{_HOST}"))
    expect_equal(response.body, BODY, "answer")
    asked, carried = proxy.received
    expect_equal((asked.method, asked.target), ("CONNECT", f"{_HOST}:443"), "request to the proxy")
    expect(asked.values("proxy-authorization"), "the proxy did not get its credentials")
    expect(not asked.values("authorization"), "the proxy got the key in clear")
    expect_equal((carried.method, carried.target), ("POST", PATH), "request to the server")
    expect(not carried.values("proxy-authorization"), "the server got the proxy's credentials")


@PROXY.promise
def _tunnel_refused(harness: Harness) -> None:
    """Asks a proxy for a tunnel to an https server; if it refuses, the key has not been sent."""
    proxy = harness.serve(then_close(reply(b"no", 403)))
    transport = harness.transport(TransportOptions(proxy=proxy.url))
    request = harness.request(f"https://{_HOST}")
    failure = harness.fail(transport, request, ConnectionFailure)
    expect_flags(failure, status=None, response_started=False, sent=False)
    expect(proxy.received, "nothing came to the proxy")
    received = proxy.received[0]
    expect_equal((received.method, received.target), ("CONNECT", f"{_HOST}:443"), "request")
    expect(harness.key.encode() not in received.head, "the key went to the proxy in clear")


@PROXY.promise
def _tunnel_silent(harness: Harness) -> None:
    """Ends within connect_timeout when a proxy does not answer the wish for a tunnel."""

    def script(connection: Connection) -> None:
        connection.read_head()
        connection.wait_gone()

    proxy = harness.serve(script)
    options = TransportOptions(proxy=proxy.url, connect_timeout=0.4)
    request = harness.request(f"https://{_HOST}")
    start = time.monotonic()
    failure = harness.fail(harness.transport(options), request, TimeoutFailure, FAR)
    took = time.monotonic() - start
    expect(took <= 0.4 + LATE, f"took {took:.2f} s with a connect_timeout of 0.4 s")
    expect_flags(failure, status=None, sent=False)
