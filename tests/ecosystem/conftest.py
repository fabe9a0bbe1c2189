"""A server that stands for a provider, and clients of corechat that ask it."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

import corechat
from corechat.testing import LoopbackServer
from corechat.testing._kit.scripts import each
from tests.ecosystem.support import KEY, answer
from tests.servers.fixtures import Serve

MakeClient = Callable[..., corechat.Client]


@pytest.fixture
def live(serve: Serve) -> LoopbackServer:
    """Serve chats."""
    return serve(each(answer))


@pytest.fixture
def make_client() -> Iterator[MakeClient]:
    """Make clients that are closed with the test; without a URL, of a provider far away."""
    clients: list[corechat.Client] = []

    def make(backend: str = "httpx", url: str = "https://api.example", **own: Any) -> Any:
        base_url = f"{url}/v1"
        client = corechat.Client(backend, base_url=base_url, api_key=KEY, timeout=20, **own)
        clients.append(client)
        return client

    yield make
    for client in clients:
        client.close()
