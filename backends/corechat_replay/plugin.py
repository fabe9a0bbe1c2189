"""Registers the backend ``replay``; imports neither yaml nor anything of the network."""

from collections.abc import Mapping
from typing import cast

from corechat.hookspecs import hookimpl
from corechat.transport import Transport, TransportFactory
from corechat_replay.factories import replay
from corechat_replay.record import RecordingTransport, RecordMode


@hookimpl
def corechat_register_backends() -> Mapping[str, TransportFactory]:
    """Offer the backend."""
    return {"replay": replay}


@hookimpl
def corechat_record(transport: Transport, path: str, mode: str) -> Transport:
    """Record what a transport carries."""
    return RecordingTransport(transport, path, cast("RecordMode", mode))
