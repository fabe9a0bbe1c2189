"""All that the author of a transport imports: the contract, the failures, the common parts."""

from importlib import import_module
from typing import TYPE_CHECKING

from corechat._http.messages import Headers, HttpRequest, HttpResponse
from corechat.transport._contract import (
    KIB,
    MIB,
    Transport,
    TransportFactory,
    TransportOptions,
)
from corechat.transport._deadline import LONGEST, Deadline
from corechat.transport._factory import conformance_exceptions, needs
from corechat.transport._failures import (
    ConnectionFailure,
    TimeoutFailure,
    TooLargeFailure,
    TransportFailure,
)
from corechat.transport._process import PerProcess, ProcessLock

if TYPE_CHECKING:
    from corechat.transport import _reasons as reasons
    from corechat.transport._exchange import Exchange, header_text
    from corechat.transport._pool import Pool, is_quiet
    from corechat.transport._resolving import connect, look_up, resolve
    from corechat.transport._socket import ExchangeSocket
    from corechat.transport._tls import shared_context

__all__ = [
    "KIB",
    "LONGEST",
    "MIB",
    "ConnectionFailure",
    "Deadline",
    "Exchange",
    "ExchangeSocket",
    "Headers",
    "HttpRequest",
    "HttpResponse",
    "PerProcess",
    "Pool",
    "ProcessLock",
    "TimeoutFailure",
    "TooLargeFailure",
    "Transport",
    "TransportFactory",
    "TransportFailure",
    "TransportOptions",
    "conformance_exceptions",
    "connect",
    "header_text",
    "is_quiet",
    "look_up",
    "needs",
    "reasons",
    "resolve",
    "shared_context",
]

_LATE = {
    "Exchange": "_exchange",
    "ExchangeSocket": "_socket",
    "Pool": "_pool",
    "connect": "_resolving",
    "header_text": "_exchange",
    "is_quiet": "_pool",
    "look_up": "_resolving",
    "reasons": "",
    "resolve": "_resolving",
    "shared_context": "_tls",
}
"""What loads libraries that only a live transport needs: imported at its first use."""


def __getattr__(name: str) -> object:
    if name not in _LATE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module = import_module(f"{__name__}.{_LATE[name] or f'_{name}'}")
    return getattr(module, name) if _LATE[name] else module
