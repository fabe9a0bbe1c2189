"""Code that makes its own clients: each plays, or records, the test's cassette."""

import os

import pytest

from tests.cassettes.support import ChatServer
from tests.pytest_plugin.conftest import KEY, Project

pytest_plugins = ["pytester"]

NAME = "test_it/test_one.json"
OWN = """
import corechat

def answer(prompt, **options):
    with corechat.Client(**options) as client:
        messages = [{"role": "user", "content": prompt}]
        return client.complete(model="m", messages=messages).text
"""
ONE = """
from own import answer

def test_one(corechat_cassette):
    assert answer("hi") == "You said: hi"
"""
TWO = """
def test_two(corechat_cassette):
    assert answer("ho") == "You said: ho"
"""
FOR_ALL = "[pytest]\nusefixtures = corechat_cassette\n"


@pytest.fixture
def own(project: Project, monkeypatch: pytest.MonkeyPatch) -> Project:
    """Give a project whose module ``own`` makes a client a call."""
    project.pytester.makepyfile(own=OWN)
    monkeypatch.syspath_prepend(str(project.pytester.path))
    return project


def test_a_client_of_the_codes_own_is_recorded_and_replayed_without_a_key(
    own: Project, live: ChatServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    own.write(ONE)
    own.record().assert_outcomes(passed=1)
    assert own.cassettes() == [NAME]
    assert KEY not in own.text(NAME)
    monkeypatch.delenv("GROQ_API_KEY")
    monkeypatch.delenv("GROQ_BASE_URL")
    for mode in ("none", "once"):
        own.record(mode).assert_outcomes(passed=1)
    assert len(live.requests) == 1


BACKENDS = ["httpx", "httpx2", "aiohttp", "pyreqwest"]


@pytest.mark.parametrize("backend", BACKENDS)
def test_every_backend_that_sends_plays_the_cassette(
    own: Project, live: ChatServer, backend: str
) -> None:
    source = ONE.replace('answer("hi")', f'answer("hi", backend={backend!r})')
    own.write(source)
    own.record().assert_outcomes(passed=1)
    own.run().assert_outcomes(passed=1)
    assert len(live.requests) == 1


def test_clients_of_one_test_share_its_cassette_in_threads_too(
    own: Project, live: ChatServer
) -> None:
    own.write(
        "from concurrent.futures import ThreadPoolExecutor\n"
        "from own import answer\n"
        "def test_one(corechat_cassette):\n"
        "    assert answer('hi') == answer('hi')\n"
        "    with ThreadPoolExecutor(4) as pool:\n"
        "        said = list(pool.map(answer, 'abcabc'))\n"
        "    assert said == [f'You said: {each}' for each in 'abcabc']\n"
    )
    own.record().assert_outcomes(passed=1)
    assert own.text(NAME).count('"request"') == 8
    own.run().assert_outcomes(passed=1)
    assert len(live.requests) == 8


def test_two_providers_keep_their_own_endpoints(
    own: Project, live: ChatServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", f"{live.url}/other")
    monkeypatch.setenv("OPENAI_API_KEY", "sk-other-0123456789abcdef")
    own.write(
        "from own import answer\n"
        "def test_one(corechat_cassette):\n"
        "    assert answer('hi', provider='openai') == answer('hi') == 'You said: hi'\n"
    )
    own.record().assert_outcomes(passed=1)
    assert [path for path, *_ in live.requests] == [
        "/other/chat/completions",
        "/v1/chat/completions",
    ]
    monkeypatch.delenv("OPENAI_API_KEY")
    own.run().assert_outcomes(passed=1)
    assert len(live.requests) == 2


def test_a_client_that_names_its_endpoint_plays_only_what_was_recorded_there(
    own: Project, live: ChatServer
) -> None:
    own.write(ONE)
    own.record()
    for named in ("provider='openai'", "base_url='https://llm.example/v1'"):
        own.write(ONE.replace('"hi")', f'"hi", {named})'))
        result = own.run()
        result.assert_outcomes(failed=1)
        result.stdout.fnmatch_lines(["*URL: http://127.0.0.1*"])
    assert len(live.requests) == 1


def test_a_request_that_changed_fails_and_says_what_to_do(own: Project, live: ChatServer) -> None:
    own.write(ONE)
    own.record()
    own.write(ONE.replace('"hi")', '"ho")'))
    result = own.run()
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*'hi' → 'ho'*"])
    result.stdout.fnmatch_lines(["*--corechat-record=new*"])
    assert len(live.requests) == 1


def test_what_is_left_unplayed_fails_the_test(own: Project, live: ChatServer) -> None:
    own.write(ONE + "    answer('more')\n")
    own.record()
    own.write(ONE)
    result = own.run()
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["This test left 1 of 2 recordings*"])
    own.write("import pytest\npytestmark = pytest.mark.corechat(allow_unplayed=True)\n" + ONE)
    own.run().assert_outcomes(passed=1)
    assert len(live.requests) == 2


def test_a_failed_test_leaves_no_recording(own: Project, live: ChatServer) -> None:
    own.write(ONE + "    assert False\n")
    own.record().assert_outcomes(failed=1)
    assert own.cassettes() == []
    assert len(live.requests) == 1


def test_the_clients_fixture_plays_the_same_cassette(own: Project, live: ChatServer) -> None:
    own.write(
        "from own import answer\n"
        "def test_one(corechat_client, corechat_cassette):\n"
        "    assert answer('hi') == ask(corechat_client, 'hi') == 'You said: hi'\n"
    )
    own.record().assert_outcomes(passed=1)
    assert own.text(NAME).count('"request"') == 2
    own.run().assert_outcomes(passed=1)
    assert len(live.requests) == 2


def test_a_client_that_answers_by_itself_is_left_alone(own: Project, live: ChatServer) -> None:
    own.write(
        "import corechat\n"
        "from corechat.testing import FakeTransport\n"
        "from own import answer\n"
        "def test_one(corechat_cassette, tmp_path):\n"
        "    assert answer('hi', backend=FakeTransport('mine')) == 'mine'\n"
        "    path = tmp_path / 'own.json'\n"
        "    fake = FakeTransport('kept')\n"
        "    assert answer('hi', backend=fake, record=path) == 'kept'\n"
        "    assert answer('hi', backend='replay', cassette=path) == 'kept'\n"
    )
    own.record().assert_outcomes(passed=1)
    own.run().assert_outcomes(passed=1)
    assert 'interactions": []' in own.text(NAME)
    assert live.requests == []


def test_a_transport_given_as_an_object_is_recorded_too(own: Project, live: ChatServer) -> None:
    own.write(
        "from own import answer\n"
        "def test_one(corechat_cassette):\n"
        "    from corechat.transport import TransportOptions\n"
        "    from corechat_httpx.factories import httpx\n"
        "    assert answer('hi', backend=httpx(TransportOptions())) == 'You said: hi'\n"
    )
    own.record().assert_outcomes(passed=1)
    own.run().assert_outcomes(passed=1)
    assert len(live.requests) == 1


CACHED = """
import functools
import corechat

@functools.cache
def client():
    return corechat.Client()

def answer(prompt):
    return client().complete(model="m", messages=[{"role": "user", "content": prompt}]).text
"""


def test_a_client_that_is_kept_plays_each_tests_cassette(own: Project, live: ChatServer) -> None:
    own.pytester.makepyfile(own=CACHED)
    own.write(
        ONE + TWO + "\ndef test_three():\n"
        "    with pytest.raises(Exception, match='CORECHAT_CASSETTE'):\n"
        "        answer('late')\n"
    )
    own.record().assert_outcomes(passed=3)
    assert own.cassettes() == [NAME, "test_it/test_two.json"]
    own.run().assert_outcomes(passed=3)
    assert len(live.requests) == 2


IMPORTED = """
import corechat

client = corechat.Client()

def answer(prompt):
    return client.complete(model="m", messages=[{"role": "user", "content": prompt}]).text
"""


def test_a_client_made_at_import_plays_where_all_tests_use_the_fixture(
    own: Project, live: ChatServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    own.pytester.makepyfile(own=IMPORTED)
    own.pytester.makeini(FOR_ALL)
    own.write(
        "from own import answer\n"
        "def test_one():\n    assert answer('hi') == 'You said: hi'\n"
        "def test_two():\n    assert answer('ho') == 'You said: ho'\n"
        "def test_of_nothing(): ...\n"
    )
    own.record().assert_outcomes(passed=3)
    assert own.cassettes() == [NAME, "test_it/test_two.json"]
    monkeypatch.delenv("GROQ_API_KEY")
    own.run().assert_outcomes(passed=3)
    assert len(live.requests) == 2


def test_where_all_tests_use_the_fixture_one_without_a_cassette_may_not_ask(
    own: Project, live: ChatServer
) -> None:
    own.pytester.makepyfile(own=IMPORTED)
    own.pytester.makeini(FOR_ALL)
    own.write(
        "from own import answer\n"
        "def test_one():\n"
        "    try:\n        answer('hi')\n    except Exception:\n        pass\n"
    )
    result = own.run()
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*pytest tests/test_it.py::test_one --corechat-record=once"])
    assert live.requests == []


def test_a_call_at_import_is_told_where_it_stands(own: Project, live: ChatServer) -> None:
    own.pytester.makepyfile(own=IMPORTED + "answer('early')\n")
    own.pytester.makeini(FOR_ALL)
    own.write(ONE)
    for mode in ("none", "once"):
        result = own.record(mode)
        result.assert_outcomes(errors=1)
        result.stdout.fnmatch_lines(["*outside of a test*"])
    assert live.requests == []


def test_a_client_made_before_the_test_is_told_how_to_play(own: Project, live: ChatServer) -> None:
    own.pytester.makepyfile(own=IMPORTED)
    own.write("def test_one(corechat_cassette): ...\n")
    own.record()
    own.write(ONE)
    result = own.run()
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*usefixtures = corechat_cassette*"])
    assert live.requests == []


def test_a_missing_cassette_says_how_to_record_it(own: Project, live: ChatServer) -> None:
    own.write(ONE)
    result = own.run()
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*pytest tests/test_it.py::test_one --corechat-record=once"])
    assert live.requests == []


def test_a_program_that_a_test_starts_plays_the_cassette(
    own: Project, live: ChatServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    own.write(
        "import subprocess, sys\n"
        "@pytest.mark.corechat(allow_unplayed=True)\n"
        "def test_one(corechat_cassette):\n"
        "    words = [sys.executable, '-c', 'import own; print(own.answer(\"hi\"))']\n"
        "    said = subprocess.run(words, capture_output=True, text=True, check=True).stdout\n"
        "    assert said == 'You said: hi\\n'\n"
    )
    monkeypatch.setenv("PYTHONPATH", str(own.pytester.path))
    own.record().assert_outcomes(passed=1)
    monkeypatch.delenv("GROQ_API_KEY")
    own.run().assert_outcomes(passed=1)
    assert len(live.requests) == 1


def test_workers_record_and_replay_each_their_tests(own: Project, live: ChatServer) -> None:
    own.write(ONE + TWO)
    own.pytester.makeini("[pytest]\npythonpath = .\n")
    own.run_workers("--corechat-record=once").assert_outcomes(passed=2)
    assert own.cassettes() == [NAME, "test_it/test_two.json"]
    own.run_workers().assert_outcomes(passed=2)
    assert len(live.requests) == 2


def test_the_environment_is_as_before(own: Project, live: ChatServer) -> None:
    own.pytester.makeini(FOR_ALL)
    own.write(ONE)
    own.record().assert_outcomes(passed=1)
    assert live.requests
    assert "CORECHAT_CASSETTE" not in os.environ
    assert "CORECHAT_RECORD_MODE" not in os.environ
