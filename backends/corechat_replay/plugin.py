"""Registers the backend ``replay`` and the recorder; imports neither yaml nor any HTTP library."""

from collections.abc import Mapping, Sequence
from typing import Any

from corechat._errors.text import one_of
from corechat.errors import ConfigurationError
from corechat.plugins._hookspecs import hookimpl
from corechat.transport import Transport, TransportFactory
from corechat_replay.factories import recording, replay
from corechat_replay.shared import SharedTransport


@hookimpl
def corechat_register_backends() -> Mapping[str, TransportFactory]:
    """Offer the backend."""
    return {"replay": replay}


@hookimpl
def corechat_record(
    transport: Transport,
    path: str,
    mode: str,
    options: Mapping[str, Any],
    shared: bool,  # noqa: FBT001 - pluggy passes what has a place only
) -> Transport:
    """Record what a transport carries, as `corechat_replay.factories.recording` does."""
    if shared:
        return SharedTransport(transport, match_base_url=options["match_base_url"])
    known = recording.__init__.__kwdefaults__ or {}
    for option in options:
        if option not in known:
            raise ConfigurationError(
                f"record_options= takes no {option!r}. {one_of(str(option), known)}"
            )
    return recording(transport, path, mode, **options)


@hookimpl
def corechat_register_commands() -> Sequence[object]:
    """Offer ``corechat cassette``."""
    from corechat_replay.cli import cassette  # noqa: PLC0415 - click and rich are optional

    return [cassette]
