"""Registers the backend ``aiohttp``; imports neither aiohttp nor asyncio."""

from collections.abc import Mapping

from corechat.plugins._hookspecs import hookimpl
from corechat.transport import TransportFactory
from corechat_aiohttp.factories import aiohttp


@hookimpl
def corechat_register_backends() -> Mapping[str, TransportFactory]:
    """Offer the backend."""
    return {"aiohttp": aiohttp}
