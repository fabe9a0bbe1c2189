"""Progress in a pipe and on a terminal, and the sums of usage."""

import io
import sys
from typing import Any

import pytest

import corechat
from corechat import Usage
from corechat._batch.progress import Progress
from tests.core.support import client_of, decode
from tests.many.support import ask, many


def test_in_a_pipe_a_line_every_few_seconds(capsys: pytest.CaptureFixture[str]) -> None:
    now = 0.0
    progress = Progress(100, clock=lambda: now)
    for done in range(1, 41):
        now += 0.5
        progress.show(done, done // 10, done * 5)
    progress.end()
    lines = capsys.readouterr().err.splitlines()
    assert lines == [
        "10/100 done, 1 failed, 2.0/s, 50 tokens, 45 s left",
        "20/100 done, 2 failed, 2.0/s, 100 tokens, 40 s left",
        "30/100 done, 3 failed, 2.0/s, 150 tokens, 35 s left",
        "40/100 done, 4 failed, 2.0/s, 200 tokens, 30 s left",
        "40/100 done, 4 failed, 2.0/s, 200 tokens, 30 s left",
    ]


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_on_a_terminal_a_bar(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = Terminal()
    monkeypatch.setattr(sys, "stderr", screen)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "120")
    with many() as server, client_of(server) as client:
        assert len(list(client.map([ask("a")] * 5, progress=True))) == 5
    assert "5/5" in screen.getvalue()
    assert "25 tokens" in screen.getvalue()
    assert "0 failed" in screen.getvalue()


def test_without_rich_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "rich.console", None)
    with many() as server, client_of(server) as client:
        with pytest.raises(corechat.MissingDependencyError, match="pip install"):
            client.map([ask("a")], progress=True)
        assert len(list(client.map([ask("a")]))) == 1


def usage(**fields: Any) -> Usage:
    response = decode({"choices": [{"message": {}}], "usage": fields})
    assert response.usage is not None
    return response.usage


def test_usages_add_up() -> None:
    first = usage(
        prompt_tokens=3,
        completion_tokens=2,
        total_tokens=5,
        total_time=0.5,
        prompt_tokens_details={"cached_tokens": 1},
        cost=0.25,
        tier="flex",
    )
    second = usage(prompt_tokens=10, total_tokens=10, prompt_tokens_details=None)
    both = first + second
    assert (both.prompt_tokens, both.completion_tokens, both.total_tokens) == (13, 2, 15)
    assert both.total_time == 0.5
    assert both.prompt_tokens_details is not None
    assert both.prompt_tokens_details.cached_tokens == 1
    assert both.queue_time is None
    assert both.cost == 0.25  # type: ignore[attr-defined]  # a server's own field
    assert "tier" not in (both.model_extra or {})
    assert sum([first, second, first], Usage()).total_tokens == 20
    assert first.prompt_tokens == 3


def test_usages_of_careless_servers_add_up_as_far_as_they_can_be_read() -> None:
    odd = usage(prompt_tokens="7", completion_tokens=None, total_tokens=True, queue_time=[1])
    both = odd + usage(prompt_tokens=1, total_tokens=2)
    assert (both.prompt_tokens, both.completion_tokens, both.total_tokens) == (1, None, 2)
    assert both.queue_time is None
    with pytest.raises(TypeError):
        odd + 1  # type: ignore[operator]
