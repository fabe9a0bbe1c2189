"""SharedTransport: what the clients of a process send by, where the environment names a cassette.

CORECHAT_CASSETTE names it, and CORECHAT_RECORD_MODE says whether it is recorded.
"""

import atexit
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from corechat._providers.environment import CASSETTE, RECORD_MODE
from corechat.errors import CassetteError
from corechat.transport import Deadline, HttpRequest, HttpResponse, ProcessLock, Transport
from corechat_replay.recorder import Recorder, check_mode, warn_of_new_folder

_Key = tuple[str, str]

_recorders: "dict[_Key, SharedRecorder]" = {}
_lock = ProcessLock()


class SharedRecorder(Protocol):
    """Several transports send by it: a `Recorder`, or what takes the place of one."""

    @property
    def sends(self) -> bool:
        """Whether a request may be sent."""
        ...

    @property
    def endpoint(self) -> str:
        """The base URL for a client that finds none, where nothing is sent."""
        ...

    def send(
        self,
        request: HttpRequest,
        deadline: Deadline,
        inner: Transport,
        *,
        match_base_url: bool = True,
    ) -> HttpResponse:
        """Answer a request, or send it by a transport."""
        ...


@contextmanager
def named(path: str, mode: str, recorder: SharedRecorder) -> Iterator[None]:
    """Name a cassette in the environment, with what is to answer for it in this process."""
    before = {name: os.environ.get(name) for name in (CASSETTE, RECORD_MODE)}
    key = _key(path, mode)
    _recorders[key] = recorder
    os.environ.update({CASSETTE: path, RECORD_MODE: mode})
    try:
        yield
    finally:
        _recorders.pop(key, None)
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def find_named() -> SharedRecorder:
    """Give what answers for the cassette that the environment names, opened at its first use."""
    path, mode = os.environ.get(CASSETTE), os.environ.get(RECORD_MODE) or "none"
    if not path:
        raise CassetteError(
            f"This client was made while {CASSETTE} named a cassette, and now it names none, as "
            "after the end of a test. Make the client where it is used, or let the variable stand."
        )
    with _lock:
        key = _key(path, mode)
        found = _recorders.get(key)
        if found is None:
            found = _recorders[key] = _open(path, mode)
        return found


class SharedTransport:
    """Carries requests by a recorder that others share, so that each recording is played once.

    The recorder is looked up at every request: a client that outlives one test plays the cassette
    of the next.

    Args:
        inner: what sends; closed with this one.
        find: gives the recorder; by default that of the cassette that the environment names.
        match_base_url: whether requests name their endpoint; as in `Recorder.send`.

    Attributes:
        endpoint: the recorder's where nothing will be sent; else the inner transport's own.

    Raises:
        ConfigurationError: the record mode is not known.
        CassetteError: the cassette is missing, damaged, or cannot be written.
    """

    def __init__(
        self,
        inner: Transport,
        find: Callable[[], SharedRecorder] = find_named,
        *,
        match_base_url: bool = True,
    ) -> None:
        self._inner = inner
        self._find = find
        self._match_base_url = match_base_url
        recorder = find()
        self._sends = recorder.sends
        inner_endpoint: str = getattr(inner, "endpoint", "")
        self.endpoint = inner_endpoint if recorder.sends else recorder.endpoint

    def send(self, request: HttpRequest, deadline: Deadline) -> HttpResponse:
        """Answer by the recorder.

        Raises:
            CassetteError: a cassette is not named any more; or this client was made to play only,
                so without a key, and is now to send. Else as `Recorder.send`.
        """
        recorder = self._find()
        if recorder.sends and not self._sends:
            raise CassetteError(
                "This client was made while nothing was to be sent, so without a key, and now a "
                "cassette is recorded. Make the client anew."
            )
        return recorder.send(request, deadline, self._inner, match_base_url=self._match_base_url)

    def close(self) -> None:
        """Close the inner transport; the cassette stays open for other clients."""
        self._inner.close()


def _open(path: str, mode: str) -> Recorder:
    check_mode(mode)
    if mode == "none" and not os.path.lexists(path):
        raise CassetteError(
            f"There is no cassette at {path!r}, which {CASSETTE} names. {RECORD_MODE}=once records "
            "it.",
            path=path,
        )
    advice = f" {RECORD_MODE}=new sends and records what is not there yet."
    recorder = Recorder(path, mode, advice=advice)
    if recorder.sends:
        warn_of_new_folder(path)
    atexit.register(recorder.close)
    return recorder


def _key(path: str, mode: str) -> _Key:
    return str(Path(path).absolute()), mode
