"""What ``@pytest.mark.corechat`` can say, and what cassettes are called."""

import shutil
from pathlib import Path

import pytest

from tests.cassettes.support import ChatServer
from tests.pytest_plugin.conftest import Project

pytest_plugins = ["pytester"]

ROOT = Path(__file__).resolve().parents[2]
ONE = "def test_one(corechat_client):\n    assert ask(corechat_client, 'hi') == 'You said: hi'\n"


def test_the_nearest_mark_wins_and_the_others_still_count(
    project: Project, live: ChatServer
) -> None:
    project.write(
        "pytestmark = pytest.mark.corechat(cassette='module.json', ignore=['user'])\n"
        "@pytest.mark.corechat(cassette='class.json', headers={'x-class': '1'})\n"
        "class TestIt:\n"
        "    @pytest.mark.corechat(cassette='test.json')\n"
        "    def test_one(self, corechat_client):\n"
        "        import secrets\n"
        "        assert ask(corechat_client, 'hi', user=secrets.token_hex())\n"
    )
    project.record().assert_outcomes(passed=1)
    assert live.requests[0][1]["x-class"] == "1"
    assert project.cassettes() == ["test.json"]
    project.run().assert_outcomes(passed=1)


def test_a_recording_answers_for_another_endpoint_if_that_is_said(
    project: Project, live: ChatServer
) -> None:
    project.write(ONE)
    project.record()
    elsewhere = "base_url='https://llm.example/v1'"
    project.write(f"@pytest.mark.corechat({elsewhere})\n" + ONE)
    result = project.run()
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*URL: http://127.0.0.1*llm.example*"])
    project.write(f"@pytest.mark.corechat({elsewhere}, match_base_url=False)\n" + ONE)
    project.run().assert_outcomes(passed=1)
    assert len(live.requests) == 1


def test_a_provider_and_the_clients_own_keywords_can_be_given(
    project: Project, live: ChatServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", live.base_url)
    monkeypatch.setenv("OPENAI_API_KEY", "sk-other-0123456789abcdef")
    project.write(
        "@pytest.mark.corechat(provider='openai', headers={'x-mine': '1'}, max_retries=0)\n" + ONE
    )
    project.record().assert_outcomes(passed=1)
    headers = live.requests[0][1]
    assert headers["authorization"] == "Bearer sk-other-0123456789abcdef"
    assert headers["x-mine"] == "1"
    assert "sk-other" not in project.text("test_it/test_one.json")
    monkeypatch.delenv("OPENAI_API_KEY")
    project.run().assert_outcomes(passed=1)


MISTAKES = {
    "casette='a.json'": "*knows no 'casette'. Did you mean 'cassette'?*",
    "'a.json', 'b.json'": "*takes one cassette, then keywords*",
    "api_key='sk-1'": "*knows no 'api_key'*",
    "'../a.json'": "*leads out of the cassette folder*",
    "'/a.json'": "*leads out of the cassette folder*",
    "provider='gork'": "*No provider is named 'gork'*",
    "backend='htpx'": "*Did you mean 'httpx'?*",
    "ignore='user'": "*ignore= takes a list of fields*",
    "options={'http9': True}": "*http9*",
}


@pytest.mark.parametrize("arguments", MISTAKES)
def test_a_mistake_in_a_mark_is_told_in_a_few_lines(
    project: Project, live: ChatServer, arguments: str
) -> None:
    project.write(f"@pytest.mark.corechat({arguments})\n" + ONE)
    result = project.record()
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines([MISTAKES[arguments]])
    result.stdout.no_fnmatch_line("*Traceback*")
    assert live.requests == []
    assert project.cassettes() == []


def test_a_link_out_of_the_cassette_folder_is_refused(project: Project) -> None:
    project.write("@pytest.mark.corechat('link.json')\n" + ONE)
    project.folder.mkdir()
    (project.folder / "link.json").symlink_to(ROOT / "cassettes" / "hello.json")
    result = project.run()
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*leads out of the cassette folder*"])


def test_all_cassettes_can_lie_in_one_folder(project: Project, live: ChatServer) -> None:
    project.pytester.makeini("[pytest]\ncorechat_cassettes = recorded\n")
    project.write(ONE, "a/test_it.py")
    project.write(ONE, "b/test_it.py")
    project.record("once", "--import-mode=importlib").assert_outcomes(passed=2)
    recorded = project.pytester.path / "recorded"
    assert sorted(file.relative_to(recorded).as_posix() for file in recorded.rglob("*.json")) == [
        "tests/a/test_it/test_one.json",
        "tests/b/test_it/test_one.json",
    ]
    project.run("--import-mode=importlib").assert_outcomes(passed=2)
    assert len(live.requests) == 2


def test_names_fit_a_file_system_and_stay_distinct(project: Project, live: ChatServer) -> None:
    project.write(
        "@pytest.mark.parametrize('prompt', ['a/b', 'a:b', '../../x', 'ü', '', 'y' * 400,\n"
        "                                    'y' * 399 + 'z', 'plain-1'])\n"
        "class TestNames:\n"
        "    def test_one(self, corechat_client, prompt):\n"
        "        assert ask(corechat_client, prompt) == f'You said: {prompt}'\n"
    )
    project.record().assert_outcomes(passed=8)
    names = [name.removeprefix("test_it/") for name in project.cassettes()]
    assert len(set(names)) == 8
    assert "TestNames.test_one[plain-1].json" in names
    for name in names:
        assert "/" not in name
        assert ":" not in name
        assert name.isascii()
        assert len(name) <= 105
    project.run().assert_outcomes(passed=8)
    assert len(live.requests) == 8


def test_a_cassette_of_another_tool_replays(project: Project) -> None:
    project.write(
        "@pytest.mark.corechat('theirs.yaml')\n"
        "def test_one(corechat_client):\n"
        "    answer = corechat_client.complete(model='SmolLM2-135M-Instruct', messages=[\n"
        "        {'role': 'user', 'content': 'What is the capital of France?'}])\n"
        "    assert 'Paris' in answer.text\n"
    )
    project.folder.mkdir()
    shutil.copy(ROOT / "cassettes" / "hello.json", project.folder / "theirs.yaml")
    project.run("--strict-markers").assert_outcomes(passed=1)


@pytest.mark.parametrize("mark", ["", "@pytest.mark.corechat(provider='groq')\n"])
def test_a_replay_heeds_no_proxy_and_no_base_url_of_the_environment(
    project: Project, mark: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(ROOT / "cassettes", project.folder)
    monkeypatch.setenv("ALL_PROXY", "socks://127.0.0.1:7891/")
    monkeypatch.setenv("GROQ_BASE_URL", "http://gateway.example/groq")
    named = "@pytest.mark.corechat(cassette='hello.json', allow_unplayed=True)\n"
    project.write(mark + named + "def test_one(corechat_client):\n    assert corechat_client.url\n")
    project.run().assert_outcomes(passed=1)


@pytest.mark.usefixtures("live")
def test_an_empty_cassette_heeds_no_variable_either(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    project.write("def test_one(corechat_client):\n    assert corechat_client.url\n")
    project.record().assert_outcomes(passed=1)
    assert "".join(project.text("test_it/test_one.json").split()).endswith('"interactions":[]}')
    monkeypatch.setenv("ALL_PROXY", "socks://127.0.0.1:7891/")
    monkeypatch.setenv("GROQ_BASE_URL", "http://gateway.example/groq")
    monkeypatch.delenv("GROQ_API_KEY", raising=False)
    project.run().assert_outcomes(passed=1)
