"""A transport that breaks a promise on purpose turns the kit red, there and nowhere else.

Each mutant is put to the promises of its field and to a set of bystanders. The slow ones are named
one by one, since a broken deadline costs seconds each time.
"""

from typing import NamedTuple

import pytest

from corechat.testing import PROMISES
from corechat.testing._kit.report import Verdict
from corechat.testing._kit.runner import check, select
from tests.conformance import mutants
from tests.conformance.reference import ReferenceTransport

pytestmark = pytest.mark.slow

BYSTANDERS = ("request.*", "framing.*", "response.chunk*", "failure.closed*")


class Case(NamedTuple):
    mutant: type[ReferenceTransport]
    field: tuple[str, ...]
    breaks: tuple[str, ...]


CASES = [
    Case(
        mutants.AddsFields,
        (),
        ("request.adds-nothing",),
    ),
    Case(
        mutants.ConnectsWithoutABound,
        ("deadline.connect", "proxy.*"),
        ("proxy.tunnel-silent",),
    ),
    Case(
        mutants.FollowsRedirects,
        ("once.*",),
        ("once.redirect-307", "once.redirect-308"),
    ),
    Case(
        mutants.IgnoresTheProxy,
        ("proxy.*", "environment.*"),
        (
            "proxy.absolute-form",
            "proxy.wins-over-environment",
            "proxy.credentials",
            "proxy.refused",
            "proxy.tunnel",
            "proxy.tunnel-refused",
            "proxy.tunnel-silent",
        ),
    ),
    Case(
        mutants.InflatesGzip,
        ("response.*", "bounds.*"),
        ("response.gzip-as-received", "response.damaged-gzip", "bounds.gzip-bomb-stays-packed"),
    ),
    Case(
        mutants.KeepsCookies,
        ("once.*",),
        ("once.cookies",),
    ),
    Case(
        mutants.KeepsFailedConnections,
        ("deadline.connection-is-dropped", "deadline.silent-server", "closing.drops-connections"),
        ("deadline.connection-is-dropped",),
    ),
    Case(
        mutants.KeepsOneValueAField,
        ("response.*",),
        ("response.repeated-headers",),
    ),
    Case(
        mutants.LetsForeignErrorsOut,
        ("failure.*",),
        (
            "failure.reset-in-body",
            "failure.short-body",
            "failure.no-body-at-all",
            "failure.error-cut",
            "failure.usable-afterwards",
            "framing.chunks-without-end",
            "framing.cut-chunk",
            "framing.cut-last-chunk",
            "framing.reset-in-chunks",
            "framing.chunk-size-garbage",
            "framing.chunk-size-negative",
            "framing.chunk-overrun",
            "framing.conflicting-lengths",
            "framing.negative-length",
            "framing.length-garbage",
        ),
    ),
    Case(
        mutants.LogsTheHeaders,
        ("secrecy.*",),
        ("secrecy.log", "secrecy.log-of-failures", "secrecy.log-of-echo"),
    ),
    Case(
        mutants.MixesThreadsUp,
        ("concurrency.own-answers", "concurrency.in-parallel"),
        ("concurrency.own-answers",),
    ),
    Case(
        mutants.NeverCloses,
        ("closing.*",),
        ("closing.drops-connections",),
    ),
    Case(
        mutants.NeverFinalizes,
        ("closing.*",),
        ("closing.forgotten", "closing.interpreter-exit"),
    ),
    Case(
        mutants.NeverSaysReused,
        ("reuse.*",),
        (
            "reuse.reset-as-the-next-goes-out",
            "reuse.closed-as-the-next-goes-out",
            "reuse.failure-on-a-used-connection",
        ),
    ),
    Case(
        mutants.NormalizesUrls,
        (),
        ("request.percent-encoding",),
    ),
    Case(
        mutants.OneCallAtATime,
        ("concurrency.own-answers", "concurrency.in-parallel"),
        ("concurrency.in-parallel",),
    ),
    Case(
        mutants.ReadsProxyVariables,
        ("environment.*", "proxy.*"),
        ("environment.proxy-variables",),
    ),
    Case(
        mutants.ReadsWithoutTheDeadline,
        ("deadline.silent-server", "deadline.head-drips", "deadline.body-drips"),
        ("deadline.head-drips", "deadline.body-drips"),
    ),
    Case(
        mutants.ReusesUnseen,
        ("reuse.*",),
        (
            "reuse.bytes-after-length",
            "reuse.bytes-after-chunks",
            "reuse.bytes-while-idle",
            "reuse.interim-while-idle",
            "reuse.bytes-after-no-content",
        ),
    ),
    Case(
        mutants.RunsALoop,
        ("event-loop.*",),
        (
            "event-loop.inside",
            "event-loop.two-loops",
            "event-loop.deadline",
            "event-loop.leaves-the-loop-alone",
        ),
    ),
    Case(
        mutants.SendsAgainAfterAFailure,
        ("once.*",),
        (
            "once.after-reset",
            "once.after-empty-reply",
            "once.after-cut-body",
            "once.get-after-reset",
            "once.after-refusal",
        ),
    ),
    Case(
        mutants.SendsChunks,
        (),
        (
            "request.adds-nothing",
            "request.content-length",
            "request.empty-body",
            "request.get",
            "request.slow-reader",
        ),
    ),
    Case(
        mutants.SharesSocketsWithChildren,
        ("fork.child", "fork.close-in-child"),
        ("fork.child",),
    ),
    Case(
        mutants.SwallowsCtrlC,
        ("interrupt.waiting", "interrupt.usable-afterwards"),
        ("interrupt.waiting",),
    ),
    Case(
        mutants.TakesAnyHead,
        ("bounds.head-*", "bounds.too-many-fields", "bounds.chunks-stopped"),
        ("bounds.head-just-over", "bounds.too-many-fields", "bounds.head-without-end"),
    ),
    Case(
        mutants.TakesInterimForAHead,
        ("failure.*", "deadline.interim-drips"),
        ("failure.interim-only", "deadline.interim-drips"),
    ),
    Case(
        mutants.TakesNetrc,
        ("environment.*",),
        ("environment.netrc",),
    ),
    Case(
        mutants.TakesShortBodies,
        ("failure.*", "tls.cut-body", "tls.round-trip"),
        (
            "failure.reset-in-body",
            "failure.short-body",
            "failure.no-body-at-all",
            "failure.error-cut",
            "failure.usable-afterwards",
            "tls.cut-body",
        ),
    ),
    Case(
        mutants.TellsTheKeyInFailures,
        ("secrecy.*",),
        ("secrecy.failure", "secrecy.failure-with-echo"),
    ),
    Case(
        mutants.TrustsAnyCertificate,
        ("tls.*",),
        ("tls.unknown-authority", "tls.other-name"),
    ),
]


@pytest.mark.parametrize("case", CASES, ids=[case.mutant.__name__ for case in CASES])
def test_a_mutant_breaks_its_own_promises_and_no_other(case: Case) -> None:
    chosen = {promise.id for pattern in (*case.field, *BYSTANDERS) for promise in select(pattern)}
    results = [check(promise, case.mutant) for promise in PROMISES if promise.id in chosen]
    broken = {result.id: result.detail for result in results if result.verdict is Verdict.BROKEN}
    assert sorted(broken) == sorted(case.breaks), broken


def test_at_least_ten_different_fields_have_a_mutant() -> None:
    fields = {promise.partition(".")[0] for case in CASES for promise in case.breaks}
    assert len(fields) >= 10, fields
