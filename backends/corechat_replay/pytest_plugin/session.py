"""CassetteSession: one test, its cassette and its clients."""

import os
import shlex
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager, nullcontext
from pathlib import Path

import pytest

from corechat import Client, CorechatError
from corechat._errors.text import excerpt
from corechat.errors import CassetteError
from corechat.plugins import hookimpl
from corechat.transport import Deadline, HttpRequest, HttpResponse, Transport
from corechat_replay.cassette.writer import file_state
from corechat_replay.interaction import Interaction
from corechat_replay.pytest_plugin.guard import Guard
from corechat_replay.pytest_plugin.options import (
    MarkerOptions,
    cassettes_of,
    find_cassette,
    read_options,
)
from corechat_replay.recorder import Recorder
from corechat_replay.replay import NOWHERE, ReplayTransport
from corechat_replay.shared import SharedTransport, named

_SHOWN = 3
_WIDTH = 100
_ADVICE = (
    " Record what is not in the cassette yet by --corechat-record=new, or the whole cassette anew "
    "by --corechat-record=rewrite."
)
_OUTSIDE = (
    "This call was made outside of a test: at import, or in a fixture of more than one test. Only "
    "a test has a cassette: move the call into one, or into a fixture of one."
)
_found: "pytest.StashKey[dict[Path, tuple[int, int] | None]]" = pytest.StashKey()


class NoCassette:
    """Stands for a cassette that is not there: it answers with an error, and remembers that."""

    endpoint = NOWHERE

    def __init__(self, message: str, *, sends: bool = False) -> None:
        self.sends = sends
        self.message = message
        self.asked = False

    def send(
        self,
        request: HttpRequest,
        deadline: Deadline,
        inner: Transport,
        *,
        match_base_url: bool = True,
    ) -> HttpResponse:
        """Raise CassetteError."""
        del request, deadline, inner, match_base_url
        self.asked = True
        raise CassetteError(self.message)


class CassetteSession:
    """What one test does with its cassette: what plays or records it, and what guards the test."""

    def __init__(self, item: pytest.Item) -> None:
        self._options = read_options(item)
        self._path = find_cassette(item, self._options)
        self._needed = not of_all_tests(item.config)
        self._mode, self._recorder = _open(item, self._path, self._options, needed=self._needed)
        hosts = [*self._options.allow_hosts, *item.config.getini("corechat_allow_hosts")]
        self._guard = Guard(hosts)
        self._passed = False

    @contextmanager
    def running(self) -> Iterator[None]:
        """Guard a test that replays; at the end keep what it recorded, or take it back."""
        recorder = self._recorder
        replays = isinstance(recorder, Recorder) and not recorder.sends
        with self._guard.up() if replays else nullcontext():
            yield
        if isinstance(recorder, Recorder):
            recorder.close()
            if recorder.sends:
                self._finish(recorder)

    @contextmanager
    def client(self) -> Iterator[Client]:
        """Make a client, and close it in the end."""
        try:
            client = _make_client(self._options, self._path, self._mode, self._recorder)
        except CorechatError as error:
            pytest.fail(error.message, pytrace=False)
        with client:
            yield client

    @contextmanager
    def every_client(self) -> Iterator[None]:
        """Let every client that is made meanwhile share the cassette, in child processes too."""
        with named(str(self._path), self._mode, self._recorder):
            yield

    def check(self) -> None:
        """Fail a test that passed but tried to reach the network, or left recordings unplayed."""
        self._guard.check()
        recorder = self._recorder
        if isinstance(recorder, NoCassette):
            if recorder.asked:
                pytest.fail(recorder.message, pytrace=False)
        elif not recorder.sends and not self._options.allow_unplayed:
            unplayed = recorder.unplayed()
            if unplayed:
                pytest.fail(_describe(recorder.replay, unplayed), pytrace=False)
        self._passed = True

    def _finish(self, recorder: Recorder) -> None:
        there = os.path.lexists(self._path)
        left = self._mode == "rewrite" and not self._options.allow_unplayed and there
        if not self._passed:
            recorder.discard()
        elif recorder.recorded == 0 and (left or (self._needed and not there)):
            recorder.write_empty()  # a test that asks for nothing has a cassette that says so


class _Recording:
    """The plugin of a client that is to record."""

    def __init__(self, recorder: Recorder) -> None:
        self.recorder = recorder
        self.asked = False

    @hookimpl
    def corechat_record(self, transport: Transport) -> Transport:
        self.asked = True
        return SharedTransport(transport, lambda: self.recorder)


def of_all_tests(config: pytest.Config) -> bool:
    """Tell whether the settings give the fixture corechat_cassette to all tests."""
    return "corechat_cassette" in config.getini("usefixtures")


def name_outside_of_tests(config: pytest.Config) -> None:
    """Let clients be made where there is no test, at import for example; they may not ask yet."""
    mode = str(config.getoption("--corechat-record"))
    path = str(config.rootpath / "outside-of-tests.json")
    undo = ExitStack()
    undo.enter_context(named(path, mode, NoCassette(_OUTSIDE, sends=mode != "none")))
    config.add_cleanup(undo.close)


def note_cassettes(config: pytest.Config, items: Iterable[pytest.Item]) -> None:
    """Note the state of every cassette before the first test of this run, in any worker, runs."""
    config.stash[_found] = {path: file_state(path) for path in cassettes_of(items)}


def _open(
    item: pytest.Item, path: Path, options: MarkerOptions, *, needed: bool
) -> tuple[str, Recorder | NoCassette]:
    """Open a test's cassette, in the mode that fits the run."""
    mode = str(item.config.getoption("--corechat-record"))
    there = os.path.lexists(path)
    # other tests of this run, in any worker, may have recorded in the same cassette by now
    found = item.config.stash.setdefault(_found, {}).setdefault(path, file_state(path))
    if mode == "once":
        mode = "new" if found is None else "none"
    if mode == "none" and not there:
        if needed:
            pytest.fail(_how_to_record(item, path), pytrace=False)
        return mode, NoCassette(_how_to_record(item, path))
    try:
        recorder = Recorder(path, mode, advice=_ADVICE, **options.matching)
        if mode == "rewrite" and file_state(path) != found:
            mode = "new"
            recorder = Recorder(path, mode, advice=_ADVICE, **options.matching)
    except CorechatError as error:
        pytest.fail(error.message, pytrace=False)
    return mode, recorder


def _make_client(
    options: MarkerOptions, path: Path, mode: str, recorder: Recorder | NoCassette
) -> Client:
    if isinstance(recorder, NoCassette):
        raise CassetteError(recorder.message)
    if not recorder.sends:
        return Client(recorder.replay, **options.client)
    recording = _Recording(recorder)
    known = {**options.client, **options.options}
    plugins = [*known.pop("plugins", ()), recording]
    client = Client(options.backend, plugins=plugins, record=path, record_mode=mode, **known)
    if not recording.asked:
        client.close()
        raise CassetteError("A plugin of this test records in place of corechat's own.")
    return client


def _how_to_record(item: pytest.Item, path: Path) -> str:
    return (
        f"There is no cassette at {_shown(path)!r}, and nothing is recorded unless you ask for it. "
        "Put the provider's key in the environment, and run:\n"
        f"  pytest {shlex.quote(item.nodeid)} --corechat-record=once"
    )


def _describe(transport: ReplayTransport, unplayed: tuple[Interaction, ...]) -> str:
    total = len(transport.cassette.interactions)
    lines: list[str] = []
    for number, request in ((each.number + 1, each.request) for each in unplayed[:_SHOWN]):
        body = request.body[: 4 * _WIDTH].decode("utf-8", "replace")
        lines.append(f"  #{number} {request.method} {excerpt(body, _WIDTH)}")
    if len(unplayed) > _SHOWN:
        lines.append(f"  and {len(unplayed) - _SHOWN} more")
    return (
        f"This test left {len(unplayed)} of {total} recordings in "
        f"{_shown(Path(transport.cassette.path))!r} unplayed:\n"
        + "\n".join(lines)
        + "\nIf the test is right, record its cassette anew by --corechat-record=rewrite; if tests "
        "share the cassette, say @pytest.mark.corechat(allow_unplayed=True)."
    )


def _shown(path: Path) -> str:
    relative = os.path.relpath(path)
    return str(path) if relative.startswith("..") else relative
