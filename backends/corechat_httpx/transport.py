"""HttpxTransport: what calls over a library's connections and over an own client share."""

import weakref
from types import ModuleType
from typing import Protocol

from corechat.errors import ConfigurationError
from corechat.transport import Deadline, Exchange, HttpRequest, HttpResponse, TransportOptions
from corechat_httpx.failures import failure_from
from corechat_httpx.quiet import quiet


class Carrier(Protocol):
    """What carries a request of a library to the server, and its response back."""

    def carry(self, request: HttpRequest, exchange: Exchange, deadline: Deadline) -> None:
        """Send a request, and read the response into the exchange."""
        ...

    def close(self) -> None:
        """Close every connection."""
        ...


class HttpxTransport:
    """Carry requests over httpx or httpx2.

    Args:
        library: which of the two.
        options: what the core tells every transport.
        carrier: connections of the library, or the caller's own client.
    """

    def __init__(self, library: ModuleType, options: TransportOptions, carrier: Carrier) -> None:
        self._library = library
        self._options = options
        self._carrier = carrier
        self._closed = False
        # closes what is open when nobody has, at collection or at exit
        weakref.finalize(self, carrier.close)

    def send(self, request: HttpRequest, deadline: Deadline) -> HttpResponse:
        """Send the request and read the whole response.

        Args:
            request: the request, complete but for Host and Content-Length.
            deadline: the moment by which this has returned or raised.

        Returns:
            The response, whatever its status.

        Raises:
            ConnectionFailure: no whole response came.
            TimeoutFailure: the deadline or the bound on connecting passed.
            TooLargeFailure: the response is over a bound.
            ConfigurationError: the transport is closed, or HTTP cannot carry the request.
        """
        if self._closed:
            raise ConfigurationError("This transport is closed.")
        exchange = Exchange(self._options)
        try:
            with quiet():
                self._carrier.carry(request, exchange, deadline)
            return exchange.response()
        except Exception as error:
            failure = failure_from(error, self._library, exchange, self._options)
            if failure is None:
                raise
        raise failure  # outside the handler: its context would hold the request

    def close(self) -> None:
        """Close every connection. May be called more than once."""
        self._closed = True
        self._carrier.close()
