"""``--corechat-orphans``: the cassettes that no test used."""

import pytest

from tests.cassettes.support import ChatServer, chat, interaction, write
from tests.pytest_plugin.conftest import Project

pytest_plugins = ["pytester"]

ONE = "def test_one(corechat_client):\n    ask(corechat_client, 'hi')\n"


@pytest.fixture
def recorded(project: Project, live: ChatServer) -> Project:
    """Make a project with two cassettes, one of which has lost its test."""
    project.write(ONE + ONE.replace("one", "two"))
    project.record().assert_outcomes(passed=2)
    project.write(ONE)
    assert len(live.requests) == 2
    return project


def orphans(result: pytest.RunResult) -> list[str]:
    lines = result.outlines
    start = next(i for i, line in enumerate(lines) if "cassettes that no test used" in line)
    end = next(i for i, line in enumerate(lines) if i > start and " in 1 folders" in line)
    return [line.replace("\\", "/") for line in lines[start + 1 : end]]


def test_a_cassette_without_a_test_is_listed(recorded: Project) -> None:
    result = recorded.run("--corechat-orphans")
    result.assert_outcomes(passed=1)
    assert orphans(result) == ["tests/cassettes/test_it/test_two.json"]
    recorded.run().stdout.no_fnmatch_line("*no test used*")


def test_files_of_other_tools_are_not_listed(recorded: Project) -> None:
    write(recorded.folder / "theirs.json", interaction(chat("q"), "a"))
    (recorded.folder / "test_theirs.yaml").write_text("version: 1\ninteractions: []\n")
    (recorded.folder / "data.json").write_text("[]")
    (recorded.folder / "ours.yaml").write_text(recorded.text("test_it/test_one.json"))
    assert orphans(recorded.run("--corechat-orphans")) == [
        "tests/cassettes/ours.yaml",
        "tests/cassettes/test_it/test_two.json",
    ]


def test_what_a_test_reads_by_itself_is_used(recorded: Project) -> None:
    recorded.write(
        ONE + "def test_by_hand(request):\n"
        "    import corechat\n"
        "    path = request.path.parent / 'cassettes' / 'test_it' / 'test_two.json'\n"
        "    corechat.Client('replay', cassette=path).close()\n"
    )
    assert orphans(recorded.run("--corechat-orphans")) == []


def test_a_test_that_was_deselected_or_skipped_still_has_its_cassette(recorded: Project) -> None:
    skipped = "@pytest.mark.skip(reason='later')\n" + ONE.replace("one", "two")
    recorded.write(ONE + skipped)
    assert orphans(recorded.run("--corechat-orphans", "-k", "test_two")) == []


def test_the_cassettes_of_modules_that_were_not_collected_are_not_listed(
    recorded: Project,
) -> None:
    recorded.write("def test_other(): ...\n", "test_other.py")
    result = recorded.run("--corechat-orphans", "tests/test_other.py")
    assert orphans(result) == []


def test_nothing_is_claimed_where_tests_were_picked_by_name(recorded: Project) -> None:
    result = recorded.run("--corechat-orphans", "tests/test_it.py::test_one")
    result.stdout.fnmatch_lines(["not known: some tests were picked by their names"])
    result.stdout.no_fnmatch_line("*test_two.json")
