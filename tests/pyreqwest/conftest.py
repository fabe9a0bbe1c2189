"""What the tests of the backend ``pyreqwest`` share."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from corechat._http.messages import Headers, HttpRequest
from corechat.transport import Deadline, Transport, TransportFailure, TransportOptions
from corechat_pyreqwest.plugin import pyreqwest

KEY = "planted-key-7f3a"

Make = Callable[..., Transport]


@pytest.fixture
def make() -> Iterator[Make]:
    """Make transports that are closed with the test."""
    transports: list[Transport] = []

    def new(options: TransportOptions | None = None, **own: Any) -> Transport:
        transports.append(pyreqwest(options or TransportOptions(), **own))
        return transports[-1]

    yield new
    for transport in transports:
        transport.close()


@pytest.fixture
def transport(make: Make) -> Transport:
    """A transport with the default options."""
    return make()


def post(url: str, body: bytes = b'{"model":"m"}') -> HttpRequest:
    """Write a request with a key in it."""
    fields = {"Authorization": f"Bearer {KEY}", "Content-Type": "application/json"}
    return HttpRequest("POST", f"{url}/v1/chat/completions", Headers(fields), body)


def failure(transport: Transport, url: str, seconds: float = 10.0) -> TransportFailure:
    """Send a request that must fail."""
    with pytest.raises(TransportFailure) as caught:
        transport.send(post(url), Deadline.after(seconds))
    assert KEY not in str(caught.value)
    return caught.value


def run_python(script: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a script in an interpreter of its own."""
    return subprocess.run(  # noqa: S603 - this interpreter and a test's own script
        [sys.executable, "-c", script, *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
