"""The options of a pool are checked when a transport is made, by each backend that has one."""

from typing import Any

import pytest

from corechat.errors import ConfigurationError
from corechat.plugins._making import make_transport
from corechat.transport import TransportFactory, TransportOptions
from corechat_pyreqwest.plugin import pyreqwest
from tests.pools.conftest import FACTORIES

EACH: dict[str, TransportFactory] = {**FACTORIES, "pyreqwest": pyreqwest}


def make(backend: str, **own: Any) -> None:
    make_transport(backend, EACH[backend], TransportOptions(), own).close()


@pytest.mark.parametrize("backend", EACH)
@pytest.mark.parametrize("limit", [0, -1, True, 2.0, "a", [1]])
def test_max_connections_must_be_a_whole_positive_number(backend: str, limit: Any) -> None:
    with pytest.raises(ConfigurationError, match="max_connections"):
        make(backend, max_connections=limit)


@pytest.mark.parametrize("backend", EACH)
@pytest.mark.parametrize("expiry", [-1.0, float("inf"), float("nan"), 10**400, True, "a", [1]])
def test_keepalive_expiry_must_be_a_number_of_seconds_in_range(backend: str, expiry: Any) -> None:
    with pytest.raises(ConfigurationError, match="keepalive_expiry"):
        make(backend, keepalive_expiry=expiry)


@pytest.mark.parametrize("backend", EACH)
@pytest.mark.parametrize("expiry", [0, 0.0, 1_000_000])
def test_the_ends_of_the_ranges_are_taken(backend: str, expiry: float) -> None:
    make(backend, max_connections=1, keepalive_expiry=expiry)
