"""What the engine raises, as the three failures of the contract."""

from corechat.transport import ConnectionFailure, TimeoutFailure, TransportFailure
from corechat_httpx.call_state import CallState
from corechat_httpx.engine import Engine

_PROTOCOLS = frozenset({"h11", "h2", "hpack", "hyperframe", "socksio"})
"""Libraries below the engine, which lets some of their exceptions pass."""


def is_network_failure(error: Exception, engine: Engine) -> bool:
    """Tell whether an exception speaks of the network or the peer, not of a defect.

    Args:
        error: what the engine raised.
        engine: httpcore or httpcore2.
    """
    known = (
        engine.TimeoutException
        | engine.NetworkError
        | engine.ProtocolError
        | engine.ProxyError
        | engine.UnsupportedProtocol
    )
    return isinstance(error, known) or type(error).__module__.partition(".")[0] in _PROTOCOLS


def as_failure(
    error: Exception, engine: Engine, state: CallState, status: int | None
) -> TransportFailure:
    """Turn an exception of the engine into a failure.

    Args:
        error: what it raised.
        engine: httpcore or httpcore2.
        state: of the call.
        status: the response's status, if its head had come.
    """
    words = str(error).rstrip(".") or type(error).__name__
    if isinstance(error, engine.ConnectError | engine.ProxyError | engine.UnsupportedProtocol):
        return ConnectionFailure(f"connecting failed: {words}", sent=False)
    if isinstance(error, engine.ConnectTimeout | engine.PoolTimeout):
        return TimeoutFailure(
            "connecting took too long"
            if isinstance(error, engine.ConnectTimeout)
            else "no connection became free: raise max_connections",
            sent=False,
        )
    kind: type[TransportFailure] = ConnectionFailure
    is_known = isinstance(error, engine.TimeoutException | engine.NetworkError)
    if not is_known:  # a protocol error, of the engine or of a library below it
        if state.bytes_received and status is None:
            words = "what the server sent is no HTTP answer, or not a whole one"
        words = words.partition(":")[0]  # what follows repeats the server, and perhaps the key
    if isinstance(error, engine.TimeoutException):
        kind, words = TimeoutFailure, words if "deadline" in words else "the deadline passed"
    return kind(
        words,
        status=status,
        bytes_received=state.bytes_received,
        reused=state.reused,
        sent=state.sent,
    )
