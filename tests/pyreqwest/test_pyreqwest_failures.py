"""What fails over ``pyreqwest`` is said in corechat's words, and nothing is paid twice."""

import socket
import threading
from collections.abc import Iterator

import pytest

from corechat import APIConnectionError, Client
from corechat.testing._kit.blackhole import BlackHole
from corechat.testing._kit.connection import Connection
from corechat.testing._kit.replies import head, reply
from corechat.testing._kit.scripts import always, then_close, then_reset, then_wait
from corechat.testing._kit.server import Script
from corechat.transport import (
    ConnectionFailure,
    Deadline,
    TimeoutFailure,
    TooLargeFailure,
    Transport,
    TransportOptions,
)
from tests.httpx.socks_proxy import socks_proxy
from tests.pyreqwest.conftest import Make, failure, post
from tests.servers.fixtures import Serve


@pytest.fixture
def refused() -> Iterator[str]:
    """A URL on which nobody listens."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{sock.getsockname()[1]}"


@pytest.mark.parametrize(
    "script",
    [
        then_close(b""),
        then_reset(b""),
        then_close(b"HTTP/1.1 200 OK\r\nContent-"),
        then_reset(b"HTTP/1.1 200 OK\r\nContent-"),
    ],
)
def test_a_request_that_may_have_been_answered_is_sent_once(serve: Serve, script: Script) -> None:
    server = serve(script)
    client = Client("pyreqwest", base_url=f"{server.url}/v1", api_key="x", max_retries=2)
    with client, pytest.raises(APIConnectionError):
        client.complete(model="m", messages=[{"role": "user", "content": "Hello?"}])
    assert len(server.received) == 1


def test_a_refused_connection_is_tried_again(refused: str) -> None:
    client = Client("pyreqwest", base_url=f"{refused}/v1", api_key="x", max_retries=1)
    with client, pytest.raises(APIConnectionError, match="attempt 2"):
        client.complete(model="m", messages=[{"role": "user", "content": "Hello?"}])


def test_a_refused_connection_is_named(transport: Transport, refused: str) -> None:
    found = failure(transport, refused)
    assert isinstance(found, ConnectionFailure)
    assert found.message == f"cannot connect to {refused[7:]}: Connection refused"
    assert not found.sent


def test_an_unknown_host_is_named(transport: Transport) -> None:
    found = failure(transport, "http://corechat.invalid")
    assert found.message.startswith("cannot resolve the host name 'corechat.invalid': ")


def test_a_server_without_tls_is_named(transport: Transport, serve: Serve) -> None:
    server = serve(lambda connection: connection.send(b"HTTP/1.1 400 No\r\n\r\n" * 10))
    found = failure(transport, server.url.replace("http:", "https:"))
    assert found.message.startswith("the TLS handshake with 127.0.0.1 failed: ")
    assert not found.sent


def test_a_proxy_that_cannot_be_reached_is_told_apart(make: Make, refused: str) -> None:
    transport = make(TransportOptions(proxy=refused.replace("//", "//user:unsaid@")))
    for url in ("http://corechat.invalid", "https://corechat.invalid"):
        found = failure(transport, url)
        assert found.message == "cannot connect to the proxy: Connection refused"


def test_a_proxy_that_opens_no_tunnel_is_told_apart(make: Make, serve: Serve) -> None:
    transport = make(TransportOptions(proxy=serve(then_close(reply(b"", 403))).url))
    found = failure(transport, "https://corechat.invalid")
    assert found.message == "the proxy refuses to connect"


@pytest.mark.parametrize("scheme", ["socks5", "socks5h"])
def test_calls_go_through_a_socks_proxy(make: Make, serve: Serve, scheme: str) -> None:
    server = serve(always(reply()))
    with socks_proxy("p%/") as proxy:
        transport = make(TransportOptions(proxy=f"{scheme}://user:p%25%2F@{proxy}"))
        assert transport.send(post(server.url), Deadline.after(10)).status == 200


def test_a_socks_proxy_that_refuses_is_a_failure_to_connect(make: Make, serve: Serve) -> None:
    with socks_proxy(refuses=True) as proxy:
        transport = make(TransportOptions(proxy=f"socks5://{proxy}"))
        found = failure(transport, serve(always(reply())).url)
    assert found.message == "the proxy refuses to connect"
    assert (found.sent, found.bytes_received) == (False, False)


def test_an_attempt_to_connect_that_takes_too_long_has_sent_nothing(make: Make) -> None:
    with BlackHole() as hole:
        found = failure(make(TransportOptions(connect_timeout=0.3)), hole.url)
    assert isinstance(found, TimeoutFailure)
    assert "0.3 seconds allowed for connecting" in found.message
    assert not found.sent


def test_a_call_that_gets_no_connection_in_time_has_sent_nothing(make: Make, serve: Serve) -> None:
    server = serve(then_wait(b""))
    transport = make(max_connections=1)
    holder = threading.Thread(target=failure, args=(transport, server.url, 30.0))
    holder.start()
    assert server.wait_for_requests(1)
    found = failure(transport, server.url, 0.2)
    server.close()
    holder.join()
    assert isinstance(found, TimeoutFailure)
    assert "all 1 connections (max_connections)" in found.message
    assert not found.sent


@pytest.mark.parametrize(
    "fields", [[("X-A", "v" * 70_000)], [(f"X-{n}", "v") for n in range(101)]], ids=["long", "many"]
)
def test_a_head_over_the_bounds_is_refused(
    transport: Transport, serve: Serve, fields: list[tuple[str, str]]
) -> None:
    found = failure(transport, serve(always(reply(fields=fields))).url)
    assert isinstance(found, TooLargeFailure)
    assert "100 fields" in found.message or len(fields) == 1


def test_an_unasked_upgrade_is_not_http(transport: Transport, serve: Serve) -> None:
    found = failure(transport, serve(then_close(head(101, reason="Switching Protocols"))).url)
    assert (found.message, found.bytes_received) == ("the answer is not HTTP/1.1", True)


def test_a_field_that_is_not_ascii_is_left_out_and_the_rest_is_an_answer(
    transport: Transport, serve: Serve
) -> None:
    fields = [("X-City", "Z\xfcrich"), ("X-Tag", "one"), ("X-Tag", "two")]
    response = transport.send(post(serve(always(reply(b"{}", 200, fields))).url), Deadline.after(9))
    assert response.body == b"{}"
    assert response.headers.get_list("x-tag") == ["one", "two"]
    assert "x-city" not in response.headers


def test_a_call_under_way_ends_with_its_answer_though_the_transport_is_closed(
    transport: Transport, serve: Serve
) -> None:
    def slowly(connection: Connection) -> None:
        connection.read_request()
        connection.sleep(0.3)
        connection.send(reply(b"in time"))
        connection.wait_gone()

    server = serve(slowly)
    bodies: list[bytes] = []
    thread = threading.Thread(
        target=lambda: bodies.append(transport.send(post(server.url), Deadline.after(10)).body)
    )
    thread.start()
    assert server.wait_for_requests(1)
    transport.close()
    thread.join()
    assert bodies == [b"in time"]
    assert server.wait_until(lambda: server.connections[0].gone_at is not None)
