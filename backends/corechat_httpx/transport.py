"""HttpxTransport: what sending by connections and sending by an own client have in common."""

from collections.abc import Iterable
from types import ModuleType
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
from corechat_httpx.failures import failure_from
from corechat_httpx.quiet import CARRIES_A_CALL

_FRAMING = frozenset({"content-length", "host", "transfer-encoding"})

Fields = list[tuple[bytes, bytes]]


class HttpxTransport:
    """Carry requests over httpx or httpx2.

    Args:
        library: which of the two.
        options: what the core tells every transport.
    """

    def __init__(self, library: ModuleType, options: TransportOptions) -> None:
        self._library = library
        self._options = options
        self._closed = False

    def send(self, request: HttpRequest, deadline: Deadline) -> HttpResponse:
        """Send the request and read the whole response, as `Transport.send` says."""
        if self._closed:
            raise ConfigurationError("This transport is closed.")
        exchange = Exchange(self._options)
        before = CARRIES_A_CALL.set(True)
        try:
            self._carry(request, exchange, deadline)
            return exchange.response()
        except Exception as error:
            failure = failure_from(error, self._library, exchange, self._options)
            if failure is None:
                raise
        finally:
            CARRIES_A_CALL.reset(before)
        raise failure  # outside the handler: its context would hold the request

    def _carry(self, request: HttpRequest, exchange: Exchange, deadline: Deadline) -> None:
        """Send a request and read the response into the exchange."""
        raise NotImplementedError

    def close(self) -> None:
        """Close every connection. May be called more than once."""
        self._closed = True


def fields_of(request: HttpRequest) -> Fields:
    """Give the fields of a request, but for those that the transport writes."""
    pairs = request.headers.pairs
    if not _FRAMING.isdisjoint([name.lower() for name, _ in pairs]):
        raise ConfigurationError(f"The transport itself writes {', '.join(sorted(_FRAMING))}.")
    return [(name.encode(), value.encode()) for name, value in pairs]


def read_head(response: Any, exchange: Exchange, options: TransportOptions) -> None:
    """Read the head of a response into the exchange."""
    fields: Fields = response.headers.raw
    if sum(len(name) + len(value) for name, value in fields) > options.max_header_bytes:
        raise exchange.too_large_head()  # of HTTP/2, or by an own client
    exchange.head(response.status_code, fields)


def read_body(chunks: Iterable[bytes], exchange: Exchange, deadline: Deadline) -> int | None:
    """Read a body into the exchange; return its size, or None if it was not read to its end."""
    size = 0
    for chunk in chunks:
        size += len(chunk)
        if not exchange.feed(chunk):
            return None
        if deadline.expired:
            raise exchange.failure(TimeoutFailure, reasons.late_to_answer(exchange.status))
    return size
