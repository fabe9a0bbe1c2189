"""The page of guarantees names tests that exist, and every backend's cells are backed."""

import ast
import asyncio
import builtins
import re
import socket
import threading
from concurrent.futures import ThreadPoolExecutor
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import pytest

from corechat.testing._kit.child import Child
from corechat.testing._kit.promises import PROMISES
from corechat.transport import TransportOptions
from corechat_pyreqwest.plugin import pyreqwest
from corechat_replay.factories import replay
from corechat_replay.replay import ReplayTransport
from tests.cassettes.support import ask, chat, interaction, write

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "guarantees.md"
THEMES = {"concurrency", "event-loop", "fork", "interrupt", "closing"}


def rows() -> list[list[str]]:
    table = PAGE.read_text(encoding="utf-8").partition("\n## ")[0]
    lines = [line for line in table.splitlines() if line[:2] == "| "]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[1:]]
    return [row for row in cells if row[1]]


def references(cell: str) -> list[str]:
    return re.findall(r"`([^`]+)`", cell)


def exists(reference: str) -> bool:
    file, _, name = reference.partition("::")
    if not name:
        return reference in {promise.id for promise in PROMISES}
    tree = ast.parse((ROOT / file).read_text(encoding="utf-8"))
    return name in {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}


def declared() -> set[str]:
    """Give the patterns of what the backend ``pyreqwest`` cannot promise."""
    found: dict[str, str] = getattr(pyreqwest, "conformance_exceptions")  # noqa: B009 - set by a decorator
    assert "fork.child" in found
    return set(found)


@pytest.mark.source_tree
@pytest.mark.parametrize("row", rows() if PAGE.is_file() else [], ids=lambda row: row[0][:50])
def test_every_cell_names_a_test_that_exists_or_says_no(row: list[str]) -> None:
    assert len(row) == 5
    for cell in row[1:]:
        assert references(cell) or cell.startswith("**no**") or cell == "—", cell
        for reference in references(cell):
            assert exists(reference), reference


@pytest.mark.source_tree
@pytest.mark.parametrize("row", rows() if PAGE.is_file() else [], ids=lambda row: row[0][:50])
def test_the_cells_of_pyreqwest_say_no_where_the_backend_does(row: list[str]) -> None:
    says_no = row[4].startswith("**no**")
    for reference in references(row[4]):
        assert any(fnmatchcase(reference, pattern) for pattern in declared()) == says_no, reference


@pytest.mark.source_tree
def test_the_page_leaves_out_no_promise_about_threads_loops_forks_signals_and_the_end() -> None:
    named = {reference for row in rows() for reference in references(row[1])}
    promised = {promise.id for promise in PROMISES if promise.theme in THEMES}
    besides = {
        "closing.drops-connections",
        "closing.send-afterwards",
        "concurrency.own-failures",
        "event-loop.deadline",
    }
    assert promised - named == besides


@pytest.fixture
def transport(tmp_path: Path) -> ReplayTransport:
    """A replay that answers one request for ever."""
    cassette = write(tmp_path / "a.json", interaction(chat("q"), "yes"))
    return replay(TransportOptions(), cassette=cassette, repeat_last=True)


def test_a_replay_answers_from_memory(
    transport: ReplayTransport, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise AssertionError("a replay needs neither file, socket, thread nor loop")

    with monkeypatch.context() as patch:
        patch.setattr(builtins, "open", refuse)
        patch.setattr(socket, "socket", refuse)
        patch.setattr(threading.Thread, "start", refuse)
        patch.setattr(asyncio, "new_event_loop", refuse)
        answers = [ask(transport, chat("q")) for _ in range(3)]
        transport.close()
    assert answers == ["yes"] * 3


def test_a_replay_serves_a_thread_after_another_one_ended(transport: ReplayTransport) -> None:
    for _ in range(2):
        with ThreadPoolExecutor(1) as pool:
            assert pool.submit(ask, transport, chat("q")).result() == "yes"


def test_a_replay_answers_inside_a_running_loop(transport: ReplayTransport) -> None:
    async def main() -> list[str]:
        return [ask(transport, chat("q")), await asyncio.to_thread(ask, transport, chat("q"))]

    for _ in range(2):
        assert asyncio.run(main()) == ["yes", "yes"]


def test_a_replay_answers_in_a_forked_child(transport: ReplayTransport) -> None:
    def work() -> dict[str, object]:
        return {"said": ask(transport, chat("q"))}

    assert ask(transport, chat("q")) == "yes"
    child = Child(work)
    assert ask(transport, chat("q")) == "yes"
    assert child.result(10) == {"said": "yes"}


def test_a_fork_may_come_while_another_thread_holds_the_replays_lock(
    transport: ReplayTransport,
) -> None:
    held, free = threading.Event(), threading.Event()

    def hold() -> None:
        with transport._lock:
            held.set()
            free.wait(20)

    holder = threading.Thread(target=hold)
    holder.start()
    assert held.wait(10)
    try:
        assert Child(lambda: {"said": ask(transport, chat("q"))}).result(10) == {"said": "yes"}
    finally:
        free.set()
        holder.join()
    assert ask(transport, chat("q")) == "yes"


def test_a_replay_closes_twice(transport: ReplayTransport) -> None:
    transport.close()
    transport.close()
