"""Neither the environment nor a file changes what is sent or where: the core reads those."""

import base64
import contextlib
import os
import socket
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

from corechat.http_messages import Headers, HttpRequest
from corechat.testing.connection import Connection
from corechat.testing.harness import BODY, FAR, LATE, PATH, Harness, expect_flags
from corechat.testing.promise import Theme, expect, expect_equal
from corechat.testing.scripts import always, reply, then_close
from corechat.transport import ConnectionFailure, TimeoutFailure, TransportOptions

ENVIRONMENT = Theme("environment")
PROXY = Theme("proxy")

_ORIGIN = "http://corechat-conformance.invalid"


@contextlib.contextmanager
def _environment(changes: Mapping[str, str], *without: str) -> Iterator[None]:
    before = dict(os.environ)
    try:
        for name in without:
            os.environ.pop(name, None)
        os.environ.update(changes)
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


@ENVIRONMENT.promise
def _proxy_variables(harness: Harness) -> None:
    """Ignores HTTP_PROXY, ALL_PROXY and their kind: options.proxy alone is authority."""
    proxy = harness.serve(always(reply(b"from the proxy")))
    server = harness.serve(always(reply(b"direct")))
    names = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY")
    variables = {case: proxy.url for name in names for case in (name, name.lower())}
    with _environment(variables, "NO_PROXY", "no_proxy", "REQUEST_METHOD"):
        response = harness.send(harness.transport(), harness.request(server.url))
    expect_equal(response.body, b"direct", "answer")
    expect_equal(len(proxy.connections), 0, "connections to the proxy of the environment")


@ENVIRONMENT.promise
def _netrc(harness: Harness) -> None:
    """Takes no credentials from a netrc file."""
    server = harness.serve(always(reply()))
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, ".netrc")
        file.write_text("machine 127.0.0.1 login someone password something\n", "utf-8")
        file.chmod(0o600)
        with _environment({"NETRC": str(file), "HOME": folder}):
            request = HttpRequest("POST", server.url + PATH, Headers(), BODY)
            harness.send(harness.transport(), request)
    values = server.received[0].values("authorization")
    expect_equal(values, [], "values of authorization")


@PROXY.promise
def _absolute_form(harness: Harness) -> None:
    """Sends a request for http through options.proxy, in absolute form (RFC 9112 §3.2.2)."""
    proxy = harness.serve(always(reply(b"by proxy")))
    transport = harness.transport(TransportOptions(proxy=proxy.url))
    response = harness.send(transport, harness.request(_ORIGIN))
    expect_equal(response.body, b"by proxy", "answer")
    received = proxy.received[0]
    expect_equal(received.target, _ORIGIN + PATH, "target")
    expect_equal(received.values("host"), [_ORIGIN.removeprefix("http://")], "values of host")
    expect_equal(received.body, BODY, "body")


@PROXY.promise
def _wins_over_environment(harness: Harness) -> None:
    """Uses options.proxy also where NO_PROXY would exempt the host."""
    proxy = harness.serve(always(reply(b"by proxy")))
    server = harness.serve(always(reply(b"direct")))
    with _environment({"NO_PROXY": "*", "no_proxy": "*"}):
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
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as sock:
        sock.bind(("127.0.0.1", 0))
        url = f"http://user:unsaid-password@127.0.0.1:{sock.getsockname()[1]}"
        transport = harness.transport(TransportOptions(proxy=url))
        failure = harness.fail(transport, harness.request(_ORIGIN), ConnectionFailure)
    expect_flags(failure, sent=False, status=None, bytes_received=False)
    expect("unsaid-password" not in str(failure), "the message tells the proxy's password")


@PROXY.promise
def _tunnel_refused(harness: Harness) -> None:
    """Asks a proxy for a tunnel to an https server; if it refuses, the key has not been sent."""
    proxy = harness.serve(then_close(reply(b"no", 403)))
    transport = harness.transport(TransportOptions(proxy=proxy.url))
    request = harness.request(_ORIGIN.replace("http:", "https:"))
    failure = harness.fail(transport, request, ConnectionFailure)
    expect_flags(failure, status=None, response_started=False, sent=False)
    expect(proxy.received, "nothing came to the proxy")
    received = proxy.received[0]
    host = _ORIGIN.removeprefix("http://")
    expect_equal((received.method, received.target), ("CONNECT", f"{host}:443"), "request")
    expect(harness.key.encode() not in received.head, "the key went to the proxy in clear")


@PROXY.promise
def _tunnel_silent(harness: Harness) -> None:
    """Ends within connect_timeout when a proxy does not answer the wish for a tunnel."""

    def script(connection: Connection) -> None:
        connection.read_head()
        connection.wait_gone()

    proxy = harness.serve(script)
    options = TransportOptions(proxy=proxy.url, connect_timeout=0.4)
    request = harness.request(_ORIGIN.replace("http:", "https:"))
    start = time.monotonic()
    failure = harness.fail(harness.transport(options), request, TimeoutFailure, FAR)
    took = time.monotonic() - start
    expect(took <= 0.4 + LATE, f"took {took:.2f} s with a connect_timeout of 0.4 s")
    expect_flags(failure, status=None, sent=False)
