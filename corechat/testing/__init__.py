"""Tools for tests: answers written by hand; and for transports the conformance kit, its server."""

from importlib import import_module
from typing import TYPE_CHECKING

from corechat.testing._fake import Answer, FakeTransport, error_response, tool_call

if TYPE_CHECKING:
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
    "Answer",
    "Connection",
    "FakeTransport",
    "LoopbackServer",
    "Promise",
    "PromiseBroken",
    "ReceivedRequest",
    "Report",
    "Result",
    "Script",
    "TransportConformance",
    "Verdict",
    "error_response",
    "run_conformance",
    "tool_call",
]

_KIT = {
    "PROMISES": "promises",
    "Connection": "connection",
    "LoopbackServer": "server",
    "Promise": "promise",
    "PromiseBroken": "expectations",
    "ReceivedRequest": "connection",
    "Report": "report",
    "Result": "report",
    "Script": "server",
    "TransportConformance": "conformance",
    "Verdict": "report",
    "run_conformance": "runner",
}
"""The kit, which only the author of a transport needs: imported at its first use."""


def __getattr__(name: str) -> object:
    if name not in _KIT:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}._kit.{_KIT[name]}"), name)
