"""What the tests of the backends ``httpx`` and ``httpx2`` share."""

from collections.abc import Callable, Iterator

import pytest

from corechat._http.messages import Headers, HttpRequest
from corechat.transport import PooledTransport, TransportOptions
from corechat_httpx import factories

Make = Callable[..., PooledTransport]


@pytest.fixture(params=["httpx", "httpx2"])
def make(request: pytest.FixtureRequest) -> Iterator[Make]:
    """Make transports that are closed with the test."""
    transports: list[PooledTransport] = []

    def new(options: TransportOptions | None = None, **own: float) -> PooledTransport:
        factory = getattr(factories, request.param)
        transports.append(factory(options or TransportOptions(), **own))
        return transports[-1]

    yield new
    for transport in transports:
        transport.close()


def post(url: str, body: bytes = b'{"model":"m"}') -> HttpRequest:
    """Write a request.

    Args:
        url: the server's.
        body: its body.
    """
    fields = {"Content-Type": "application/json"}
    return HttpRequest("POST", f"{url}/v1/chat/completions", Headers(fields), body)
