import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.cassettes.support import chat, interaction, write
from tests.cli_cassette.support import SECRETS, leaky, run

ROOT = Path(__file__).resolve().parents[2]


def test_our_own_cassettes_have_no_problem() -> None:
    result = run("check", ROOT / "cassettes")
    assert result.exit_code == 0
    assert "6 cassettes, 0 problems" in result.stdout


def test_secrets_are_told_by_their_place_and_never_shown(tmp_path: Path) -> None:
    result = run("check", write(tmp_path / "a.json", leaky()))
    assert result.exit_code == 1
    for place in (
        "interaction 1, URL: what looks like a Groq key",
        "request header Authorization: what looks like a Groq key",
        "request header X-Api-Key: a header whose values are secret",
        "request body: a secret field",
        "response header Set-Cookie: a header whose values are secret",
        "response header openai-organization: a header whose values are secret",
        "response header x-echo: what looks like a Groq key",
        "response body, choices[0].message.content: what looks like an API key",
    ):
        assert place in result.stdout, place
    for secret in SECRETS:
        assert secret not in result.stdout


@pytest.mark.parametrize(
    "value",
    ["Bearer REDACTED", "[hidden]", "Bearer test-key", "<API_KEY>", "***", "", "DUMMY", "XXXXXX"],
)
def test_a_secret_that_was_taken_out_is_no_problem(tmp_path: Path, value: str) -> None:
    recorded = interaction(chat("q"), "a")
    recorded["request"]["headers"]["authorization"] = [value]
    result = run("check", write(tmp_path / "a.json", recorded))
    assert (result.exit_code, result.stdout) == (0, "1 cassette, 0 problems\n")


def _add_protocol(tree: dict[str, Any]) -> None:
    tree["interactions"][0]["request"]["protocol"] = "HTTP/1.1"


def _drop_headers(tree: dict[str, Any]) -> None:
    del tree["interactions"][0]["request"]["headers"]


def _parse_body(tree: dict[str, Any]) -> None:
    response = tree["interactions"][0]["response"]
    response["parsed_body"] = json.loads(response.pop("body")["string"])


DRIFTS: dict[str, Callable[[dict[str, Any]], object]] = {
    "no 'version: 1' at the top": lambda tree: tree.pop("version"),
    "'metadata' at the top": lambda tree: tree.update(metadata={}),
    "interaction 1: 'protocol' in the request, which stops vcrpy": _add_protocol,
    "interaction 1: no 'headers' in the request, which stops vcrpy": _drop_headers,
    "interaction 1: no 'body' in the response": _parse_body,
    "no 'interactions' at the top": lambda tree: tree.update(tree.pop("interactions")[0]),
}


@pytest.mark.parametrize("words", DRIFTS)
def test_drift_from_version_1_is_a_problem(tmp_path: Path, words: str) -> None:
    tree: dict[str, Any] = {"version": 1, "interactions": [interaction(chat("q"), "a")]}
    DRIFTS[words](tree)
    path = tmp_path / "a.json"
    path.write_text(json.dumps(tree))
    result = run("check", path)
    assert result.exit_code == 1
    assert f"{path}: drift: {words}" in result.stdout
    assert "1 cassette, 1 problem\n" in result.stdout


def test_a_python_tag_is_drift(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_text(
        "version: 1\ninteractions:\n- request:\n    method: POST\n    uri: http://a/\n"
        "    body: ''\n    headers:\n"
        "      ? !!python/object/apply:multidict._multidict.istr\n      - Accept\n      : [a]\n"
        "  response:\n    status: {code: 200, message: OK}\n    headers: {}\n"
        "    body: {string: ''}\n"
    )
    result = run("check", path)
    assert "drift: a Python tag, which vcrpy refuses" in result.stdout
    assert "1 problem\n" in result.stdout


def test_half_a_surrogate_pair_is_no_problem(tmp_path: Path) -> None:
    path = write(tmp_path / "a.json", interaction(chat("q"), "a"))
    path.write_text(path.read_text().replace('"OK"', '"OK \\ud83d"'))
    assert run("check", path).stdout == "1 cassette, 0 problems\n"


def test_damage_does_not_stop_the_others(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text('{"version": 1, "interactions": [')
    write(tmp_path / "b.json", leaky())
    (tmp_path / "settings.yaml").write_text("no: cassette\n")
    result = run("check", tmp_path)
    assert result.exit_code == 1
    assert "a.json: damage: " in result.stdout
    assert "b.json: secret: " in result.stdout
    assert "2 cassettes" in result.stdout


def test_a_cassette_that_no_test_names_is_an_orphan(tmp_path: Path) -> None:
    (tmp_path / "test_chat.py").write_text(
        "async def test_kept(): ...\nclass TestA:\n    def test_inside(self): ...\n"
    )
    folder = tmp_path / "cassettes"
    for name in (
        "test_chat/test_kept.json",
        "test_chat/test_kept[a.b-1].json",
        "test_chat/TestA.test_inside.json",
        "test_chat/test_gone.json",
        "test_gone/test_kept.json",
        "shared.json",
    ):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        write(folder / name, interaction(chat("q"), "a"))
    result = run("check", folder)
    orphans = [line for line in result.stdout.splitlines() if "orphan" in line]
    assert [line.split(": ", 1)[1] for line in orphans] == [
        "orphan: no test uses it: test_chat.py has no test_gone",
        "orphan: no test uses it: there is no test_gone.py beside the folder 'cassettes'",
    ]


def test_a_path_with_nothing_to_check_is_an_error(tmp_path: Path) -> None:
    assert run("check", tmp_path).exit_code == 1
    assert "There is no cassette in the folder" in run("check", tmp_path).stderr
    missing = run("check", tmp_path / "missing.json")
    assert missing.exit_code == 1
    assert "There is no cassette at" in missing.stdout
    assert run("check").exit_code == 2
