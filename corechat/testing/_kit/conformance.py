"""TransportConformance: the promises as tests, for whoever writes a transport."""

import unittest
from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar

from corechat.plugins._named import find_backend
from corechat.testing._kit.expectations import PromiseBroken
from corechat.testing._kit.promise import Promise
from corechat.testing._kit.promises import PROMISES
from corechat.testing._kit.report import Verdict
from corechat.testing._kit.runner import by_promise, check, declared_by, first_call
from corechat.transport import Transport, TransportFactory, TransportOptions

if TYPE_CHECKING:
    import pytest


class TransportConformance:
    """Check every promise of the transport contract: a test class with one test for each.

    A subclass in a test module names its backend, or makes the transport itself::

        class TestMine(TransportConformance):
            backend = "mine"

    pytest runs one test a promise. A promise that does not apply is a skipped test that gives the
    reason. Before the first one a plain call is made; where that fails, so does this test, with the
    call's traceback, and the others are skipped.

    Attributes:
        backend: the name of the backend, if `make_transport` is not overridden.
        not_applicable: id or pattern to the reason why those promises do not apply.
    """

    backend: ClassVar[str | None] = None
    not_applicable: ClassVar[Mapping[str, str]] = {}

    def make_transport(self, options: TransportOptions) -> Transport:
        """Make the transport whose promises are checked, from what the core would tell it."""
        raise NotImplementedError(
            f"{type(self).__name__} needs a backend, or a method make_transport(self, options)."
        )

    def _factory(self) -> TransportFactory:
        return self.make_transport if self.backend is None else find_backend(self.backend)

    def pytest_generate_tests(self, metafunc: "pytest.Metafunc") -> None:
        """Parametrize a test with all promises; pytest calls it."""
        if "promise" in metafunc.fixturenames:
            metafunc.parametrize("promise", PROMISES, ids=[promise.id for promise in PROMISES])

    def test_promise(self, promise: Promise) -> None:
        """Check one promise; raise `PromiseBroken`, or SkipTest where it does not apply."""
        __tracebackhide__ = True
        factory = self._factory()
        reasons = {**declared_by(factory), **self.not_applicable}
        if promise.id not in by_promise(reasons):
            self._check_first_call(factory)
        result = check(promise, factory, reasons)
        if result.verdict is Verdict.NOT_APPLICABLE:
            raise unittest.SkipTest(f"n/a: {result.detail}")
        if result.verdict is Verdict.BROKEN:
            raise PromiseBroken(f"{result.detail}. Promised ({promise.id}): {promise.sentence}")

    @classmethod
    def _check_first_call(cls, factory: TransportFactory) -> None:
        """Make a plain call once a class; its failure is the failure of one test."""
        __tracebackhide__ = True
        if "_first_call_failed" not in vars(cls):
            error = first_call(factory)
            cls._first_call_failed = error is not None
            if error is not None:
                raise error
        if cls._first_call_failed:
            raise unittest.SkipTest("a plain call fails: see the first test that failed")

    _first_call_failed: ClassVar[bool]
