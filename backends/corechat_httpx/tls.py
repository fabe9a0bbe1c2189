"""TLS contexts that are not shared: with a client's certificate, and for a proxy over https."""

import ssl
import time
from typing import Any

from corechat.errors import ConfigurationError
from corechat.transport import TransportOptions
from corechat.transport._tls import new_context


def context_with(cert: tuple[Any, ...], options: TransportOptions) -> ssl.SSLContext:
    """Make a context that shows a client's certificate (`ssl.SSLContext.load_cert_chain`)."""
    context = new_context(options.ca_file, options.ca_dir)
    try:
        context.load_cert_chain(*cert)
    except (OSError, TypeError) as error:  # ssl.SSLError is an OSError
        reason = getattr(error, "strerror", None) or "it is a path, or a tuple of two or three"
        raise ConfigurationError(f"cert= cannot be used: {reason}.") from None
    return context


def proxy_context(options: TransportOptions) -> ssl.SSLContext:
    """Make a context for a proxy over https."""
    context = new_context(options.ca_file, options.ca_dir)
    context.sslsocket_class = _ProxySocket
    return context


class _ProxySocket(ssl.SSLSocket):
    """Apply a timeout to all that follows it together, not to each operation.

    The library reads TLS inside the TLS of a proxy by as many operations as it takes.
    """

    _until: float | None = None

    def settimeout(self, value: float | None) -> None:
        self._until = None if value is None else time.monotonic() + value
        super().settimeout(value)

    def recv(self, buflen: int = 1024, flags: int = 0) -> bytes:
        self._shorten()
        return super().recv(buflen, flags)

    def send(self, data: Any, flags: int = 0) -> int:
        self._shorten()
        return super().send(data, flags)

    def _shorten(self) -> None:
        if self._until is not None:
            left = self._until - time.monotonic()
            if left <= 0:
                raise TimeoutError
            super().settimeout(left)
