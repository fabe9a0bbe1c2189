"""The plugin beside others: pytest-recording, pytest-xdist; and in projects that do not use it."""

import subprocess
import sys

import pytest

from tests.cassettes.support import ChatServer
from tests.pytest_plugin.conftest import QUICK, Project

pytestmark = pytest.mark.slow

pytest_plugins = ["pytester"]

MANY = (
    "@pytest.mark.parametrize('number', range(6))\n"
    "def test_many(corechat_client, number):\n"
    "    assert ask(corechat_client, f'q{number}') == f'You said: q{number}'\n"
)


def test_it_works_with_xdist(project: Project, live: ChatServer) -> None:
    project.write(MANY)
    project.run_workers("--corechat-record=once").assert_outcomes(passed=6)
    assert len(live.requests) == 6
    assert len(project.cassettes()) == 6
    (project.folder / "old.json").write_text(project.text("test_it/test_many[0].json"))
    replay = ("-n2", "--corechat-orphans", *QUICK)
    result = project.pytester.runpytest_subprocess(*replay, timeout=100)
    result.assert_outcomes(passed=6)
    result.stdout.fnmatch_lines(["*cassettes that no test used*", "tests?cassettes?old.json"])
    result.stdout.fnmatch_lines(["1 in 1 folders"])
    assert len(live.requests) == 6


def test_it_lives_beside_pytest_recording(project: Project, live: ChatServer) -> None:
    pytest.importorskip("pytest_recording", reason="pytest-recording is not installed")
    theirs = (
        "@pytest.mark.vcr\n"
        "def test_theirs():\n"
        "    import httpx, json\n"
        "    body = json.dumps({'messages': [{'content': 'theirs'}]})\n"
        f"    answer = httpx.post('{live.chat_url}', content=body, timeout=30).json()\n"
        "    assert answer['choices'][0]['message']['content'] == 'You said: theirs'\n"
    )
    ours = "def test_ours(corechat_client):\n    assert ask(corechat_client, 'hi')\n"
    both = (
        "@pytest.mark.vcr\n"
        "def test_both(corechat_client):\n    assert ask(corechat_client, 'both')\n"
    )
    project.write(theirs + ours + both)
    project.record("once", "--record-mode=once").assert_outcomes(passed=3)
    assert "test_it/test_ours.json" in project.cassettes()
    assert "test_it/test_theirs.yaml" in project.cassettes()
    count = len(live.requests)
    result = project.run("--block-network", "--corechat-orphans", "--strict-markers")
    result.assert_outcomes(passed=3)
    result.stdout.fnmatch_lines(["0 in 1 folders"])
    assert len(live.requests) == count


def test_a_project_that_does_not_use_it_imports_next_to_nothing() -> None:
    code = (
        "import sys, pytest\n"
        "before = set(sys.modules)\n"
        "import corechat_replay.pytest_plugin\n"
        "print(sorted(set(sys.modules) - before))"
    )
    done = subprocess.run(  # noqa: S603 - our own interpreter
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.strip() == "['corechat_replay', 'corechat_replay.pytest_plugin']"


def test_a_run_without_the_fixture_loads_no_corechat(project: Project) -> None:
    project.write(
        "import sys\n"
        "def test_one():\n"
        "    assert 'corechat_replay.pytest_plugin' in sys.modules\n"
        "    assert not {'corechat', 'pydantic', 'corechat_replay.replay'} & set(sys.modules)\n"
    )
    result = project.pytester.runpytest_subprocess(*QUICK, timeout=100)
    result.assert_outcomes(passed=1)


def test_help_names_the_options_the_settings_and_the_marker(project: Project) -> None:
    shown = project.run("--help").stdout.str()
    for word in ("--corechat-record={none,once,new,rewrite}", "--corechat-orphans"):
        assert word in shown
    for word in ("corechat_cassettes", "corechat_allow_hosts"):
        assert word in shown
    assert "@pytest.mark.corechat(cassette=None" in project.run("--markers").stdout.str()


SHARED = (
    "@pytest.mark.parametrize('number', range(12))\n"
    "@pytest.mark.corechat(cassette='shared.json', allow_unplayed=True)\n"
    "def test_shared(corechat_client, number):\n"
    "    assert ask(corechat_client, f'q{number}') == f'You said: q{number}'\n"
)


@pytest.mark.parametrize("mode", ["once", "new", "rewrite"])
def test_workers_that_share_a_cassette_keep_every_recording(
    project: Project, live: ChatServer, mode: str
) -> None:
    if mode != "once":
        project.write(SHARED.replace("12", "1"))
        project.record().assert_outcomes(passed=1)
    project.write(SHARED)
    project.run_workers(f"--corechat-record={mode}").assert_outcomes(passed=12)
    assert project.cassettes() == ["shared.json"]
    assert project.text("shared.json").count('"request"') == 12
    assert len(live.requests) == {"once": 12, "new": 12, "rewrite": 13}[mode]
    project.run_workers().assert_outcomes(passed=12)


def test_a_worker_whose_test_fails_takes_back_its_own_recording_only(
    project: Project, live: ChatServer
) -> None:
    project.write(SHARED + "    assert number % 3\n")
    result = project.run_workers("--corechat-record=once")
    result.assert_outcomes(passed=8, failed=4)
    assert len(live.requests) == 12
    asked = [
        f"q{number}"
        for number in range(12)
        if f'You said: q{number}\\"' in project.text("shared.json")
    ]
    assert asked == [f"q{number}" for number in range(12) if number % 3]
