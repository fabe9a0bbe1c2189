"""The kit itself: what it reports, what it refuses, and how it is used."""

import json
import subprocess
import sys
import threading
import time
import unittest
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from corechat.errors import ConfigurationError
from corechat.testing import PROMISES, TransportConformance, Verdict, run_conformance
from corechat.testing._kit import runner as runner_module
from corechat.testing._kit.harness import BODY
from corechat.testing._kit.runner import check, select
from corechat.transport import (
    ConnectionFailure,
    Deadline,
    HttpRequest,
    HttpResponse,
    Transport,
    TransportFactory,
    TransportFailure,
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
    keys = ["id", "sentence", "verdict", "detail", "cause", "seconds"]
    assert list(document["promises"][0]) == keys


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


class Hangs(ReferenceTransport):
    """Hangs on every call, or on all but those with a body of the first call's length."""

    released = threading.Event()
    also_at_first = False

    def send(self, request: HttpRequest, deadline: Deadline) -> HttpResponse:
        if self.also_at_first or request.body != BODY:
            self.released.wait(30)
        return super().send(request, deadline)


class HangsAtFirst(Hangs):
    also_at_first = True


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Give a check little time, and free what hangs."""
    monkeypatch.setattr(runner_module, "_BOUND", 0.5)
    monkeypatch.setattr(runner_module, "_FREED", 0.1)
    Hangs.released.clear()
    yield
    Hangs.released.set()


@pytest.mark.usefixtures("impatient")
def test_a_transport_that_hangs_does_not_hang_the_kit() -> None:
    start = time.monotonic()
    report = run_conformance(Hangs, only="request.empty-body")
    assert time.monotonic() - start < 10
    assert [result.detail for result in report.broken] == ["did not end within 0.5 s"]


@pytest.mark.usefixtures("impatient")
def test_a_first_call_that_hangs_shows_where() -> None:
    report = run_conformance(HangsAtFirst, only="request.host")
    assert report.results == ()
    assert "did not end within 0.5 s\nIt hung here:\n" in report.first_call
    assert "self.released.wait(30)" in report.first_call
    assert "Connections at the server: 0." in report.first_call


def broken_factory(_: TransportOptions) -> Transport:
    raise RuntimeError("not made")


def test_a_first_call_that_fails_stops_the_kit_with_the_traceback_from_the_transport_on() -> None:
    class Mistaken(ReferenceTransport):
        def send(self, request: HttpRequest, deadline: Deadline) -> HttpResponse:
            response = super().send(request, deadline)
            return response.no_such_attribute  # type: ignore[attr-defined,no-any-return]

    told: list[str] = []
    report = run_conformance(Mistaken, on_result=lambda result: told.append(result.id))
    assert (report.ok, report.results, told) == (False, (), [])
    first, second, *_ = report.first_call.splitlines()
    assert first == "Traceback (most recent call last):"
    assert f'File "{__file__}"' in second
    assert "return response.no_such_attribute" in report.first_call
    assert "PromiseBroken: raised AttributeError(" in report.first_call
    assert "Connections at the server: 1. Requests there: ['POST /openai" in report.first_call
    assert "_kit/" not in report.first_call
    assert json.loads(report.to_json())["first_call"] == report.first_call


class ReturnsNothing(ReferenceTransport):
    def send(self, *_: object) -> None:  # type: ignore[override]
        return None


class SaysNoContent(ReferenceTransport):
    def send(self, request: HttpRequest, deadline: Deadline) -> HttpResponse:
        return replace(super().send(request, deadline), status=204)


@pytest.mark.parametrize(
    ("transport", "words"),
    [
        (broken_factory, "RuntimeError: not made"),
        (ReturnsNothing, "send returned a NoneType, not an HttpResponse"),
        (SaysNoContent, "answer to a plain POST: (204, b'"),
    ],
)
def test_a_first_call_ends_in_many_ways(transport: TransportFactory, words: str) -> None:
    report = run_conformance(transport, only="request.host")
    assert words in report.first_call
    assert not report.ok


def test_where_nothing_applies_a_first_call_is_not_made() -> None:
    reasons = {"request.*": "it sends nothing"}
    report = run_conformance(broken_factory, only="request.*", not_applicable=reasons)
    assert report.ok
    assert report.count(Verdict.NOT_APPLICABLE) == len(report.results) > 10


def test_equal_causes_are_grouped_the_most_frequent_first() -> None:
    class SaysSent(ReferenceTransport):
        def send(self, request: HttpRequest, deadline: Deadline) -> HttpResponse:
            try:
                return super().send(request, deadline)
            except TransportFailure as error:
                error.sent, failure = True, error
            raise failure

    causes = run_conformance(SaysSent, only="failure.*").causes
    (cause, results), *others = causes.items()
    assert cause == "sent is True, not False"
    ids = ("failure.refused", "failure.unresolvable", "failure.impossible-host")
    assert tuple(result.id for result in results) == ids
    assert others == []


def test_a_close_that_raises_is_a_broken_promise() -> None:
    class Closes(ReferenceTransport):
        def close(self) -> None:
            super().close()
            raise RuntimeError("closing")

    report = run_conformance(Closes, only="closing.unused")
    assert (
        report.first_call.rstrip().partition("\nThe above")[0].count("RuntimeError: closing") == 1
    )
    assert "close() raised RuntimeError('closing')" in report.first_call


def run_pytest(folder: Path, source: str, *options: str) -> str:
    """Run a test module that fails, in a process of its own, and return what pytest says."""
    file = folder / "test_mutant.py"
    file.write_text(source, encoding="utf-8")
    settings = folder / "pytest.ini"
    settings.write_text("[pytest]\n", encoding="utf-8")
    command = [sys.executable, "-m", "pytest", *options, "-p", "no:cacheprovider"]
    done = subprocess.run(  # noqa: S603 - our own command
        [*command, f"--rootdir={folder}", "-c", str(settings), str(file)],
        cwd=Path(__file__).resolve().parents[2],
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert done.returncode == 1, done.stdout + done.stderr
    return done.stdout


def test_pytest_runs_one_test_a_promise_and_shows_reasons(tmp_path: Path) -> None:
    done = run_pytest(tmp_path, SUITE, "-rs", "-k", "request")
    assert "n/a: for the sake of an example" in done
    assert "test_promise[request.adds-nothing]" in done
    assert "added x-library. Promised (request.adds-nothing): Adds" in done
    counts = pytest.RunResult.parse_summary_nouns(done.splitlines())
    assert (counts["failed"], counts["skipped"]) == (1, 2)


BROKEN = """
from corechat.testing import TransportConformance

class Mistaken:
    def send(self, request, deadline):
        return request.no_such_attribute

    def close(self):
        pass

class TestMistaken(TransportConformance):
    not_applicable = {"tls.*": "for the sake of an example"}

    def make_transport(self, options):
        return Mistaken()
"""


def test_in_pytest_one_test_fails_where_the_first_call_does_and_shows_the_line(
    tmp_path: Path,
) -> None:
    done = run_pytest(tmp_path, BROKEN, "-rs")
    assert "return request.no_such_attribute" in done
    assert "Connections at the server: 0" in done
    assert "harness.py" not in done
    assert "a plain call fails: see the first test that failed" in done
    counts = pytest.RunResult.parse_summary_nouns(done.splitlines())
    assert counts == {"failed": 1, "skipped": len(PROMISES) - 1}


def test_whichever_promise_comes_first_in_a_class_tells_of_the_first_call() -> None:
    class Suite(TransportConformance):
        def make_transport(self, options: TransportOptions) -> Transport:
            return broken_factory(options)

    class Another(Suite):
        pass

    for suite in (Suite(), Another()):
        with pytest.raises(RuntimeError, match="not made"):
            suite.test_promise(PROMISES[100])
        with pytest.raises(unittest.SkipTest, match="a plain call fails"):
            suite.test_promise(PROMISES[0])


def test_the_kit_needs_no_pytest() -> None:
    program = "import sys, corechat.testing; sys.exit('pytest' in sys.modules)"
    subprocess.run([sys.executable, "-c", program], check=True, timeout=60)  # noqa: S603 - our own program


def test_a_broken_promise_tells_its_cause_first() -> None:
    class ConnectionsOnly(ReferenceTransport):
        def send(self, *_: object) -> HttpResponse:
            raise ConnectionFailure("cut off", status=500)

    def details(only: str, factory: TransportFactory) -> str:
        return check(select(only)[0], factory).detail

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
