"""Registers the backend ``replay``; imports neither yaml nor anything of the network."""

from collections.abc import Mapping

from corechat.hookspecs import hookimpl
from corechat.transport import TransportFactory
from corechat_replay.factories import replay


@hookimpl
def corechat_register_backends() -> Mapping[str, TransportFactory]:
    """Offer the backend."""
    return {"replay": replay}
