"""What every test stands on: a clean environment, loopback only, the corpus where there is one."""

import ipaddress
import os
import re
import signal
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

pytest_plugins = ["tests.servers.fixtures"]

_CORPUS = os.environ.get("CORECHAT_CORPUS")
_STEERING = re.compile(
    r".*_API_KEY|.*_BASE_URL|.*_ENDPOINT|.*_proxy|CORECHAT_.*|OTEL_.*|SSL_CERT_.*", re.IGNORECASE
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the slow files first, so that no worker is left alone with one at the end."""
    items.sort(key=lambda item: item.get_closest_marker("slow") is None)


@pytest.fixture(scope="session")
def corpus_dir() -> Path:
    """Give the folder of real traffic, or skip."""
    folder = Path(_CORPUS) if _CORPUS else Path(__file__).parents[2] / "shared" / "corpus"
    if not (folder / "dev.jsonl").is_file():
        pytest.skip("the corpus of real traffic is not here: set CORECHAT_CORPUS to its folder")
    return folder


@pytest.fixture(scope="session", autouse=True)
def _clean_environment() -> Iterator[None]:
    """Take away every variable that steers a client, also from the processes that tests start."""
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if _STEERING.fullmatch(name)]:
            patch.delenv(name)
        yield


@pytest.fixture(scope="session", autouse=True)
def _ctrl_c() -> None:
    """Heed Ctrl-C: a shell makes what it runs in the background ignore it."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session", autouse=True)
def _loopback_only() -> Iterator[None]:
    """Let no test of this process reach further than this machine."""
    connect, connect_ex = socket.socket.connect, socket.socket.connect_ex

    def guarded_connect(self: socket.socket, address: Any) -> None:
        _check(self, address)
        return connect(self, address)

    def guarded_connect_ex(self: socket.socket, address: Any) -> int:
        _check(self, address)
        return connect_ex(self, address)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", guarded_connect)
        patch.setattr(socket.socket, "connect_ex", guarded_connect_ex)
        yield


class LeftLoopbackError(BaseException):
    """A test tried to reach a network; no handler for ordinary errors swallows this."""


def _check(sock: socket.socket, address: Any) -> None:
    if sock.family not in (socket.AF_INET, socket.AF_INET6):
        return
    host = str(address[0]).partition("%")[0]
    try:
        loopback = host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        loopback = False
    if not loopback:
        raise LeftLoopbackError(f"a test tried to connect to {address!r}")
