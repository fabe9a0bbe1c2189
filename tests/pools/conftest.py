"""The transports that have a pool of connections, made by their factories."""

from collections.abc import Callable, Iterator

import pytest

import corechat_aiohttp.factories
import corechat_httpx.factories
from corechat.transport import Transport, TransportOptions

Make = Callable[..., Transport]
FACTORIES = {
    "httpx": corechat_httpx.factories.httpx,
    "httpx2": corechat_httpx.factories.httpx2,
    "aiohttp": corechat_aiohttp.factories.aiohttp,
}


@pytest.fixture(params=FACTORIES)
def make(request: pytest.FixtureRequest) -> Iterator[Make]:
    """Make transports that are closed with the test."""
    transports: list[Transport] = []

    def new(**own: float) -> Transport:
        transports.append(FACTORIES[request.param](TransportOptions(), **own))
        return transports[-1]

    yield new
    for transport in transports:
        transport.close()
