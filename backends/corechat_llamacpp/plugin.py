"""Registers the backend ``llamacpp``; does not import xllamacpp."""

from collections.abc import Mapping

from corechat.plugins._hookspecs import hookimpl
from corechat.transport import TransportFactory
from corechat_llamacpp.factories import llamacpp


@hookimpl
def corechat_register_backends() -> Mapping[str, TransportFactory]:
    """Offer the backend ``llamacpp``."""
    return {"llamacpp": llamacpp}
