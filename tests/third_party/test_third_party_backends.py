"""Backends over libraries that the docs do not show are short, and keep what they do not declare."""

from pathlib import Path

import pytest

from corechat.testing import PROMISES, TransportConformance
from corechat.testing._kit.runner import select
from corechat.transport import Transport, TransportFactory, TransportOptions

pytest.importorskip("pycurl", reason="pycurl is not installed")

from tests.third_party import corechat_pycurl, corechat_urllib3
from tests.third_party.corechat_pycurl import PycurlTransport
from tests.third_party.corechat_urllib3 import Urllib3Transport


class TestPycurl(TransportConformance):
    not_applicable = PycurlTransport.conformance_exceptions

    def make_transport(self, options: TransportOptions) -> Transport:
        return PycurlTransport(options)


class TestUrllib3(TransportConformance):
    not_applicable = Urllib3Transport.conformance_exceptions

    def make_transport(self, options: TransportOptions) -> Transport:
        return Urllib3Transport(options)


@pytest.mark.parametrize(
    ("factory", "kept"), [(PycurlTransport, 205), (Urllib3Transport, 200)], ids=["pycurl", "urllib3"]
)
def test_few_promises_are_declared_as_not_kept(factory: TransportFactory, kept: int) -> None:
    patterns: dict[str, str] = getattr(factory, "conformance_exceptions")  # noqa: B009 - set by a decorator
    declared = {promise.id for pattern in patterns for promise in select(pattern)}
    assert len(PROMISES) - len(declared) >= kept


@pytest.mark.source_tree
@pytest.mark.parametrize(("module", "lines"), [(corechat_pycurl, 95), (corechat_urllib3, 131)])
def test_a_backend_is_short(module: object, lines: int) -> None:
    file = str(getattr(module, "__file__", ""))
    assert len(Path(file).read_text("utf-8").splitlines()) <= lines
