"""Contexts: the TLS contexts of a transport: the server's, and that of a proxy over https."""

import ssl
import time
from typing import Any

from corechat.errors import ConfigurationError
from corechat.transport import TransportOptions, shared_context
from corechat.transport._tls import new_context


class Contexts:
    """Make contexts, each when it is asked for; with a client's certificate at once.

    Args:
        options: where the authorities stand.
        cert: what `ssl.SSLContext.load_cert_chain` takes, or None.
        alpn: the protocols to offer to the server.
    """

    def __init__(
        self, options: TransportOptions, cert: tuple[Any, ...] | None, alpn: tuple[str, ...]
    ) -> None:
        self._authorities = options.ca_file, options.ca_dir
        self._alpn = alpn
        self._own = None if cert is None else new_context(*self._authorities)
        if self._own is None or cert is None:
            return
        try:
            self._own.load_cert_chain(*cert)
        except (OSError, TypeError) as error:  # ssl.SSLError is an OSError
            reason = getattr(error, "strerror", None) or "it is a path, or a tuple of two or three"
            raise ConfigurationError(f"cert= cannot be used: {reason}.") from None

    def of_server(self) -> ssl.SSLContext:
        """Give the context for the server: the shared one, or that with the certificate."""
        return self._own or shared_context(*self._authorities, self._alpn)

    def of_proxy(self) -> ssl.SSLContext:
        """Make a context for a proxy over https."""
        context = new_context(*self._authorities)
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
                raise TimeoutError("the time is over")
            super().settimeout(left)
