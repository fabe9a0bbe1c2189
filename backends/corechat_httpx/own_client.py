"""ClientTransport: requests are sent by a client that the caller made."""

from types import ModuleType
from typing import Any

from corechat.errors import ConfigurationError
from corechat.transport import (
    Deadline,
    Exchange,
    HttpRequest,
    TimeoutFailure,
    TransportOptions,
    reasons,
)
from corechat_httpx.transport import HttpxTransport, fields_of, read_body, read_head


class ClientTransport(HttpxTransport):
    """Send by the caller's client, with all that it brings; it is never closed here.

    Args:
        library: httpx or httpx2.
        options: what the core tells every transport.
        client: the library's `Client`.
    """

    def __init__(self, library: ModuleType, options: TransportOptions, client: Any) -> None:
        super().__init__(library, options)
        self._client = client

    def _carry(self, request: HttpRequest, exchange: Exchange, deadline: Deadline) -> None:
        if self._client.is_closed:
            raise ConfigurationError(
                f"The {self._library.__name__}.Client that was given as http_client= is closed."
            )
        left = deadline.remaining()
        if not left:
            raise exchange.failure(TimeoutFailure, reasons.late_to_answer(None))
        asked = self._client.build_request(
            request.method,
            request.url,
            headers=fields_of(request),
            content=request.body,
            timeout=self._library.Timeout(left, connect=min(left, self._options.connect_timeout)),
        )
        exchange.sent = True  # as far as can be known
        try:
            response = self._client.send(asked, stream=True, follow_redirects=False)
        except self._library.HTTPStatusError as error:  # of a hook that raises for a status
            response = error.response
        try:
            if response.is_stream_consumed:  # by a hook, or a mock has no stream: it is decoded
                response.headers.pop("content-encoding", None)
                response.headers.pop("content-length", None)
                chunks = [response.content]
            else:
                chunks = [] if response.is_closed else response.iter_raw()  # closed by that hook
            read_head(response, exchange, self._options)
            read_body(chunks, exchange, deadline)
        finally:
            response.close()
