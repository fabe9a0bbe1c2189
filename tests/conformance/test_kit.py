"""The kit itself: what it reports, what it refuses, and how it is used."""

import json
import subprocess
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest

from corechat.errors import ConfigurationError
from corechat.testing import PROMISES, Verdict, run_conformance
from corechat.testing._kit import runner as runner_module
from corechat.transport import (
    ConnectionFailure,
    Deadline,
    HttpRequest,
    HttpResponse,
    Transport,
    TransportFactory,
    TransportOptions,
)
from tests.conformance.mutants import AddsFields
from tests.conformance.reference import ReferenceTransport, reference

SUITE = """
from corechat.testing import TransportConformance
from tests.conformance.mutants import AddsFields

class TestMutant(TransportConformance):
    not_applicable = {"request.body*": "for the sake of an example"}

    def make_transport(self, options):
        return AddsFields(options)
"""


def test_there_are_at_least_sixty_promises_each_with_an_id_and_a_sentence_of_its_own() -> None:
    assert len(PROMISES) >= 60
    assert len({promise.id for promise in PROMISES}) == len(PROMISES)
    assert len({promise.sentence for promise in PROMISES}) == len(PROMISES)
    assert all(promise.sentence.endswith(".") for promise in PROMISES)


def test_the_report_counts_and_names_what_was_kept_and_broken() -> None:
    report = run_conformance(AddsFields, only="request.*")
    assert not report.ok
    assert [result.id for result in report.broken] == ["request.adds-nothing"]
    assert "x-library" in report.broken[0].detail
    assert report.count(Verdict.KEPT) == len(report.results) - 1
    document = json.loads(report.to_json())
    assert (document["name"], document["broken"]) == ("AddsFields", 1)
    assert document["promises"][0].keys() == {"id", "sentence", "verdict", "detail", "seconds"}


def test_results_are_told_one_by_one() -> None:
    told: list[str] = []
    report = run_conformance(
        reference, only="request.h*", on_result=lambda result: told.append(result.id)
    )
    assert told == [result.id for result in report.results]
    assert len(told) > 1


def test_what_does_not_apply_is_shown_with_its_reason_and_not_run() -> None:
    reasons = {"request.adds-*": "the library cannot be told"}
    report = run_conformance(AddsFields, only="request.a*", not_applicable=reasons)
    assert report.ok
    assert [(r.verdict, r.detail) for r in report.results] == [
        (Verdict.NOT_APPLICABLE, "the library cannot be told")
    ]


def test_a_factory_declares_its_own_exceptions() -> None:
    class Declared(AddsFields):
        conformance_exceptions = {"request.adds-nothing": "the library cannot be told"}  # noqa: RUF012 - as a plugin's author may write it

    assert run_conformance(Declared, only="request.adds-nothing").ok


@pytest.mark.parametrize(
    ("reasons", "words"),
    [
        ({"request.nothing-adds": "why"}, "No promise matches 'request.nothing-adds'"),
        ({"request.*": "  "}, "Say why 'request.*' does not apply"),
    ],
)
def test_an_exception_must_match_a_promise_and_have_a_reason(
    reasons: dict[str, str], words: str
) -> None:
    with pytest.raises(ConfigurationError) as caught:
        run_conformance(reference, only="request.host", not_applicable=reasons)
    assert words in caught.value.message


def test_a_misspelt_pattern_names_the_nearest_promise_and_the_themes() -> None:
    with pytest.raises(ConfigurationError) as caught:
        run_conformance(reference, only="deadline.body-drip")
    assert "Did you mean 'deadline.body-drips'?" in caught.value.message
    assert "framing.*" in caught.value.message


def test_a_transport_that_hangs_does_not_hang_the_kit(monkeypatch: pytest.MonkeyPatch) -> None:
    released = threading.Event()

    class Hangs(ReferenceTransport):
        def send(self, request: HttpRequest, deadline: Deadline) -> HttpResponse:
            released.wait(30)
            return super().send(request, deadline)

    monkeypatch.setattr(runner_module, "_BOUND", 0.3)
    monkeypatch.setattr(runner_module, "_FREED", 0.1)
    start = time.monotonic()
    report = run_conformance(Hangs, only="request.host")
    released.set()
    assert time.monotonic() - start < 10
    assert [result.detail for result in report.broken] == ["did not end within 0.3 s"]


def test_a_factory_that_raises_breaks_promises_and_not_the_kit() -> None:
    def broken(options: TransportOptions) -> Transport:
        raise RuntimeError(f"no {options!r}"[:10])

    report = run_conformance(broken, only="request.host")
    assert "raised RuntimeError" in report.broken[0].detail


def test_a_close_that_raises_is_a_broken_promise() -> None:
    class Closes(ReferenceTransport):
        def close(self) -> None:
            super().close()
            raise RuntimeError("closing")

    report = run_conformance(Closes, only="closing.unused")
    assert "closing" in report.broken[0].detail


def test_pytest_runs_one_test_a_promise_and_shows_reasons(tmp_path: Path) -> None:
    file = tmp_path / "test_mutant.py"
    file.write_text(SUITE, encoding="utf-8")
    settings = tmp_path / "pytest.ini"
    settings.write_text("[pytest]\n", encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "-rs", "-k", "request", "-p", "no:cacheprovider"]
    done = subprocess.run(  # noqa: S603 - our own command
        [*command, f"--rootdir={tmp_path}", "-c", str(settings), str(file)],
        cwd=Path(__file__).resolve().parents[2],
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert done.returncode == 1, done.stdout + done.stderr
    assert "n/a: for the sake of an example" in done.stdout
    assert "test_promise[request.adds-nothing]" in done.stdout
    assert "added x-library. Promised (request.adds-nothing): Adds" in done.stdout
    counts = pytest.RunResult.parse_summary_nouns(done.stdout.splitlines())
    assert (counts["failed"], counts["skipped"]) == (1, 2)


def test_the_kit_needs_no_pytest() -> None:
    program = "import sys, corechat.testing; sys.exit('pytest' in sys.modules)"
    subprocess.run([sys.executable, "-c", program], check=True, timeout=60)  # noqa: S603 - our own program


def test_a_broken_promise_tells_its_cause_first() -> None:
    class ConnectionsOnly(ReferenceTransport):
        def send(self, *_: object) -> HttpResponse:
            raise ConnectionFailure("cut off", status=500)

    def details(only: str, factory: TransportFactory) -> str:
        return run_conformance(factory, only=only).broken[0].detail

    failed = details("request.host", ConnectionsOnly)
    assert failed.startswith("ConnectionFailure('cut off', status=500")
    assert failed.endswith("in place of a response")
    other_kind = details("deadline.silent-server", ConnectionsOnly)
    assert other_kind.endswith("in place of a TimeoutFailure")
    wrong_flag = details("failure.closed-at-once", ConnectionsOnly)
    assert wrong_flag.startswith("status is 500, not None, in ConnectionFailure(")
    answered = details("bounds.over-by-one", _without_bounds)
    assert answered.startswith("a response of status 200 and 102401 bytes in place of a Too")


def _without_bounds(options: TransportOptions) -> Transport:
    return ReferenceTransport(replace(options, max_body_bytes=10**9))
