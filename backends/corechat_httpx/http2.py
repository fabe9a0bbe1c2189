"""Http2: calls that share connections, which the engine keeps and speaks HTTP/2 over."""

from corechat.transport import (
    BodyBuffer,
    Deadline,
    Headers,
    HttpRequest,
    HttpResponse,
    TransportOptions,
)
from corechat.transport._reasons import CLOSED
from corechat_httpx.call_state import CallState
from corechat_httpx.connections import Connections
from corechat_httpx.endpoint import Endpoint
from corechat_httpx.engine import Engine, Pool
from corechat_httpx.quiet import QUIET
from corechat_httpx.response_head import BrokenResponseError, text_of
from corechat_httpx.stream import Connected


class Http2:
    """Carry calls over HTTP/2, or over HTTP/1.1 once a server has chosen that.

    Args:
        engine: httpcore or httpcore2.
        pool: its pool, which offers both.
        state: of the calling thread.
        options: where the bounds stand.
        http1: carries calls over HTTP/1.1.
    """

    def __init__(
        self,
        engine: Engine,
        pool: Pool,
        state: CallState,
        options: TransportOptions,
        http1: Connections,
    ) -> None:
        self._engine = engine
        self._pool = pool
        self._state = state
        self._options = options
        self._http1 = http1
        self._is_refused = False

    def send(self, endpoint: Endpoint, request: HttpRequest, deadline: Deadline) -> HttpResponse:
        """Send a request.

        Args:
            endpoint: where to.
            request: what.
            deadline: until when to wait for a connection.
        """
        if not self._is_refused:
            try:
                with QUIET:
                    return self._send(endpoint, request, deadline)
            except Connected as reached:
                # not used: the server said what it speaks, and the connections are Http1's to count
                reached.stream.close()
                self._is_refused = True
        return self._http1.send(endpoint, request, deadline)

    def _send(self, endpoint: Endpoint, request: HttpRequest, deadline: Deadline) -> HttpResponse:
        endpoint.head(request)  # checks it: HTTP/2 forbids no less
        pairs = request.headers.pairs
        asked = self._engine.Request(
            request.method,
            endpoint.url,
            headers=[
                (b"Host", endpoint.host),
                *[(name.encode("ascii"), value.encode()) for name, value in pairs],
                (b"Content-Length", b"%d" % len(request.body)),
            ],
            content=request.body,
            extensions={"timeout": {"pool": deadline.remaining()}},
        )
        try:
            response = self._pool.handle_request(asked)
        except ValueError:  # a status that is no number
            raise BrokenResponseError(CLOSED) from None
        try:
            headers = Headers([(text_of(name), text_of(value)) for name, value in response.headers])
            self._state.answered(response.status, headers)
            body = BodyBuffer(response.status, headers, self._options)
            for chunk in response.iter_stream():
                if not body.feed(chunk):
                    break
            return HttpResponse(response.status, headers, body.join(), body.truncated)
        finally:
            response.close()

    def close(self) -> None:
        """Close every connection."""
        with QUIET:
            self._pool.close()
        self._http1.close()
