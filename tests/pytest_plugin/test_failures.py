"""What a failing test shows: the line that called corechat, and what to do."""

import pytest

from tests.cassettes.support import ChatServer
from tests.pytest_plugin.conftest import Project

pytest_plugins = ["pytester"]

FAKE = """
import corechat
from corechat.testing import FakeTransport

def test_one():
    client = corechat.Client(FakeTransport({answer}), max_retries=0)
    client.complete(model="m", messages=[{{"role": "user", "content": "hi"}}])  # the line
"""
REPLAYED = """
def test_one(corechat_client):
    ask(corechat_client, 'hi')

def test_two(corechat_cassette):
    import corechat
    with corechat.Client() as client:
        ask(client, 'hi')
"""
INNER = ("*corechat?_client.py*", "*_call?attempts.py*", "*corechat_replay?replay.py*")


def assert_only_the_users_lines(result: pytest.RunResult) -> None:
    for file in INNER:
        result.stdout.no_fnmatch_line(file)


@pytest.mark.parametrize("answer", ["429", "TimeoutError()", ""])
def test_an_error_of_a_call_is_shown_at_the_line_that_called(project: Project, answer: str) -> None:
    project.write(FAKE.format(answer=answer))
    result = project.run()
    result.assert_outcomes(failed=1)
    assert_only_the_users_lines(result)
    result.stdout.fnmatch_lines(["> *# the line", "tests?test_it.py:*: *Error"])


def test_an_unmatched_request_is_shown_at_the_line_that_asked(
    project: Project, live: ChatServer
) -> None:
    project.write(REPLAYED)
    project.record()
    project.write(REPLAYED.replace("'hi'", "'ho'"))
    result = project.run()
    result.assert_outcomes(failed=2)
    assert_only_the_users_lines(result)
    assert len(live.requests) == 2


def test_the_whole_traceback_is_there_if_it_is_asked_for(project: Project) -> None:
    project.write(FAKE.format(answer="429"))
    project.run("--full-trace").stdout.fnmatch_lines(["*_call?attempts.py*"])


def test_a_bug_in_corechat_shows_where_it_is(project: Project) -> None:
    project.write(
        FAKE.format(answer="429")
        + "def test_two(monkeypatch):\n"
        + "    from corechat._call.encode import Encoder\n"
        + "    monkeypatch.setattr(Encoder, 'encode', None)\n"
        + "    test_one()\n"
    )
    result = project.run()
    result.assert_outcomes(failed=2)
    result.stdout.fnmatch_lines(["*_call?calls.py:*: TypeError"])


@pytest.mark.parametrize(
    ("mode", "said"),
    [
        ("new_episodes", "*vcrpy's 'new_episodes' is 'new' here*"),
        ("all", "*vcrpy's 'all' is 'rewrite' here*"),
        ("onec", "*Did you mean 'once'?*"),
    ],
)
def test_a_mode_of_vcrpys_gets_the_name_it_has_here(project: Project, mode: str, said: str) -> None:
    result = project.record(mode)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([said])
