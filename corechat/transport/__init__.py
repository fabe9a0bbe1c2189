"""All that the author of a transport imports: the contract, the failures, the common parts."""

from importlib import import_module
from typing import TYPE_CHECKING

from corechat._http.messages import Headers, HttpRequest, HttpResponse
from corechat.transport._body import BodyBuffer
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
    from corechat.transport._connection import Connection, PooledTransport
    from corechat.transport._exchange import Exchange
    from corechat.transport._resolving import resolve
    from corechat.transport._socket import (
        ExchangeSocket,
        SocketConnection,
        request_fields,
        request_target,
    )
    from corechat.transport._tls import shared_context

__all__ = [
    "KIB",
    "LONGEST",
    "MIB",
    "BodyBuffer",
    "Connection",
    "ConnectionFailure",
    "Deadline",
    "Exchange",
    "ExchangeSocket",
    "Headers",
    "HttpRequest",
    "HttpResponse",
    "PerProcess",
    "PooledTransport",
    "ProcessLock",
    "SocketConnection",
    "TimeoutFailure",
    "TooLargeFailure",
    "Transport",
    "TransportFactory",
    "TransportFailure",
    "TransportOptions",
    "conformance_exceptions",
    "needs",
    "reasons",
    "request_fields",
    "request_target",
    "resolve",
    "shared_context",
]

_LATE = {
    "Connection": "_connection",
    "Exchange": "_exchange",
    "ExchangeSocket": "_socket",
    "PooledTransport": "_connection",
    "SocketConnection": "_socket",
    "reasons": "",
    "request_fields": "_socket",
    "request_target": "_socket",
    "resolve": "_resolving",
    "shared_context": "_tls",
}
"""What loads libraries that only a live transport needs: imported at its first use."""


def __getattr__(name: str) -> object:
    if name not in _LATE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module = import_module(f"{__name__}.{_LATE[name] or f'_{name}'}")
    return getattr(module, name) if _LATE[name] else module
