"""Recorder: one cassette in one mode, which replays what it holds and records the rest."""

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from corechat._errors.text import one_of
from corechat._errors.warning import warn
from corechat.errors import CassetteError, ConfigurationError
from corechat.transport import Deadline, Headers, HttpRequest, HttpResponse, ProcessLock, Transport
from corechat_replay.cassette.bodies import without_coding
from corechat_replay.cassette.matching import Matching, check_flag
from corechat_replay.cassette.reader import load, parse_whole
from corechat_replay.cassette.writer import CassetteWriter
from corechat_replay.interaction import CHAT_PATH, Cassette, Interaction
from corechat_replay.replay import ReplayTransport
from corechat_replay.secrets.patterns import find_secrets
from corechat_replay.secrets.redaction import Redactor

MODES = ("none", "once", "new", "rewrite")

_OF_VCRPY = {"new_episodes": "new", "all": "rewrite"}
_NO_RESPONSE = HttpResponse(200, Headers(), b"")


def check_mode(mode: object) -> None:
    """Raise ConfigurationError for what is not a record mode; vcrpy's names get corechat's."""
    if mode in MODES:
        return
    if isinstance(mode, str) and mode in _OF_VCRPY:
        known = f"vcrpy's {mode!r} is {_OF_VCRPY[mode]!r} here. Known: {', '.join(MODES)}."
    else:
        known = one_of(str(mode), MODES)
    raise ConfigurationError(f"No record mode is named {mode!r}. {known}")


def warn_of_new_folder(path: str | os.PathLike[str]) -> None:
    """Warn where recording makes a folder: its name may be misspelt."""
    folder = Path(path).absolute().parent
    if not folder.exists():
        warn(
            f"The folder {str(folder)!r} is not there. It is made with the first answer that is "
            "recorded; make it first if that is meant.",
            UserWarning,
        )


class Recorder:
    """Replays what a cassette holds, and records the rest, as the mode allows.

    Several transports may send by one recorder, and then they play and record one cassette. The
    modes are those of `corechat_replay.record.RecordingTransport`. Safe from many threads.

    Args:
        path: the cassette's file.
        mode: ``none``, ``once``, ``new`` or ``rewrite``.
        advice: what ends a message about a request that is not in the cassette.
        ignore: as in `corechat_replay.factories.replay`.
        match_base_url: as there.
        repeat_last: as there; of no effect where something may be sent.

    Attributes:
        sends: whether a request that is not in the cassette is sent.
        replay: answers from what was in the cassette.

    Raises:
        ConfigurationError: the mode is unknown, or an option is of another type.
        CassetteError: the cassette is missing in mode ``none``, damaged, or cannot be written.
        MissingDependencyError: it is YAML, and PyYAML is not installed.
    """

    def __init__(  # noqa: PLR0913 - three of them are what `replay` takes
        self,
        path: str | os.PathLike[str],
        mode: str,
        *,
        advice: str,
        ignore: Sequence[str] = (),
        match_base_url: bool = True,
        repeat_last: bool = False,
    ) -> None:
        check_mode(mode)
        matching = Matching(ignore=ignore, match_base_url=match_base_url)
        check_flag("repeat_last", repeat_last)
        self._path = os.fspath(path)
        self._lock = ProcessLock()
        self._redactor = Redactor()
        there = os.path.lexists(path)
        self.sends = mode in ("new", "rewrite") or (mode == "once" and not there)
        self._writer = CassetteWriter(path) if self.sends else None
        cassette = Cassette(self._path, ())
        if self._writer is None:
            cassette = load(path)
        elif mode == "new" and self._writer.found is not None:
            cassette = Cassette(self._path, tuple(parse_whole(self._writer.found, self._path)))
            self._writer.kept = [self._clean(kept) for kept in cassette.interactions]
        self.replay = ReplayTransport(
            cassette, matching, repeat_last=repeat_last and not self.sends, advice=advice
        )

    @property
    def endpoint(self) -> str:
        """The base URL of the first recorded chat request; one that leads nowhere without it."""
        return self.replay.endpoint

    @property
    def recorded(self) -> int:
        """How many interactions have been recorded."""
        return self._writer.count if self._writer else 0

    def send(
        self,
        request: HttpRequest,
        deadline: Deadline,
        inner: Transport,
        *,
        match_base_url: bool = True,
    ) -> HttpResponse:
        """Answer from the cassette, or send a request by a transport and record the answer.

        Args:
            request: what is asked.
            deadline: the moment by which this has returned or raised.
            inner: what sends it.
            match_base_url: False for a request whose client named no endpoint: where nothing is
                sent and nothing was recorded at its own, the first recorded one takes its place.

        Raises:
            UnmatchedRequestError: nothing is sent in this mode, and no recording fits.
            CassetteError: the answer cannot be written, or holds what looks like a key; the
                error's ``answer`` has it.
            TransportFailure: the transport failed; nothing is recorded.
        """
        if self._writer is None:
            asked = request if match_base_url else self._moved(request)
            return self.replay.send(asked, deadline)
        found = self.replay.take(request)
        if found is not None:
            return found.response
        self._clean(Interaction(request, _NO_RESPONSE))  # refused before it costs anything
        response = inner.send(request, deadline)
        self._record(Interaction(request, response), self._writer)
        return response

    def close(self) -> None:
        """Finish the file."""
        if self._writer:
            self._writer.close()

    def discard(self) -> None:
        """Take back what was recorded, for example after a failed test.

        The cassette file is put back as it was found; if other recordings have added to it
        meanwhile, only what this one added is taken out.
        """
        if self._writer:
            self._writer.discard()

    def write_empty(self) -> None:
        """Write a cassette without interactions, unless another recording has changed the file."""
        if self._writer:
            self._writer.write_empty()

    def unplayed(self) -> tuple[Interaction, ...]:
        """List the recordings that no call has asked for, in recorded order."""
        return self.replay.unplayed()

    def _moved(self, request: HttpRequest) -> HttpRequest:
        recorded = {each.request.url for each in self.replay.cassette.interactions}
        if not recorded or request.url in recorded:
            return request
        address, mark, query = self.endpoint.partition("?")
        return replace(request, url=f"{address}{CHAT_PATH}{mark}{query}")

    def _record(self, interaction: Interaction, writer: CassetteWriter) -> None:
        plain = interaction
        try:
            plain = without_coding(interaction, self._path)
            clean = self._clean(plain)
            writer.append(clean)
        except CassetteError as error:
            with self._lock:
                body = self._redactor.clean(plain).response.body
            error.answer = body.decode("utf-8", "backslashreplace")
            raise

    def _clean(self, interaction: Interaction) -> Interaction:
        with self._lock:
            clean = self._redactor.clean(interaction)
            secrets = self._redactor.secrets
        for place, kind in find_secrets(clean, secrets):
            raise CassetteError(
                f"The {place} holds what looks like {kind}, so this interaction was not recorded "
                f"in {self._path!r}. Take it out of the request, or do not record this call.",
                path=self._path,
            )
        return clean
