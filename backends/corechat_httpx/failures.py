"""What the engine raises, as the three failures of the contract."""

from typing import TypedDict

from corechat._http.retry_after import read_retry_after, read_should_retry
from corechat.transport import (
    ConnectionFailure,
    TimeoutFailure,
    TooLargeFailure,
    TransportFailure,
    TransportOptions,
)
from corechat.transport._reasons import (
    CLOSED,
    CUT,
    late_to_answer,
    late_to_connect,
    lost,
    refusing_proxy,
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
    if isinstance(error, HeadTooLargeError):
        limit = options.max_header_bytes
        return TooLargeFailure(f"the response head is over {limit} bytes", limit=limit)
    if isinstance(error, engine.ConnectError | engine.UnsupportedProtocol | engine.ProxyError):
        is_proxy = isinstance(error, engine.ProxyError)
        return ConnectionFailure(_of_proxy(str(error)) if is_proxy else str(error), sent=False)
    if isinstance(error, engine.ConnectTimeout | engine.PoolTimeout):
        is_pool = isinstance(error, engine.PoolTimeout)  # that of HTTP/2
        free = "no connection became free: raise max_connections"
        return TimeoutFailure(free if is_pool else late_to_connect(options), sent=False)
    if isinstance(error, engine.TimeoutException):
        failure: TransportFailure = TimeoutFailure(late_to_answer(state.status), **_flags(state))
    elif _is_of_peer(error, engine):
        failure = ConnectionFailure(_words(error, engine, state), **_flags(state))
    else:
        return None
    if state.headers is not None:
        failure.retry_after = read_retry_after(state.headers)
        failure.should_retry = read_should_retry(state.headers)
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


def _is_of_peer(error: Exception, engine: Engine) -> bool:
    known = engine.NetworkError | engine.ProtocolError | BrokenResponseError
    return isinstance(error, known) or type(error).__module__.partition(".")[0] in _PROTOCOLS


def _words(error: Exception, engine: Engine, state: CallState) -> str:
    """Say what happened; the engine's own words repeat the server, and perhaps the key."""
    if state.status is not None:
        return CUT
    if isinstance(error, engine.NetworkError):
        return lost(error.__cause__)
    return str(error) if isinstance(error, BrokenResponseError) else CLOSED


def _of_proxy(words: str) -> str:
    status = words[:3]
    if status.isascii() and status.isdigit():
        return refusing_proxy(int(status))
    return f"the proxy refuses to connect: {words.rstrip('.')}"
