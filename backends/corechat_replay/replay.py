"""ReplayTransport: answers from a cassette, by method, URL and canonical JSON body."""

from dataclasses import dataclass, field

from corechat.errors import UnmatchedRequestError
from corechat.transport import Deadline, HttpRequest, HttpResponse, ProcessLock
from corechat_replay.cassette.differences import describe_nearest
from corechat_replay.cassette.matching import Matching, check_flag
from corechat_replay.interaction import Cassette, Interaction
from corechat_replay.secrets.redaction import Redactor

NOWHERE = "https://cassette.invalid"  # a name that never resolves (RFC 2606 §2)


@dataclass(slots=True)
class _Recording:
    interaction: Interaction
    played: bool = False


@dataclass(slots=True)
class _Recordings:
    """The recordings of one request, in recorded order; all of them, or those spelt alike."""

    alike: bool
    recordings: list[_Recording] = field(default_factory=list)
    next: int = 0


class ReplayTransport:
    """Answers requests from a cassette; never opens a socket.

    Recordings of the same request are played in their order, each one once; those that are spelt
    as the request is, byte for byte, come first. Safe from many threads: each recording is given to
    exactly one call. Messages end in ``advice`` on how to record what is not there.

    Attributes:
        endpoint: the base URL of the first recorded chat request, or `NOWHERE`: it always sends
            nothing, so it always brings one.
    """

    def __init__(
        self,
        cassette: Cassette,
        matching: Matching | None = None,
        *,
        repeat_last: bool = False,
        advice: str = "",
    ) -> None:
        check_flag("repeat_last", repeat_last)
        self.cassette = cassette
        self.endpoint = cassette.endpoint or NOWHERE
        self._matching = matching or Matching()
        self._repeat_last = repeat_last
        self._advice = advice
        self._lock = ProcessLock()
        self._recordings = [_Recording(interaction) for interaction in cassette.interactions]
        self._by_digest: dict[bytes, _Recordings] | None = None  # made when it is needed
        # the very same bytes need no canonical form: most calls are found here
        self._by_bytes: dict[tuple[str, str, bytes], _Recordings] = {}
        for recording in self._recordings:
            request = recording.interaction.request
            key = (request.method, request.url, request.body)
            recordings = self._by_bytes.get(key)
            if recordings is None:
                recordings = self._by_bytes[key] = _Recordings(alike=True)
            recordings.recordings.append(recording)

    def send(self, request: HttpRequest, deadline: Deadline) -> HttpResponse:
        """Answer with the next recording, or raise UnmatchedRequestError."""
        del deadline
        found = self.take(request)
        if found is None:
            recordings = self._find(request)
            raise self._unmatched(request) if recordings is None else self._exhausted(recordings)
        return found.response

    def take(self, request: HttpRequest) -> Interaction | None:
        """Take the next recording of a request, which then counts as played; None if all are."""
        key = (request.method, request.url, request.body)
        recordings = self._by_bytes.get(key)
        if recordings is not None:
            found = self._next(recordings)
            if found is not None or not recordings.alike:
                return found
        recordings = self._find(request)
        if recordings is None:
            return None
        if key in self._by_bytes:
            self._by_bytes[key] = recordings  # those spelt alike are played: now the others
        return self._next(recordings)

    def close(self) -> None:
        """Do nothing: nothing is held open."""

    def unplayed(self) -> tuple[Interaction, ...]:
        """List the recordings that no call has asked for, in recorded order."""
        with self._lock:
            return tuple(one.interaction for one in self._recordings if not one.played)

    def _find(self, request: HttpRequest) -> _Recordings | None:
        index = self._index()
        # a recorder has taken out keys and ids of organisations
        return index.get(self._digest(request)) or index.get(
            self._digest(Redactor().clean_request(request))
        )

    def _index(self) -> dict[bytes, _Recordings]:
        with self._lock:
            if self._by_digest is None:
                index: dict[bytes, _Recordings] = {}
                for recording in self._recordings:
                    digest = self._digest(recording.interaction.request)
                    index.setdefault(digest, _Recordings(alike=False)).recordings.append(recording)
                self._by_digest = index
            return self._by_digest

    def _digest(self, request: HttpRequest) -> bytes:
        return self._matching.digest(request.method, request.url, request.body)

    def _next(self, recordings: _Recordings) -> Interaction | None:
        with self._lock:
            while recordings.next < len(recordings.recordings):
                recording = recordings.recordings[recordings.next]
                recordings.next += 1
                if not recording.played:
                    recording.played = True
                    return recording.interaction
        if self._repeat_last and not recordings.alike:
            return recordings.recordings[-1].interaction
        return None

    def _exhausted(self, recordings: _Recordings) -> UnmatchedRequestError:
        count, path = len(recordings.recordings), self.cassette.path
        times = "once" if count == 1 else f"{count} times"
        return UnmatchedRequestError(
            f"The cassette {path!r} holds this request {times}, and it has been played: "
            f"played {count} of {count}. Record the further call, or pass repeat_last=True to "
            f"play the last recording again.{self._advice}",
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
            f"sends nothing.{self._advice} {nearest}",
            path=path,
            differences=tuple(differences),
        )
