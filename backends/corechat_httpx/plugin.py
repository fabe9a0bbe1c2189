"""Registers the backends ``httpx`` and ``httpx2``; imports neither library."""

from collections.abc import Mapping

from corechat.plugins._hookspecs import hookimpl
from corechat.transport import TransportFactory
from corechat_httpx.factories import httpx, httpx2


@hookimpl
def corechat_register_backends() -> Mapping[str, TransportFactory]:
    """Offer both backends."""
    return {"httpx": httpx, "httpx2": httpx2}
