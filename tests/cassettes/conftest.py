"""What the cassette tests share."""

from collections.abc import Iterator

import pytest

from tests.cassettes.support import ChatServer, serve


@pytest.fixture
def server() -> Iterator[ChatServer]:
    """Run a server that answers chats."""
    with serve() as running:
        yield running
