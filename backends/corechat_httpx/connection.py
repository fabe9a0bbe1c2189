"""Connection: requests and their responses over HTTP/1.1, one after the other."""

from corechat.transport import HttpResponse, TransportOptions
from corechat_httpx.call_state import CallState
from corechat_httpx.endpoint import Origin
from corechat_httpx.engine import Engine
from corechat_httpx.response_reader import ResponseReader
from corechat_httpx.stream import Connected
from corechat_httpx.wire import wired

_JOINED = 64 * 1024
_READ = 64 * 1024


class Connection:
    """Carry one request at a time.

    Args:
        engine: httpcore or httpcore2.
        reached: the engine's stream, connected: TLS, and a proxy's tunnel, are there already.
        origin: where it leads: scheme, host and port.
        state: of the calling thread.
        options: where the bounds stand.

    Attributes:
        origin: as given.
        reusable: whether another request may follow.
    """

    def __init__(
        self,
        engine: Engine,
        reached: Connected,
        origin: Origin,
        state: CallState,
        options: TransportOptions,
    ) -> None:
        self._engine = engine
        self._stream = reached.stream
        self._wire = reached.nested or wired(reached.stream, engine)
        self._state = state
        self._options = options
        self._asked = False
        self._closed = False
        self.origin = origin
        self.reusable = False

    def exchange(self, head: bytes, body: bytes) -> HttpResponse:
        """Send a request and read its response.

        Args:
            head: the request's, with the empty line.
            body: the request's.
        """
        self._state.reused = self._asked
        self._asked = True
        self.reusable = False
        sent = self._send(head, body)
        reader = ResponseReader(self._receive, self._options, to_head=head.startswith(b"HEAD "))
        answer = reader.read_head()
        self._state.answered(answer.status, answer.headers)
        response = reader.read_body(answer)
        self.reusable = sent and answer.persistent and reader.clean
        return response

    def _send(self, head: bytes, body: bytes) -> bool:
        """Send it; tell whether all was taken. One who answers early is heard all the same."""
        parts = (head, body) if len(body) > _JOINED else (head + body,)
        state = self._state
        try:
            for part in parts:
                state.sent = state.sent or not state.deadline.expired
                self._wire.write(part, state.deadline)
        except self._engine.WriteError:
            return False
        return True

    def _receive(self) -> bytes:
        data = self._wire.read(_READ, self._state.deadline)
        if data:
            self._state.bytes_received = True
        return data

    def is_stale(self) -> bool:
        """Tell whether the idle connection was closed, or has spoken without being asked."""
        return self._closed or self._wire.is_readable()

    def close(self) -> None:
        """Close it. May be called more than once."""
        self._closed = True
        self._stream.close()
