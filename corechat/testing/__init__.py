"""Tools for those who write transports and tests: the conformance kit and its loopback server."""

from corechat.testing.conformance import TransportConformance
from corechat.testing.connection import Connection, ReceivedRequest
from corechat.testing.promise import Promise, PromiseBroken
from corechat.testing.promises import PROMISES
from corechat.testing.report import Report, Result, Verdict
from corechat.testing.runner import run_conformance
from corechat.testing.server import LoopbackServer, Script

__all__ = [
    "PROMISES",
    "Connection",
    "LoopbackServer",
    "Promise",
    "PromiseBroken",
    "ReceivedRequest",
    "Report",
    "Result",
    "Script",
    "TransportConformance",
    "Verdict",
    "run_conformance",
]
