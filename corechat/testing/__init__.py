"""Tools for those who write transports and tests: the conformance kit and its loopback server."""

from corechat.testing._kit.conformance import TransportConformance
from corechat.testing._kit.connection import Connection, ReceivedRequest
from corechat.testing._kit.expectations import PromiseBroken
from corechat.testing._kit.promise import Promise
from corechat.testing._kit.promises import PROMISES
from corechat.testing._kit.report import Report, Result, Verdict
from corechat.testing._kit.runner import run_conformance
from corechat.testing._kit.server import LoopbackServer, Script

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
