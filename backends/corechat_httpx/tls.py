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
        raise ConfigurationError(f"cert= cannot be used: {error}.") from None
    return context


class ProxySocket(ssl.SSLSocket):
    """Apply a timeout to all operations that follow, which TLS inside a proxy's TLS needs."""

    _until: float | None = None

    def settimeout(self, value: float | None) -> None:
        """Set the seconds for what follows."""
        self._until = None if value is None else time.monotonic() + value
        super().settimeout(value)

    def recv(self, buflen: int = 1024, flags: int = 0) -> bytes:
        """Receive bytes."""
        self._shorten()
        return super().recv(buflen, flags)

    def send(self, data: Any, flags: int = 0) -> int:
        """Send bytes."""
        self._shorten()
        return super().send(data, flags)

    def _shorten(self) -> None:
        if self._until is not None:
            left = self._until - time.monotonic()
            if left <= 0:
                raise TimeoutError
            super().settimeout(left)
