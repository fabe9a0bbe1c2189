"""Fixtures: servers that misbehave, a tiny model, and llama.cpp's server.

The model and llama.cpp's server are made once a test session (once a worker of xdist).
"""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from corechat.testing._kit.server import LoopbackServer, Script
from tests.servers.llama_server import LlamaServer
from tests.servers.tiny_model import write

PLANTED_KEY = "sk-planted-0123456789abcdef"
Serve = Callable[[Script], LoopbackServer]


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Start loopback servers that are closed with the test."""
    servers: list[LoopbackServer] = []

    def start(script: Script) -> LoopbackServer:
        servers.append(LoopbackServer(script))
        return servers[-1]

    yield start
    for server in servers:
        server.close()


@pytest.fixture(scope="session")
def tiny_model_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write the tiny model."""
    path = tmp_path_factory.mktemp("model") / "tiny.gguf"
    write(path)
    return path


@pytest.fixture(scope="session")
def llama_server(tiny_model_path: Path) -> Iterator[LlamaServer]:
    """Run llama.cpp's server; it asks for no key."""
    with LlamaServer(tiny_model_path) as server:
        yield server


@pytest.fixture(scope="session")
def llama_server_with_key(tiny_model_path: Path) -> Iterator[LlamaServer]:
    """Run llama.cpp's server; it accepts `PLANTED_KEY` only."""
    with LlamaServer(tiny_model_path, api_key=PLANTED_KEY) as server:
        yield server
