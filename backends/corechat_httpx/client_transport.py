"""ClientTransport: requests sent by the caller's own client."""

from typing import Any

from corechat.errors import ConfigurationError
from corechat.transport import (
    Deadline,
    Exchange,
    HttpRequest,
    HttpResponse,
    TimeoutFailure,
    TransportOptions,
    reasons,
)
from corechat_httpx.connection import check_head
from corechat_httpx.failures import failure_from
from corechat_httpx.library import Library
from corechat_httpx.quiet import QUIET

_DECODED = frozenset({b"content-encoding", b"content-length", b"transfer-encoding"})


class ClientTransport:
    """Carry requests by a client that the caller made, and closes.

    The client's authentication, event hooks, mounts, default headers, cookies and transport are
    used. Each phase of a request gets the time that is left when it begins, so that a call ends
    within one read of its deadline. Redirects are not followed.

    Args:
        library: httpx or httpx2.
        options: what the core tells every transport.
        client: the library's `Client`.
    """

    def __init__(self, library: Library, options: TransportOptions, client: Any) -> None:
        self._library = library
        self._options = options
        self._client = client
        self._closed = False

    def send(self, request: HttpRequest, deadline: Deadline) -> HttpResponse:
        """Send the request and read the whole response.

        Args:
            request: the request, complete but for Host and Content-Length.
            deadline: the moment after which nothing more is waited for.

        Returns:
            The response, whatever its status.

        Raises:
            ConnectionFailure: no whole response came.
            TimeoutFailure: the deadline or the bound on connecting passed.
            TooLargeFailure: the response is over a bound.
            ConfigurationError: the transport or the client is closed.
        """
        if self._closed:
            raise ConfigurationError("This transport is closed.")
        if self._client.is_closed:
            raise ConfigurationError(
                f"The {self._library.name}.Client that was given as http_client= is closed."
            )
        exchange = Exchange(self._options)
        try:
            with QUIET:
                self._carry(request, exchange, deadline)
            return exchange.response()
        except Exception as error:
            failure = failure_from(error, self._library, exchange, self._options)
            if failure is None:
                raise
        raise failure  # outside the handler: its context would hold the request

    def close(self) -> None:
        """Refuse further requests; the client is the caller's to close."""
        self._closed = True

    def _carry(self, request: HttpRequest, exchange: Exchange, deadline: Deadline) -> None:
        left = deadline.remaining()
        if not left:
            raise exchange.failure(TimeoutFailure, reasons.late_to_answer(None))
        connect = min(left, self._options.connect_timeout)
        asked = self._client.build_request(
            request.method,
            request.url,
            headers=[(name.encode(), value.encode()) for name, value in request.headers.pairs],
            content=request.body,
            timeout=self._library.client.Timeout(left, connect=connect),
        )
        try:
            response = self._client.send(asked, stream=True, follow_redirects=False)
        except self._library.client.HTTPStatusError as error:  # a hook's, by raise_for_status()
            response = error.response
        exchange.sent = True
        try:
            self._read(response, exchange, deadline)
        finally:
            response.close()

    def _read(self, response: Any, exchange: Exchange, deadline: Deadline) -> None:
        fields = response.headers.raw
        check_head(fields, exchange, self._options)
        if response.is_stream_consumed:  # by a hook; what it kept is decoded
            fields = [pair for pair in fields if pair[0].lower() not in _DECODED]
            exchange.head(response.status_code, fields)
            exchange.feed(response.content)
            return
        exchange.head(response.status_code, fields)
        if response.is_closed:  # by a hook that raised
            return
        for chunk in response.iter_raw():
            if not exchange.feed(chunk):
                return
            if deadline.expired:
                raise exchange.failure(TimeoutFailure, reasons.late_to_answer(exchange.status))
