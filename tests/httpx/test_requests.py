"""What would become something else on the wire is not sent."""

import tracemalloc

import pytest

from corechat._http.messages import Headers, HttpRequest
from corechat.errors import ConfigurationError
from corechat.testing._kit.certificates import certificates
from corechat.testing._kit.replies import reply
from corechat.testing._kit.scripts import always, echo
from corechat.testing._kit.server import LoopbackServer
from corechat.transport import TransportOptions
from corechat.transport._deadline import Deadline
from tests.httpx.conftest import Make, post
from tests.servers.fixtures import Serve


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("X-A", "a\r\nContent-Length: 0\r\nX-B: 1"),
        ("X-A", "a\nX-B: 1"),
        ("X-A", "a\0b"),
        ("X-A: a\r\nTransfer-Encoding", "chunked"),
        ("X A", "b"),
        ("", "b"),
        ("X-Ä", "b"),
        ("Content-Length", "7"),
        ("host", "elsewhere"),
        ("Transfer-Encoding", "chunked"),
    ],
)
def test_a_field_that_is_more_than_a_field_is_refused(
    make: Make, serve: Serve, name: str, value: str
) -> None:
    server, transport = serve(echo()), make()
    fields = Headers([("X-First", "1"), (name, value)])
    request = HttpRequest("POST", f"{server.url}/v1", fields, b"{}")
    for fresh in (True, False):
        with pytest.raises(ConfigurationError):
            transport.send(request, Deadline.after(5))
        assert len(server.received) == (0 if fresh else 1)
        transport.send(post(server.url), Deadline.after(5))


@pytest.mark.parametrize("method", ["POST /z HTTP/1.1\r\nX: y\r\n\r\nGET", "PO ST", "", "POST\n"])
def test_a_method_that_is_more_than_a_method_is_refused(
    make: Make, serve: Serve, method: str
) -> None:
    server, transport = serve(echo()), make()
    transport.send(post(server.url), Deadline.after(5))
    request = HttpRequest(method, f"{server.url}/v1", Headers(), b"{}")
    with pytest.raises(ConfigurationError):
        transport.send(request, Deadline.after(5))
    assert len(server.received) == 1


def test_a_path_that_is_more_than_a_path_is_sent_as_a_path(make: Make, serve: Serve) -> None:
    server, transport = serve(echo()), make()
    request = HttpRequest("POST", f"{server.url}/a HTTP/1.1 b", Headers(), b"{}")
    transport.send(request, Deadline.after(5))
    assert [received.target for received in server.received] == ["/a%20HTTP/1.1%20b"]


def test_a_transport_that_began_with_http_trusts_the_named_authority_over_https(
    make: Make, serve: Serve
) -> None:
    with certificates("127.0.0.1") as tls, LoopbackServer(echo(), tls=tls.server) as secure:
        transport = make(TransportOptions(ca_file=tls.ca_file))
        for url in (serve(echo()).url, secure.url):
            assert transport.send(post(url), Deadline.after(5)).status == 200
        transport.close()


def test_an_idle_connection_keeps_no_response(make: Make, serve: Serve) -> None:
    server, transport = serve(always(reply(b"x" * 8_000_000))), make()
    transport.send(post(server.url), Deadline.after(10))
    tracemalloc.start()
    try:
        assert transport.send(post(server.url), Deadline.after(10)).status == 200
        kept, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak > 8_000_000
    assert kept < 2_000_000
