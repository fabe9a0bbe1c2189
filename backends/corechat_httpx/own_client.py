"""OwnClient: requests are sent by a client that the caller made."""

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
from corechat_httpx.messages import check_head, header_fields

_OF_THE_CODED = frozenset({b"content-encoding", b"content-length", b"transfer-encoding"})


class OwnClient:
    """Send by the caller's client, with all that it brings.

    Each phase of a request has the time that is left of the call when it begins.

    Args:
        library: httpx or httpx2.
        options: what the core tells every transport.
        client: the library's `Client`.
    """

    def __init__(self, library: ModuleType, options: TransportOptions, client: Any) -> None:
        self._library = library
        self._options = options
        self._client = client

    def carry(self, request: HttpRequest, exchange: Exchange, deadline: Deadline) -> None:
        """Send a request, and read the response into the exchange."""
        if self._client.is_closed:
            raise ConfigurationError(
                f"The {self._library.__name__}.Client that was given as http_client= is closed."
            )
        left = deadline.remaining()
        if not left:
            raise exchange.failure(TimeoutFailure, reasons.late_to_answer(None))
        timeout = self._library.Timeout(left, connect=min(left, self._options.connect_timeout))
        asked = self._client.build_request(
            request.method,
            request.url,
            headers=header_fields(request),
            content=request.body,
            timeout=timeout,
        )
        try:
            response = self._client.send(asked, stream=True, follow_redirects=False)
        except self._library.HTTPStatusError as error:  # of a hook that raises for a status
            response = error.response
        try:
            self._read(response, exchange, deadline)
        finally:
            response.close()

    def _read(self, response: Any, exchange: Exchange, deadline: Deadline) -> None:
        fields = response.headers.raw
        check_head(fields, exchange, self._options)
        exchange.sent = True
        if response.is_stream_consumed:  # by a hook, or a mock's: the content is decoded already
            fields = [field for field in fields if field[0].lower() not in _OF_THE_CODED]
        exchange.head(response.status_code, fields)
        if response.is_stream_consumed:
            exchange.feed(response.content)
            return
        if response.is_closed:  # by the hook that raised
            return
        for chunk in response.iter_raw():
            if not exchange.feed(chunk):
                return
            if deadline.expired:
                raise exchange.failure(TimeoutFailure, reasons.late_to_answer(exchange.status))

    def close(self) -> None:
        """Close nothing: the client is the caller's."""
