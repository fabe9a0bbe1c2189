"""The pytest plugin: clients whose answers come from the test's own cassette.

pytest imports this at every start, in every project that has corechat installed. So it imports
nothing but pytest; the rest comes when a test asks for it.
"""

import argparse
import sys
from collections.abc import Generator, Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from corechat import Client
    from corechat_replay.pytest_plugin.session import CassetteSession

_OURS = frozenset({"corechat"}) | {
    f"corechat_{name}" for name in ("aiohttp", "httpx", "llamacpp", "pyreqwest", "replay")
}

_session: "pytest.StashKey[CassetteSession]" = pytest.StashKey()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options and the settings."""
    group = parser.getgroup("corechat", "recorded chat completions")
    group.addoption(
        "--corechat-record",
        type=_mode,
        default="none",
        metavar="{none,once,new,rewrite}",
        help="none: only replay (the default); once: record cassettes that are not there; new: "
        "also what is not in them; rewrite: record all anew.",
    )
    group.addoption(
        "--corechat-orphans",
        action="store_true",
        help="List the cassettes that no test used.",
    )
    parser.addini(
        "corechat_cassettes",
        "The folder of all cassettes; by default the folder 'cassettes' beside each test file.",
        default="",
    )
    parser.addini(
        "corechat_allow_hosts",
        "Hosts that tests with a fixture of corechat's may connect to.",
        type="args",
        default=[],
    )


def pytest_configure(config: pytest.Config) -> None:
    """Make the marker known, and listen for orphans if that is asked for."""
    config.addinivalue_line(
        "markers",
        "corechat(cassette=None, *, backend='httpx', provider=None, base_url=None, ignore=(), "
        "match_base_url=True, allow_unplayed=False, allow_hosts=(), options={}, **client): set up "
        "the fixtures corechat_client and corechat_cassette.",
    )
    if "corechat_cassette" in config.getini("usefixtures"):
        from corechat_replay.pytest_plugin import session  # noqa: PLC0415 - only now needed

        session.name_outside_of_tests(config)
    if config.getoption("--corechat-orphans"):
        from corechat_replay.pytest_plugin.orphans import Orphans  # noqa: PLC0415 - only now needed

        config.pluginmanager.register(Orphans(config), "corechat-orphans")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_finish(session: pytest.Session) -> None:
    """Note which cassettes are there, before any worker of pytest-xdist runs its first test."""
    if session.config.getoption("--corechat-record") != "none":
        from corechat_replay.pytest_plugin import session as ours  # noqa: PLC0415 - only now needed

        ours.note_cassettes(session.config, session.items)


@pytest.fixture
def _corechat_session(request: pytest.FixtureRequest) -> "Iterator[CassetteSession]":
    from corechat_replay.pytest_plugin.session import (  # noqa: PLC0415 - only now needed
        CassetteSession,
    )

    session = CassetteSession(request.node)
    request.node.stash[_session] = session
    with session.running():
        yield session


@pytest.fixture
def corechat_client(_corechat_session: "CassetteSession") -> "Iterator[Client]":
    """Give a client that replays this test's cassette, or records it (--corechat-record)."""
    with _corechat_session.client() as client:
        yield client


@pytest.fixture
def corechat_cassette(_corechat_session: "CassetteSession") -> Iterator[None]:
    """Let every Client that is made in this test replay its cassette, or record it."""
    with _corechat_session.every_client():
        yield


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, object, object]:
    """Fail a test that passed but left recordings unplayed, or tried to reach the network."""
    result = yield
    session = item.stash.get(_session, None)
    if session is not None:
        session.check()
    return result


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_makereport(call: pytest.CallInfo[None]) -> None:
    """Show an error of corechat's at the line that called corechat, without what lies within."""
    if call.excinfo is None or not _hides(call.excinfo):
        return
    for name, module in list(sys.modules.items()):
        if name.partition(".")[0] in _OURS:
            vars(module).setdefault("__tracebackhide__", _hides)


def _hides(excinfo: pytest.ExceptionInfo[BaseException]) -> bool:
    errors = sys.modules.get("corechat.errors")
    return errors is not None and isinstance(
        excinfo.value, errors.CorechatError | pytest.fail.Exception
    )


def _mode(text: str) -> str:
    if text == "none":
        return text
    from corechat.errors import ConfigurationError  # noqa: PLC0415 - only now needed
    from corechat_replay.recorder import check_mode  # noqa: PLC0415 - only now needed

    try:
        check_mode(text)
    except ConfigurationError as error:
        raise argparse.ArgumentTypeError(error.message) from None
    return text
