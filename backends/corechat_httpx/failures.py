"""What the engine raises, as the three failures of the contract."""

from typing import TypedDict

from corechat.transport import (
    ConnectionFailure,
    TimeoutFailure,
    TooLargeFailure,
    TransportFailure,
    TransportOptions,
)
from corechat_httpx.call_state import CallState
from corechat_httpx.engine import Engine
from corechat_httpx.response_head import BrokenResponseError
from corechat_httpx.response_reader import HeadTooLargeError

_PROTOCOLS = frozenset({"h11", "h2", "hpack", "hyperframe", "socksio"})
"""Libraries below the engine, which lets some of their exceptions pass."""


def failure_from(
    error: Exception, engine: Engine, state: CallState, options: TransportOptions
) -> TransportFailure | None:
    """Turn an exception into a failure.

    Args:
        error: what was raised.
        engine: httpcore or httpcore2.
        state: of the call.
        options: where the bounds stand.

    Returns:
        The failure; None for an exception that does not speak of the network or the peer.
    """
    words = str(error).rstrip(".") or type(error).__name__
    if isinstance(error, HeadTooLargeError):
        limit = options.max_header_bytes
        return TooLargeFailure(f"the response head is over {limit} bytes", limit=limit)
    if isinstance(error, engine.ConnectError | engine.ProxyError | engine.UnsupportedProtocol):
        return ConnectionFailure(f"connecting failed: {words}", sent=False)
    if isinstance(error, engine.ConnectTimeout):
        return TimeoutFailure("connecting took too long", sent=False)
    if isinstance(error, engine.PoolTimeout):
        return TimeoutFailure("no connection became free: raise max_connections", sent=False)
    if isinstance(error, engine.TimeoutException):
        words = words if "deadline" in words else "the deadline passed"
        failure: TransportFailure = TimeoutFailure(words, **_flags(state))
    elif isinstance(error, engine.NetworkError | BrokenResponseError):
        failure = ConnectionFailure(words, **_flags(state))
    elif _is_of_protocol(error, engine):
        words = words.partition(":")[0]  # what follows repeats the server, and perhaps the key
        failure = ConnectionFailure(words, **_flags(state))
    else:
        return None
    if state.headers is not None:
        failure.heed(state.headers)
    return failure


class _Flags(TypedDict):
    status: int | None
    bytes_received: bool
    reused: bool
    sent: bool


def _flags(state: CallState) -> _Flags:
    return {
        "status": state.status,
        "bytes_received": state.bytes_received,
        "reused": state.reused,
        "sent": state.sent,
    }


def _is_of_protocol(error: Exception, engine: Engine) -> bool:
    below = type(error).__module__.partition(".")[0]
    return isinstance(error, engine.ProtocolError) or below in _PROTOCOLS
