"""ReplayTransport: answers from a cassette, by method, URL and canonical JSON body."""

from corechat.deadline import Deadline
from corechat.errors import UnmatchedRequestError
from corechat.http_messages import HttpRequest, HttpResponse
from corechat.process_lock import ProcessLock
from corechat_replay.differences import describe_nearest
from corechat_replay.interaction import Cassette, Interaction
from corechat_replay.matching import Matching
from corechat_replay.redaction import Redactor


class _Recordings:
    __slots__ = ("interactions", "played")

    def __init__(self) -> None:
        self.interactions: list[Interaction] = []
        self.played = 0


class ReplayTransport:
    """Answer requests from a cassette; never open a socket.

    Recordings of the same request are played in their order, each one once. Safe from many
    threads: each recording is given to exactly one call.

    Args:
        cassette: the recordings.
        matching: when two requests are the same.
        repeat_last: whether the last recording of a request plays for ever.

    Attributes:
        endpoint: the base URL of the first recorded chat request; "" where there is none.
    """

    def __init__(
        self, cassette: Cassette, matching: Matching | None = None, *, repeat_last: bool = False
    ) -> None:
        self.cassette = cassette
        self.endpoint = cassette.endpoint or ""
        self._matching = matching or Matching()
        self._repeat_last = repeat_last
        self._lock = ProcessLock()
        self._by_digest: dict[bytes, _Recordings] = {}
        self._by_bytes: dict[tuple[str, str, bytes], _Recordings] = {}
        for interaction in cassette.interactions:
            request = interaction.request
            recordings = self._by_digest.setdefault(self._digest(request), _Recordings())
            recordings.interactions.append(interaction)
            # the very same bytes need no canonical form: most calls are found here
            self._by_bytes[request.method, request.url, request.body] = recordings

    def send(self, request: HttpRequest, deadline: Deadline) -> HttpResponse:
        """Answer with the next recording of this request.

        Args:
            request: the request.
            deadline: unused; a replay does not wait.

        Raises:
            UnmatchedRequestError: no recording fits, or all that fit have been played.
        """
        del deadline
        recordings = self._find(request)
        if recordings is None:
            raise self._unmatched(request)
        found = self._next(recordings)
        if found is None:
            raise self._exhausted(recordings)
        return found.response

    def take(self, request: HttpRequest) -> Interaction | None:
        """Take the next recording of a request.

        Args:
            request: the request.

        Returns:
            The recording, which counts as played; None if none is left.
        """
        recordings = self._find(request)
        return None if recordings is None else self._next(recordings)

    def close(self) -> None:
        """Do nothing: nothing is held open."""

    def unplayed(self) -> tuple[Interaction, ...]:
        """List the recordings that no call has asked for, in recorded order."""
        with self._lock:
            waiting = [
                interaction
                for recordings in self._by_digest.values()
                for interaction in recordings.interactions[recordings.played :]
            ]
        return tuple(sorted(waiting, key=lambda interaction: interaction.number))

    def _find(self, request: HttpRequest) -> _Recordings | None:
        recordings = self._by_bytes.get((request.method, request.url, request.body))
        if recordings is None:
            recordings = self._by_digest.get(self._digest(request))
        if recordings is None:
            # a recorder has taken out keys and ids of organisations
            recordings = self._by_digest.get(self._digest(Redactor().clean_request(request)))
        return recordings

    def _digest(self, request: HttpRequest) -> bytes:
        return self._matching.digest(request.method, request.url, request.body)

    def _next(self, recordings: _Recordings) -> Interaction | None:
        with self._lock:
            position = recordings.played
            if position < len(recordings.interactions):
                recordings.played += 1
            elif not self._repeat_last:
                return None
            else:
                position = -1
        return recordings.interactions[position]

    def _exhausted(self, recordings: _Recordings) -> UnmatchedRequestError:
        count = len(recordings.interactions)
        path = self.cassette.path
        return UnmatchedRequestError(
            f"The cassette {path!r} holds this request {_times(count)}, and it has been played: "
            f"played {count} of {count}. Record the further call, or pass repeat_last=True to "
            "play the last recording again.",
            path=path,
        )

    def _unmatched(self, request: HttpRequest) -> UnmatchedRequestError:
        path = self.cassette.path
        differences = describe_nearest(request, self.cassette.interactions, self._matching)
        if differences:
            nearest = "Nearest recordings (recorded → sent):\n  " + "\n  ".join(differences)
            if " URL: " in differences[0]:
                nearest += "\nmatch_base_url=False lets a recording answer for another endpoint."
        else:
            nearest = "It holds no interaction to compare with."
        return UnmatchedRequestError(
            f"The cassette {path!r} holds no answer to this {request.method} request, and a replay "
            f"sends nothing. {nearest}",
            path=path,
            differences=tuple(differences),
        )


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"
