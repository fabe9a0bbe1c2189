"""What the tests of the backend ``aiohttp`` share."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator

import pytest

from corechat._http.messages import Headers, HttpRequest
from corechat.testing._kit.replies import reply
from corechat.testing._kit.scripts import always
from corechat.testing._kit.server import LoopbackServer
from corechat.transport import PooledTransport, TransportOptions
from corechat_aiohttp.factories import aiohttp
from tests.servers.fixtures import Serve

KEY = "planted-key-7f3a"

Make = Callable[..., PooledTransport]


@pytest.fixture
def server(serve: Serve) -> LoopbackServer:
    """A server that answers every request with ``{}``."""
    return serve(always(reply()))


@pytest.fixture
def make() -> Iterator[Make]:
    """Make transports that are closed with the test."""
    transports: list[PooledTransport] = []

    def new(options: TransportOptions | None = None, **own: float) -> PooledTransport:
        transport = aiohttp(options or TransportOptions(), **own)  # type: ignore[arg-type]
        assert isinstance(transport, PooledTransport)
        transports.append(transport)
        return transport

    yield new
    for transport in transports:
        transport.close()


@pytest.fixture
def transport(make: Make) -> PooledTransport:
    """A transport with the default options."""
    return make()


def post(url: str, body: bytes = b'{"model":"m"}', method: str = "POST") -> HttpRequest:
    """Write a request with a key in it."""
    fields = {"Authorization": f"Bearer {KEY}", "Content-Type": "application/json"}
    return HttpRequest(method, f"{url}/v1/chat/completions", Headers(fields), body)


def run_python(script: str, *flags: str, **environ: str) -> subprocess.CompletedProcess[str]:
    """Run a script in an interpreter of its own."""
    return subprocess.run(  # noqa: S603 - this interpreter and a test's own script
        [sys.executable, *flags, "-c", script],
        env={**os.environ, **environ},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
