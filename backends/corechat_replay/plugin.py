"""Registers the backend ``replay`` and the recorder; imports neither yaml nor any HTTP library."""

from collections.abc import Mapping, Sequence

from corechat.hookspecs import hookimpl
from corechat.transport import Transport, TransportFactory
from corechat_replay.factories import recording, replay


@hookimpl
def corechat_register_backends() -> Mapping[str, TransportFactory]:
    """Offer the backend."""
    return {"replay": replay}


@hookimpl
def corechat_record(transport: Transport, path: str, mode: str) -> Transport:
    """Record what a transport carries.

    Args:
        transport: what sends.
        path: the cassette's file.
        mode: one of `corechat_replay.record.RecordMode`.
    """
    return recording(transport, path, mode)


@hookimpl
def corechat_register_commands() -> Sequence[object]:
    """Offer ``corechat cassette``."""
    from corechat_replay.cli import cassette  # noqa: PLC0415 - click and rich are optional

    return [cassette]
