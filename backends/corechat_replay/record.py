"""RecordingTransport: carries requests by another transport and keeps what came back."""

import os
from collections.abc import Sequence

from corechat.transport import Deadline, HttpRequest, HttpResponse, Transport
from corechat_replay.interaction import Interaction
from corechat_replay.recorder import Recorder, warn_of_new_folder

_ADVICE = ' record_mode="new" sends and records what is not there yet.'


class RecordingTransport:
    """Replays what a cassette holds, and records the rest, as the mode allows.

    ``none`` never sends; ``once`` records a cassette that is not there yet, and is ``none``
    afterwards; ``new`` sends and adds what the cassette does not hold; ``rewrite`` sends
    everything and replaces the cassette at the first answer. Every answer with a status is
    recorded, errors and retried attempts too. Safe from many threads.

    Args:
        inner: what sends; closed with this one.
        path: the cassette's file.
        mode: as above.
        ignore: as in `corechat_replay.factories.replay`.
        match_base_url: as there.
        repeat_last: as there; of no effect where something may be sent.

    Attributes:
        endpoint: the base URL of the first recorded chat request where nothing will be sent;
            the inner transport's own where something may be, "" if it has none.

    Raises:
        ConfigurationError: the mode is unknown, or an option is of another type.
        CassetteError: the cassette is missing in mode ``none``, damaged, or cannot be written.
        MissingDependencyError: it is YAML, and PyYAML is not installed.
    """

    def __init__(  # noqa: PLR0913 - three of them are what `replay` takes
        self,
        inner: Transport,
        path: str | os.PathLike[str],
        mode: str = "once",
        *,
        ignore: Sequence[str] = (),
        match_base_url: bool = True,
        repeat_last: bool = False,
    ) -> None:
        self._inner = inner
        self._recorder = Recorder(
            path,
            mode,
            advice=_ADVICE,
            ignore=ignore,
            match_base_url=match_base_url,
            repeat_last=repeat_last,
        )
        if self._recorder.sends:
            warn_of_new_folder(path)
        inner_endpoint: str = getattr(inner, "endpoint", "")
        self.endpoint = inner_endpoint if self._recorder.sends else self._recorder.endpoint

    @property
    def recorded(self) -> int:
        """How many interactions this transport has recorded."""
        return self._recorder.recorded

    def send(self, request: HttpRequest, deadline: Deadline) -> HttpResponse:
        """Answer from the cassette, or send the request and record the answer, as `Recorder`."""
        return self._recorder.send(request, deadline, self._inner)

    def close(self) -> None:
        """Close the inner transport and finish the file."""
        try:
            self._inner.close()
        finally:
            self._recorder.close()

    def discard(self) -> None:
        """Take back what was recorded, as `Recorder.discard`."""
        self._recorder.discard()

    def unplayed(self) -> tuple[Interaction, ...]:
        """List the recordings that no call has asked for, in recorded order."""
        return self._recorder.unplayed()
