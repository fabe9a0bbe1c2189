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
from corechat.transport._deadline import Deadline
from corechat.transport._factory import check_pool, conformance_exceptions, needs
from corechat.transport._failures import (
    ConnectionFailure,
    TimeoutFailure,
    TooLargeFailure,
    TransportFailure,
)
from corechat.transport._process import PerProcess, ProcessLock

if TYPE_CHECKING:
    from corechat.transport import reasons
    from corechat.transport._exchange import Exchange
    from corechat.transport._pool import Connection, PooledTransport
    from corechat.transport._sockets import ExchangeSocket, SocketConnection, resolve
    from corechat.transport._tls import shared_context

__all__ = [
    "KIB",
    "MIB",
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
    "check_pool",
    "conformance_exceptions",
    "needs",
    "reasons",
    "resolve",
    "shared_context",
]

_LATE = {
    "Connection": "_pool",
    "Exchange": "_exchange",
    "ExchangeSocket": "_sockets",
    "PooledTransport": "_pool",
    "SocketConnection": "_sockets",
    "resolve": "_sockets",
    "shared_context": "_tls",
}
"""What loads libraries that only a live transport needs: imported at its first use."""


def __getattr__(name: str) -> object:
    if name not in _LATE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_LATE[name]}"), name)
