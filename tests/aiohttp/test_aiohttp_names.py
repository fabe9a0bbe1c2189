"""Host names are resolved in time, or not at all."""

import time

import pytest

from corechat._http.messages import Headers, HttpRequest
from corechat.testing._kit.server import LoopbackServer
from corechat.transport import ConnectionFailure, PooledTransport, TimeoutFailure, TransportOptions
from corechat.transport._deadline import Deadline
from tests.aiohttp.conftest import Make, post, run_python


def test_localhost_is_resolved(transport: PooledTransport, server: LoopbackServer) -> None:
    request = post(f"http://localhost:{server.port}")
    assert transport.send(request, Deadline.after(10)).status == 200


def test_a_name_without_addresses_is_a_failure_that_names_it(
    transport: PooledTransport, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise OSError(-2, "Name or service not known")

    monkeypatch.setattr("socket.getaddrinfo", fail)
    with pytest.raises(ConnectionFailure, match=r"nowhere\.test") as caught:
        transport.send(post("http://nowhere.test"), Deadline.after(5))
    assert not caught.value.sent


@pytest.mark.parametrize(
    "url",
    ["http://a..b/", f"http://{'a' * 64}.test/", "http:///", "http://h:99999/", "http://[::1/"],
)
def test_a_host_that_is_none_is_a_failure(transport: PooledTransport, url: str) -> None:
    with pytest.raises(ConnectionFailure) as caught:
        transport.send(HttpRequest("POST", url, Headers(), b"{}"), Deadline.after(5))
    assert not caught.value.sent


def test_a_resolver_that_hangs_ends_at_the_bound_on_connecting(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    def hang(*_: object, **__: object) -> list[object]:
        time.sleep(1)
        return []

    monkeypatch.setattr("socket.getaddrinfo", hang)
    transport = make(TransportOptions(connect_timeout=0.2))
    start = time.monotonic()
    with pytest.raises(TimeoutFailure, match="not resolved in time") as caught:
        transport.send(post("http://slow.test"), Deadline.after(30))
    assert time.monotonic() - start < 2
    assert not caught.value.sent


def test_a_resolver_that_hangs_holds_up_neither_close_nor_the_interpreter_s_exit() -> None:
    script = """
import socket, time
socket.getaddrinfo = lambda *_, **__: time.sleep(60)
from corechat.transport._deadline import Deadline
from corechat._http.messages import Headers, HttpRequest
from corechat.transport import TimeoutFailure, TransportOptions
from corechat_aiohttp.factories import aiohttp
transport = aiohttp(TransportOptions())
try:
    transport.send(HttpRequest("POST", "http://slow.test/", Headers(), b""), Deadline.after(0.2))
except TimeoutFailure:
    transport.close()
    print("timed out")
"""
    done = run_python(script, "-W", "error")
    assert (done.returncode, done.stdout.strip(), done.stderr) == (0, "timed out", "")
