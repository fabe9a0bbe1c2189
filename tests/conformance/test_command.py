"""``corechat conformance``: a table, an exit code, JSON."""

import json
import re

import pytest

pytest.importorskip("click", reason="corechat[cli] is not installed")
pytest.importorskip("rich", reason="corechat[cli] is not installed")


from corechat._cli.conformance import conformance
from corechat.transport import Transport, TransportOptions
from tests.cli.support import runner
from tests.conformance.mutants import AddsFields, NeverSaysReused


def test_a_backend_that_keeps_its_promises_ends_with_0_and_a_table() -> None:
    result = runner().invoke(conformance, ["httpx", "--only", "request.h*"])
    assert result.exit_code == 0, result.output
    assert "request.host" in result.output
    assert "httpx: 3 kept, 0 broken, 0 n/a" in result.output


def test_json_goes_to_standard_output_alone() -> None:
    result = runner().invoke(conformance, ["httpx", "--only", "request.host", "--json"])
    document = json.loads(result.stdout)
    assert (document["name"], document["kept"], document["broken"]) == ("httpx", 1, 0)


def test_in_a_pipe_each_promise_is_one_plain_line() -> None:
    result = runner().invoke(conformance, ["httpx", "--only", "request.h*"])
    first, second, _, counts = result.output.splitlines()
    assert first.startswith("kept   request.headers-once: Sends every header field exactly once")
    assert second == "kept   request.host: Sends one Host field with host and port."
    assert counts == "httpx: 3 kept, 0 broken, 0 n/a"


def test_a_terminal_shows_a_table(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "80")
    result = runner().invoke(conformance, ["httpx", "--only", "request.host"], color=True)
    table = re.sub(r"\x1b\[\S*?[a-zA-Z]", "", result.stdout).splitlines()
    assert "│ kept │ request.host │ Sends one Host field with host and port. │" in table
    assert max(map(len, table)) <= 80


def test_a_plain_call_that_fails_is_all_that_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_: TransportOptions) -> Transport:
        raise RuntimeError("not made\x1b[2J")

    monkeypatch.setattr("corechat.testing._kit.runner.find_backend", lambda _: broken)
    result = runner().invoke(conformance, ["mine"])
    assert result.exit_code == 1
    assert result.output.startswith("mine: a plain call fails, so no promise was checked.\n\n")
    assert "RuntimeError: not made\\x1b[2J" in result.output
    assert result.output.endswith("Connections at the server: 0. Requests there: [].\n")
    document = json.loads(runner().invoke(conformance, ["mine", "--json"]).stdout)
    assert "RuntimeError: not made" in document["first_call"]


def test_equal_causes_are_told_together_at_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("corechat.testing._kit.runner.find_backend", lambda _: NeverSaysReused)
    result = runner().invoke(conformance, ["mine", "--only", "reuse.*", "--broken"])
    *_, cause, counts = result.output.splitlines()
    assert cause == (
        "reused is False, not True: 3 promises (reuse.reset-as-the-next-goes-out, "
        "reuse.closed-as-the-next-goes-out, reuse.failure-on-a-used-connection)"
    )
    assert counts == "mine: 14 kept, 3 broken, 0 n/a"


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
