"""Transport: bytes in, bytes out. The contract that every backend keeps.

A transport sends one request once, and returns the whole response as received, by a deadline, or
raises one of three failures: docs/writing-a-transport.md says it in full.
"""

from dataclasses import dataclass, field
from typing import Protocol

from corechat._http.messages import HttpRequest, HttpResponse
from corechat.transport._deadline import Deadline

KIB = 1024
MIB = 1024 * KIB


@dataclass(frozen=True, slots=True)
class TransportOptions:
    """Hold what the core tells every transport when it is made.

    Attributes:
        connect_timeout: the most seconds for connecting, TLS included, within the deadline.
        proxy: the proxy's URL for this client's endpoint, or None. The core has read the
            environment; a transport does not.
        max_body_bytes: the bound on a response body as received.
        max_error_body_bytes: how much of the body of a response that is no success is read.
        max_header_bytes: the bound on a response head.
        ca_file: a PEM file of certificate authorities in place of the default, or None.
        ca_dir: a directory of them, or None.
    """

    connect_timeout: float = 5.0
    proxy: str | None = field(default=None, repr=False)  # it may hold a password
    max_body_bytes: int = 32 * MIB
    max_error_body_bytes: int = 64 * KIB
    max_header_bytes: int = 64 * KIB
    ca_file: str | None = None
    ca_dir: str | None = None


class Transport(Protocol):
    """Carry one request and bring the whole response back.

    A transport may also have an attribute ``endpoint: str``, the base URL that it brings with it (a
    cassette's, a local model's). The client uses it where the caller named neither provider nor
    base URL, and asks for no key.
    """

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
        """
        ...

    def close(self) -> None:
        """Close every connection. May be called more than once."""
        ...


class TransportFactory(Protocol):
    """Make a transport; what a plugin registers under a backend's name.

    A factory may take further keyword-only parameters: they are the backend's own options, and the
    core refuses unknown ones by name.
    """

    def __call__(self, options: TransportOptions) -> Transport:
        """Make a transport, by what the core tells every transport."""
        ...
