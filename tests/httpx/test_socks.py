"""A SOCKS proxy: its handshake, which the engine speaks, is no part of a call."""

import socket
from collections.abc import Iterator

import pytest

from corechat.testing._kit.certificates import Certificates, certificates
from corechat.testing._kit.scripts import echo
from corechat.testing._kit.server import LoopbackServer
from corechat.transport import ConnectionFailure, TimeoutFailure, TransportOptions
from corechat.transport._deadline import Deadline
from tests.httpx.conftest import Make, post
from tests.httpx.socks_proxy import socks_proxy
from tests.servers.fixtures import Serve


@pytest.fixture
def tls() -> Iterator[Certificates]:
    with certificates("127.0.0.1") as made:
        yield made


@pytest.mark.parametrize("scheme", ["socks5", "socks5h"])
def test_calls_go_through_the_proxy(make: Make, serve: Serve, scheme: str) -> None:
    server = serve(echo())
    with socks_proxy() as proxy:
        transport = make(TransportOptions(proxy=f"{scheme}://{proxy}"))
        for _ in range(2):
            assert transport.send(post(server.url), Deadline.after(10)).status == 200
        assert len(server.connections) == 1
        assert server.received[0].target == "/v1/chat/completions"
        transport.close()


def test_tls_runs_through_the_proxy(make: Make, tls: Certificates) -> None:
    with LoopbackServer(echo(), tls=tls.server) as server, socks_proxy("p%/") as proxy:
        options = TransportOptions(proxy=f"socks5://user:p%25%2F@{proxy}", ca_file=tls.ca_file)
        transport = make(options)
        assert transport.send(post(server.url), Deadline.after(10)).status == 200
        transport.close()


@pytest.mark.parametrize(("password", "refuses"), [("wrong", False), ("right", True)])
def test_a_proxy_that_refuses_is_a_failure_to_connect(
    make: Make, serve: Serve, password: str, *, refuses: bool
) -> None:
    server = serve(echo())
    with socks_proxy(password, refuses=refuses) as proxy:
        transport = make(TransportOptions(proxy=f"socks5://user:right@{proxy}"))
        with pytest.raises(ConnectionFailure) as caught:
            transport.send(post(server.url), Deadline.after(10))
        assert not caught.value.sent
        assert not caught.value.bytes_received
        assert "right" not in str(caught.value)
    assert not server.connections


def test_a_proxy_that_says_nothing_costs_no_more_than_connecting_may(make: Make) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        proxy = f"socks5://127.0.0.1:{silent.getsockname()[1]}"
        transport = make(TransportOptions(proxy=proxy, connect_timeout=0.3))
        with pytest.raises(TimeoutFailure, match="connecting") as caught:
            transport.send(post("http://127.0.0.1:9"), Deadline.after(60))
        assert not caught.value.sent
