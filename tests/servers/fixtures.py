"""Fixtures: the tiny model and llama.cpp's server, once a test session (once a worker of xdist)."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.servers.llama_server import LlamaServer
from tests.servers.tiny_model import write

PLANTED_KEY = "sk-planted-0123456789abcdef"


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
