"""Recording and replaying through the fixture, in every mode."""

import pytest

from tests.cassettes.support import ChatServer
from tests.pytest_plugin.conftest import KEY, Project

pytest_plugins = ["pytester"]

ONE = "def test_one(corechat_client):\n    assert ask(corechat_client, 'hi') == 'You said: hi'\n"
NAME = "test_it/test_one.json"


def test_a_test_records_once_and_replays_without_a_key_or_a_server(
    project: Project, live: ChatServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    project.write(ONE)
    project.record().assert_outcomes(passed=1)
    assert len(live.requests) == 1
    assert project.cassettes() == [NAME]
    assert KEY not in project.text(NAME)
    monkeypatch.delenv("GROQ_API_KEY")
    monkeypatch.delenv("GROQ_BASE_URL")
    before = project.text(NAME)
    for options in ((), ("--corechat-record=once",)):
        project.run(*options).assert_outcomes(passed=1)
    assert len(live.requests) == 1
    assert project.text(NAME) == before


def test_a_missing_cassette_says_how_to_record_it(project: Project, live: ChatServer) -> None:
    project.write(ONE)
    result = project.run()
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(
        [
            "There is no cassette at 'tests?cassettes?test_it?test_one.json'*",
            "  pytest tests/test_it.py::test_one --corechat-record=once",
        ]
    )
    result.stdout.no_fnmatch_line("*pytest_plugin?session.py*")
    assert live.requests == []


def test_recording_without_a_key_says_which_variable_holds_it(
    project: Project, live: ChatServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("GROQ_API_KEY")
    project.write(ONE)
    result = project.record()
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*GROQ_API_KEY*"])
    assert live.requests == []
    assert project.cassettes() == []


def test_a_changed_prompt_fails_and_shows_what_is_different(
    project: Project, live: ChatServer
) -> None:
    project.write(ONE)
    project.record()
    project.write(ONE.replace("'hi')", "'ho')"))
    for mode in ("none", "once"):
        result = project.record(mode)
        result.assert_outcomes(failed=1)
        result.stdout.fnmatch_lines(["*messages?0?.content: 'hi' → 'ho'*"])
        result.stdout.fnmatch_lines(["*Record what is not in the cassette yet*"])
    assert len(live.requests) == 1


def test_new_adds_and_rewrite_replaces(project: Project, live: ChatServer) -> None:
    project.write(ONE)
    project.record()
    project.write(ONE + "    ask(corechat_client, 'more')\n")
    project.record("new").assert_outcomes(passed=1)
    assert len(live.requests) == 2
    assert project.text(NAME).count('"request"') == 2
    project.run().assert_outcomes(passed=1)
    project.write(ONE.replace("hi", "ho"))
    project.record("rewrite").assert_outcomes(passed=1)
    assert project.text(NAME).count('"request"') == 1
    assert "You said: ho" in project.text(NAME)
    project.run().assert_outcomes(passed=1)


def test_what_a_test_leaves_unplayed_fails_it(project: Project, live: ChatServer) -> None:
    project.write(ONE + "    ask(corechat_client, 'more')\n    ask(corechat_client, 'yet more')\n")
    project.record()
    project.write(ONE)
    result = project.run()
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            "This test left 2 of 3 recordings in 'tests?cassettes?test_it?test_one.json' unplayed:",
            "  #2 POST *more*",
            "  #3 POST *yet more*",
            "*--corechat-record=rewrite*allow_unplayed=True*",
        ]
    )
    assert live.requests[1:]
    project.write("@pytest.mark.corechat(allow_unplayed=True)\n" + ONE)
    project.run().assert_outcomes(passed=1)


def test_a_test_that_fails_for_another_reason_is_not_blamed_for_the_rest(
    project: Project, live: ChatServer
) -> None:
    project.write(ONE)
    project.record()
    project.write("def test_one(corechat_client):\n    assert 'this' == 'that'\n")
    result = project.run()
    result.assert_outcomes(failed=1)
    result.stdout.no_fnmatch_line("*unplayed*")
    assert len(live.requests) == 1


FAILURES = {
    "the test fails": (ONE + "    assert False\n", {"failed": 1}),
    "the test skips": (ONE + "    pytest.skip('later')\n", {"skipped": 1}),
    "the test is expected to fail": (
        "@pytest.mark.xfail(reason='known')\n" + ONE + "    assert False\n",
        {"xfailed": 1},
    ),
    "a fixture after it fails": (
        (
            "@pytest.fixture\ndef late(corechat_client):\n"
            "    ask(corechat_client, 'ho')\n    raise OSError('no')\n"
            "def test_one(corechat_client, late): ...\n"
        ),
        {"errors": 1},
    ),
}


@pytest.mark.parametrize("why", FAILURES)
@pytest.mark.parametrize("mode", ["once", "new", "rewrite"])
def test_a_failed_tests_new_recording_is_discarded(
    project: Project, live: ChatServer, mode: str, why: str
) -> None:
    source, outcome = FAILURES[why]
    project.write(source)
    project.record(mode).assert_outcomes(**outcome)
    assert len(live.requests) == 1
    assert project.cassettes() == []


@pytest.mark.parametrize("mode", ["new", "rewrite"])
def test_a_failed_tests_old_recording_is_kept(
    project: Project, live: ChatServer, mode: str
) -> None:
    project.write(ONE)
    project.record()
    before = project.text(NAME)
    project.write(ONE + "    ask(corechat_client, 'more')\n    assert False\n")
    project.record(mode).assert_outcomes(failed=1)
    assert project.text(NAME) == before
    assert project.cassettes() == [NAME]
    assert len(live.requests) > 1


def test_a_test_that_asks_for_nothing_records_an_empty_cassette(
    project: Project, live: ChatServer
) -> None:
    project.write("def test_one(corechat_client): ...\n")
    project.record().assert_outcomes(passed=1)
    assert '"interactions": []' in project.text(NAME)
    project.run().assert_outcomes(passed=1)
    project.write(ONE)
    result = project.run()
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*holds no interaction to compare with*"])
    project.record("rewrite").assert_outcomes(passed=1)
    project.write("def test_one(corechat_client): ...\n")
    project.record("rewrite").assert_outcomes(passed=1)
    project.run().assert_outcomes(passed=1)
    assert len(live.requests) == 1


@pytest.mark.parametrize("mode", ["once", "rewrite"])
def test_tests_that_share_a_cassette_record_it_in_one_run(
    project: Project, live: ChatServer, mode: str
) -> None:
    mark = "@pytest.mark.corechat('shared.json', allow_unplayed=True)\n"
    project.write(mark + ONE + mark + ONE.replace("test_one", "test_two").replace("hi", "ho"))
    project.record(mode).assert_outcomes(passed=2)
    assert project.cassettes() == ["shared.json"]
    assert project.text("shared.json").count('"request"') == 2
    project.run().assert_outcomes(passed=2)
    assert len(live.requests) == 2


def test_a_client_that_the_test_closes_is_recorded_all_the_same(
    project: Project, live: ChatServer
) -> None:
    project.write(ONE + "    corechat_client.close()\n")
    project.record().assert_outcomes(passed=1)
    project.run().assert_outcomes(passed=1)
    assert project.cassettes() == [NAME]
    assert len(live.requests) == 1


def test_a_damaged_cassette_is_an_error_in_a_few_lines(project: Project) -> None:
    project.write(ONE)
    (project.folder / "test_it").mkdir(parents=True)
    (project.folder / NAME).write_text('{"version": 1, "interactions": [')
    result = project.run()
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["The cassette *test_one.json' cannot be used: *"])
    result.stdout.no_fnmatch_line("*pytest_plugin?session.py*")
