"""The factories: of the backend ``replay``, and of the recorder around any other transport."""

import os
from collections.abc import Sequence
from typing import get_args

from corechat._errors.text import one_of
from corechat.errors import ConfigurationError
from corechat.transport import Transport, TransportOptions, conformance_exceptions
from corechat_replay.cassette.matching import Matching
from corechat_replay.cassette.reader import load
from corechat_replay.record import RecordingTransport, RecordMode
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
        ConfigurationError: no cassette is named, or ``ignore`` is not a list of paths.
        CassetteError: the file is missing, damaged, or over a bound.
        MissingDependencyError: it is YAML, and PyYAML is not installed.
    """
    del options
    if cassette is None:
        raise ConfigurationError(
            "The backend 'replay' needs a cassette: "
            "Client(backend='replay', cassette='cassettes/hello.json')."
        )
    _check_flags(match_base_url=match_base_url, repeat_last=repeat_last)
    matching = Matching(ignore=ignore, match_base_url=match_base_url)
    return ReplayTransport(load(cassette), matching, repeat_last=repeat_last)


def recording(  # noqa: PLR0913 - three of them are what `replay` takes
    transport: Transport,
    path: str | os.PathLike[str],
    mode: str = "once",
    *,
    ignore: Sequence[str] = (),
    match_base_url: bool = True,
    repeat_last: bool = False,
) -> RecordingTransport:
    """Make a transport that records what another one carries, and replays what was recorded.

    Args:
        transport: what sends; closed with the new one.
        path: the cassette's file.
        mode: ``"none"``, ``"once"``, ``"new"`` or ``"rewrite"``, as in `RecordingTransport`.
        ignore: as in `replay`.
        match_base_url: as in `replay`.
        repeat_last: as in `replay`; of no effect where something may be sent.

    Raises:
        ConfigurationError: the mode is unknown, or ``ignore`` is not a list of paths.
        CassetteError: the file is missing where it must be there, damaged, or cannot be written.
        MissingDependencyError: it is YAML, and PyYAML is not installed.
    """
    known: dict[str, RecordMode] = {name: name for name in get_args(RecordMode)}
    if not isinstance(mode, str) or mode not in known:
        raise ConfigurationError(f"No record mode is named {mode!r}. {one_of(str(mode), known)}")
    _check_flags(match_base_url=match_base_url, repeat_last=repeat_last)
    matching = Matching(ignore=ignore, match_base_url=match_base_url)
    return RecordingTransport(
        transport, path, known[mode], matching=matching, repeat_last=repeat_last
    )


def _check_flags(**flags: object) -> None:
    for name, value in flags.items():
        if not isinstance(value, bool):  # a text such as "no" would count as true
            raise ConfigurationError(f"{name}= is True or False, not {value!r}.")
