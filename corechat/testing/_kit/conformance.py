"""TransportConformance: the promises as tests, for whoever writes a transport."""

import unittest
from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar

from corechat.plugins._named import find_backend
from corechat.testing._kit.expectations import PromiseBroken
from corechat.testing._kit.promise import Promise
from corechat.testing._kit.promises import PROMISES
from corechat.testing._kit.report import Verdict
from corechat.testing._kit.runner import check, declared_by
from corechat.transport import Transport, TransportFactory, TransportOptions

if TYPE_CHECKING:
    import pytest


class TransportConformance:
    """A test class that checks every promise of the transport contract, one test each.

    A subclass in a test module names its backend, or makes the transport itself::

        class TestMine(TransportConformance):
            backend = "mine"

    pytest runs one test a promise. A promise that does not apply is a skipped test that gives the
    reason.

    Attributes:
        backend: the name of the backend, if `make_transport` is not overridden.
        not_applicable: id or pattern to the reason why those promises do not apply.
    """

    backend: ClassVar[str | None] = None
    not_applicable: ClassVar[Mapping[str, str]] = {}

    def make_transport(self, options: TransportOptions) -> Transport:
        """Make the transport whose promises are checked.

        Args:
            options: what the core would tell it.
        """
        raise NotImplementedError(
            f"{type(self).__name__} needs a backend, or a method make_transport(self, options)."
        )

    def _factory(self) -> TransportFactory:
        return self.make_transport if self.backend is None else find_backend(self.backend)

    def pytest_generate_tests(self, metafunc: "pytest.Metafunc") -> None:
        """Parametrize a test with all promises.

        Args:
            metafunc: pytest's description of the test function.
        """
        if "promise" in metafunc.fixturenames:
            metafunc.parametrize("promise", PROMISES, ids=[promise.id for promise in PROMISES])

    def test_promise(self, promise: Promise) -> None:
        """Check one promise.

        Args:
            promise: which.

        Raises:
            PromiseBroken: the transport does not keep it.
            unittest.SkipTest: it does not apply; pytest shows the reason.
        """
        __tracebackhide__ = True
        factory = self._factory()
        result = check(promise, factory, {**declared_by(factory), **self.not_applicable})
        if result.verdict is Verdict.NOT_APPLICABLE:
            raise unittest.SkipTest(f"n/a: {result.detail}")
        if result.verdict is Verdict.BROKEN:
            raise PromiseBroken(f"{result.detail}. Promised ({promise.id}): {promise.sentence}")
