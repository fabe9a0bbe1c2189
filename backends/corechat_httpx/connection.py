"""Connection: one of the library's own transports, with one connection that knows the deadline."""

import ssl

from corechat.errors import ConfigurationError
from corechat.transport import Deadline, Exchange, HttpRequest, TransportOptions
from corechat_httpx.library import Library
from corechat_httpx.network import Network

_FRAMING = frozenset({"content-length", "host", "transfer-encoding"})
_HTTP2 = b"HTTP/2"


class Connection:
    """Carry one request at a time.

    Args:
        library: httpx or httpx2.
        options: what the core tells every transport.
        context: of TLS, or None for plain HTTP.
        proxy: the library's, or None.
        http2: whether to offer HTTP/2.
        keepalive_expiry: seconds after which the connection, idle, is not used again.
    """

    def __init__(  # noqa: PLR0913 - what the library's transport takes
        self,
        library: Library,
        options: TransportOptions,
        context: ssl.SSLContext | None,
        proxy: object,
        *,
        http2: bool,
        keepalive_expiry: float,
    ) -> None:
        self._client = library.client
        self._options = options
        self._transport = library.client.HTTPTransport(
            verify=context or False,
            trust_env=False,
            http2=http2,
            proxy=proxy,
            limits=library.client.Limits(
                max_connections=1, max_keepalive_connections=1, keepalive_expiry=keepalive_expiry
            ),
        )
        # httpcore documents this parameter; httpx does not pass it on
        pool = self._transport._pool  # noqa: SLF001
        self._network = Network(pool._network_backend, library, options)  # noqa: SLF001
        pool._network_backend = self._network  # noqa: SLF001

    def carry(
        self, request: HttpRequest, url: object, exchange: Exchange, deadline: Deadline
    ) -> bool:
        """Send a request and read the response into the exchange.

        Args:
            request: what to send.
            url: its URL, as the library's.
            exchange: takes the response.
            deadline: by when this has ended.

        Returns:
            Whether another request may follow.
        """
        self._network.begin(exchange, deadline)
        try:
            response = self._transport.handle_request(self._request(request, url, deadline))
            try:
                fields = response.headers.raw
                if response.extensions.get("http_version") == _HTTP2:
                    check_head(fields, exchange, self._options)
                exchange.head(response.status_code, fields)
                size = 0
                for chunk in response.stream:
                    size += len(chunk)
                    if not exchange.feed(chunk):
                        return False
                    if deadline.expired:
                        raise self._network.late()
                return self._network.end(size)
            finally:
                response.close()
        finally:
            self._network.forget()

    def _request(self, request: HttpRequest, url: object, deadline: Deadline) -> object:
        pairs = request.headers.pairs
        if not _FRAMING.isdisjoint([name.lower() for name, _ in pairs]):
            raise ConfigurationError(f"The transport itself writes {', '.join(sorted(_FRAMING))}.")
        return self._client.Request(
            request.method,
            url,
            headers=[(name.encode(), value.encode()) for name, value in pairs],
            content=request.body,
            # the network keeps the deadline; this is for what stands in the library's place
            extensions={"timeout": dict.fromkeys(_PHASES, deadline.remaining())},
        )

    def close(self) -> None:
        """Close the connection. May be called more than once."""
        self._transport.close()
        self._network.close()


_PHASES = ("connect", "read", "write", "pool")


def check_head(
    fields: list[tuple[bytes, bytes]], exchange: Exchange, options: TransportOptions
) -> None:
    """Check the size of a head whose bytes the network did not count.

    Args:
        fields: names and values.
        exchange: makes the failure.
        options: where the bound stands.

    Raises:
        TooLargeFailure: it is over the bound.
    """
    if sum(len(name) + len(value) for name, value in fields) > options.max_header_bytes:
        raise exchange.too_large_head()
