"""``corechat conformance``: a table, an exit code, JSON."""

import json

import pytest

pytest.importorskip("click", reason="corechat[cli] is not installed")
pytest.importorskip("rich", reason="corechat[cli] is not installed")


from corechat._cli.conformance import conformance
from tests.cli.support import runner
from tests.conformance.mutants import AddsFields


def test_a_backend_that_keeps_its_promises_ends_with_0_and_a_table() -> None:
    result = runner().invoke(conformance, ["httpx", "--only", "request.h*"])
    assert result.exit_code == 0, result.output
    assert "request.host" in result.output
    assert "httpx: 3 kept, 0 broken, 0 n/a" in result.output


def test_json_goes_to_standard_output_alone() -> None:
    result = runner().invoke(conformance, ["httpx", "--only", "request.host", "--json"])
    document = json.loads(result.stdout)
    assert (document["name"], document["kept"], document["broken"]) == ("httpx", 1, 0)


def test_a_broken_promise_ends_with_1_and_the_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("corechat.testing._kit.runner.find_backend", lambda _: AddsFields)
    result = runner().invoke(conformance, ["mine", "--only", "request.*", "--broken"])
    assert result.exit_code == 1
    assert "added x-library" in result.output
    assert "request.host" not in result.output


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["htpx"], "Did you mean 'httpx'?"),
        (["httpx", "--only", "dedline.*"], "No promise matches 'dedline.*'"),
    ],
)
def test_a_wrong_word_ends_with_1_and_the_nearest_right_one(
    arguments: list[str], words: str
) -> None:
    result = runner().invoke(conformance, arguments)
    assert result.exit_code == 1
    assert words in result.stderr
    assert "Traceback" not in result.stderr
