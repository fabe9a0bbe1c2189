"""The network seam: every connect, read and write obeys the deadline of the call that waits for it.

httpcore passes one constant timeout to all reads of a phase, so that a server that drips a byte now
and then can hold a call for ever. Here each operation gets what is left of the call's deadline.
"""

from collections.abc import Iterable
from typing import Any

from corechat.transport import TransportOptions
from corechat.transport._reasons import unreachable, unreachable_proxy
from corechat_httpx.call_state import CallState
from corechat_httpx.engine import Engine, NetworkBackend, NetworkStream, SocketOption
from corechat_httpx.resolve import resolve
from corechat_httpx.stream import DeadlineStream


class DeadlineBackend:
    """Make connections that obey the deadline, name resolution included.

    Args:
        engine: httpcore or httpcore2.
        state: of the calling thread.
        options: where the proxy, if any, and the bound on connecting stand.
    """

    def __init__(self, engine: Engine, state: CallState, options: TransportOptions) -> None:
        self._engine = engine
        self._inner: NetworkBackend = engine.SyncBackend()
        self._state = state
        self._options = options

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ARG002 - the deadline takes its place
        local_address: str | None = None,
        socket_options: Iterable[SocketOption] | None = None,
    ) -> DeadlineStream:
        """Connect to the first address that answers.

        Args:
            host: a name or an address.
            port: the port.
            timeout: not used.
            local_address: the address to connect from.
            socket_options: passed on.
        """
        state = self._state
        state.connect_deadline = state.deadline.earlier(self._options.connect_timeout)
        addresses = resolve(host, port, state.connect_deadline, self._engine)
        for left in range(len(addresses), 0, -1):
            remaining = state.connect_deadline.remaining() / left
            if remaining <= 0:
                break
            try:
                inner = self._inner.connect_tcp(
                    addresses[-left],
                    port,
                    timeout=remaining,
                    local_address=local_address,
                    socket_options=socket_options,
                )
            except self._engine.ConnectTimeout:
                continue
            except self._engine.ConnectError as error:
                if left == 1:
                    raise self._unreachable(host, port, error.__cause__) from None
            else:
                state.dialled = inner
                return DeadlineStream(self._engine, inner, state)
        raise self._engine.ConnectTimeout

    def _unreachable(self, host: str, port: int, error: BaseException | None) -> Exception:
        if self._options.proxy is not None:
            return self._engine.ConnectError(unreachable_proxy(error))
        return self._engine.ConnectError(unreachable(host, port, error))

    def connect_unix_socket(self, path: str, **_: Any) -> NetworkStream:
        """Refuse: an endpoint is a URL.

        Args:
            path: not used.
        """
        raise self._engine.UnsupportedProtocol(f"unix socket {path}")

    def sleep(self, seconds: float) -> None:
        """Refuse: the engine's own retries are off.

        Args:
            seconds: not used.
        """
        raise self._engine.UnsupportedProtocol(f"a sleep of {seconds} s")
