"""The factories: of the backend ``replay``, and of the recorder around any other transport."""

import os
from collections.abc import Sequence

from corechat.errors import ConfigurationError
from corechat.transport import TransportOptions, conformance_exceptions
from corechat_replay.cassette.matching import Matching
from corechat_replay.cassette.reader import load
from corechat_replay.record import RecordingTransport
from corechat_replay.replay import ReplayTransport


@conformance_exceptions(
    {"*": "it opens no connection: the cassette answers, so no server can misbehave"}
)
def replay(
    options: TransportOptions,
    *,
    cassette: str | os.PathLike[str] | None = None,
    ignore: Sequence[str] = (),
    match_base_url: bool = True,
    repeat_last: bool = False,
) -> ReplayTransport:
    """Make a transport that answers from a cassette and never opens a socket.

    Args:
        options: what the core tells every transport; a replay needs none of it.
        cassette: the file, in any dialect that `cassette.reader.load` knows; required.
        ignore: fields of the JSON body that do not take part in the match, as dotted paths:
            ``"user"``, ``"metadata.trace_id"``, ``"messages.*.name"``.
        match_base_url: whether scheme, host and the path before ``/chat/completions`` take part
            in the match. Without, one recording answers for any endpoint.
        repeat_last: whether the last recording of a request is played again and again, where
            otherwise the request fails once all its recordings have been played.

    Raises:
        ConfigurationError: no cassette is named, or an option is of another type.
        CassetteError: the file is missing, damaged, or over a bound.
        MissingDependencyError: it is YAML, and PyYAML is not installed.
    """
    del options
    if not isinstance(cassette, str | os.PathLike):
        raise ConfigurationError(
            f"The backend 'replay' needs a cassette, by the path of its file, not {cassette!r}: "
            "Client(backend='replay', cassette='cassettes/hello.json')."
        )
    matching = Matching(ignore=ignore, match_base_url=match_base_url)
    advice = f' Client(record={os.fspath(cassette)!r}, record_mode="new") records it.'
    return ReplayTransport(load(cassette), matching, repeat_last=repeat_last, advice=advice)


recording = RecordingTransport
"""Makes a transport that records what another one carries, and replays what was recorded."""
