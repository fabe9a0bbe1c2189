"""CassetteSession: one test, its cassette and its client."""

import os
import shlex
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from corechat import Client, CorechatError, UnmatchedRequestError
from corechat._errors.text import excerpt
from corechat.plugins import hookimpl
from corechat.transport import Transport, TransportOptions
from corechat_replay.cassette.writer import file_state
from corechat_replay.factories import recording, replay
from corechat_replay.interaction import Interaction
from corechat_replay.pytest_plugin.guard import Guard
from corechat_replay.pytest_plugin.options import (
    MarkerOptions,
    cassettes_of,
    find_cassette,
    read_options,
)
from corechat_replay.record import RecordingTransport
from corechat_replay.replay import ReplayTransport

_SHOWN = 3
_WIDTH = 100
_found: "pytest.StashKey[dict[Path, tuple[int, int] | None]]" = pytest.StashKey()


@dataclass
class CassetteSession:
    """What one test does with its cassette: the client it asks, what answers, what guards it."""

    client: Client
    transport: ReplayTransport | RecordingTransport
    guard: Guard
    allow_unplayed: bool
    passed: bool = False

    def check(self) -> None:
        """Fail a test that passed but tried to reach the network, or left recordings unplayed."""
        self.guard.check()
        unplayed = self.transport.unplayed()
        if unplayed and isinstance(self.transport, ReplayTransport) and not self.allow_unplayed:
            pytest.fail(_describe(self.transport, unplayed), pytrace=False)
        self.passed = True

    def explain(self, error: Exception) -> None:
        """Add to an error what can be done about it in a test."""
        if isinstance(error, UnmatchedRequestError):
            error.add_note(
                "Record what is not in the cassette yet by --corechat-record=new, or the whole "
                "cassette anew by --corechat-record=rewrite."
            )


class _Recorder:
    """The plugin of a client that is to record; keeps the transport that does it."""

    transport: RecordingTransport | None = None

    @hookimpl
    def corechat_record(
        self, transport: Transport, path: str, mode: str, options: Mapping[str, Any]
    ) -> Transport:
        self.transport = recording(transport, path, mode, **options)
        return self.transport


def note_cassettes(config: pytest.Config, items: Iterable[pytest.Item]) -> None:
    """Note the state of every cassette before the first test of this run, in any worker, runs."""
    config.stash[_found] = {path: file_state(path) for path in cassettes_of(items)}


@contextmanager
def open_session(item: pytest.Item) -> Iterator[CassetteSession]:
    """Open a test's cassette, and close it as the test has ended: kept, or as it was."""
    options = read_options(item)
    path = find_cassette(item, options)
    mode = str(item.config.getoption("--corechat-record"))
    there = os.path.lexists(path)
    # other tests of this run, in any worker, may have recorded in the same cassette by now
    found = item.config.stash.setdefault(_found, {}).setdefault(path, file_state(path))
    if mode == "once":
        mode = "new" if found is None else "none"
    if mode == "none" and not there:
        pytest.fail(_how_to_record(item, path), pytrace=False)
    try:
        session = _replay(options, path, item) if mode == "none" else _record(options, path, mode)
        if mode == "rewrite" and file_state(path) != found:
            session.client.close()
            session = _record(options, path, "new")
    except CorechatError as error:
        pytest.fail(error.message, pytrace=False)
    with ExitStack() as stack:
        if isinstance(session.transport, ReplayTransport):
            stack.enter_context(session.guard.up())
        stack.callback(session.client.close)
        yield session
    if isinstance(session.transport, RecordingTransport):
        _finish(session, session.transport, path, mode)


def _replay(options: MarkerOptions, path: Path, item: pytest.Item) -> CassetteSession:
    transport = replay(TransportOptions(), cassette=path, **options.matching)
    client = Client(transport, **options.client)
    hosts = [*options.allow_hosts, *item.config.getini("corechat_allow_hosts")]
    return CassetteSession(client, transport, Guard(hosts), options.allow_unplayed)


def _record(options: MarkerOptions, path: Path, mode: str) -> CassetteSession:
    recorder = _Recorder()
    known = {**options.client, **options.options}
    known |= {"record": path, "record_mode": mode, "record_options": options.matching}
    plugins = [*known.pop("plugins", ()), recorder]
    client = Client(options.backend, plugins=plugins, **known)
    if recorder.transport is None:
        client.close()
        pytest.fail("A plugin of this test records in place of corechat's own.", pytrace=False)
    return CassetteSession(client, recorder.transport, Guard(), options.allow_unplayed)


def _finish(session: CassetteSession, recorder: RecordingTransport, path: Path, mode: str) -> None:
    left = mode == "rewrite" and not session.allow_unplayed
    if not session.passed:
        recorder.discard()
    elif recorder.recorded == 0 and (left or not os.path.lexists(path)):
        recorder.write_empty()  # a test that asks for nothing has a cassette that says so


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
