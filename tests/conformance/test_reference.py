"""The strict reference transport keeps every promise: so every promise can be kept."""

import pytest

from corechat.testing import TransportConformance
from corechat.transport import Transport, TransportOptions
from tests.conformance.reference import ReferenceTransport

pytestmark = pytest.mark.slow


class TestReference(TransportConformance):
    def make_transport(self, options: TransportOptions) -> Transport:
        return ReferenceTransport(options)
