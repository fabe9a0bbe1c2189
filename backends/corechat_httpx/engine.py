"""Engine: what corechat uses of httpcore and httpcore2, typed once for both."""

import ssl
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Protocol

SocketOption = tuple[int, int, int | bytes] | tuple[int, int, None, int]


class NetworkStream(Protocol):
    """One connection (httpcore documentation, "Network backends")."""

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Read at most so many bytes."""
        ...

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Write all bytes."""
        ...

    def close(self) -> None:
        """Close the connection."""
        ...

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> "NetworkStream":
        """Begin TLS."""
        ...

    def get_extra_info(self, info: str) -> Any:
        """Give the socket, or whether bytes wait to be read."""
        ...


class NetworkBackend(Protocol):
    """Makes connections."""

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[SocketOption] | None = None,
    ) -> NetworkStream:
        """Connect."""
        ...


class Response(Protocol):
    """A response whose head has come."""

    status: int
    headers: list[tuple[bytes, bytes]]
    extensions: Mapping[str, Any]

    def iter_stream(self) -> Iterator[bytes]:
        """Read the body."""
        ...

    def close(self) -> None:
        """Give the connection back, or close it if the body was not read to its end."""
        ...


class EngineConnection(Protocol):
    """One connection, made when its first request is sent."""

    def handle_request(self, request: Any) -> Response:
        """Send a request and read the response's head."""
        ...

    def close(self) -> None:
        """Close it."""
        ...


class Pool(Protocol):
    """A pool of connections."""

    def handle_request(self, request: Any) -> Response:
        """Send a request and read the response's head."""
        ...

    def close(self) -> None:
        """Close every connection."""
        ...


class ConnectionPool(Pool, Protocol):
    """The engine's own pool."""

    def create_connection(self, origin: Any) -> EngineConnection:
        """Make a connection that the pool does not know of."""
        ...


class Engine(Protocol):
    """The library itself."""

    ConnectionPool: Any
    HTTPProxy: Any
    SOCKSProxy: Any
    Request: Any
    URL: Any
    SyncBackend: Any
    ConnectError: type[Exception]
    ConnectTimeout: type[Exception]
    PoolTimeout: type[Exception]
    ProxyError: type[Exception]
    TimeoutException: type[Exception]
    NetworkError: type[Exception]
    ProtocolError: type[Exception]
    UnsupportedProtocol: type[Exception]
    ReadError: type[Exception]
    ReadTimeout: type[Exception]
    WriteError: type[Exception]
    WriteTimeout: type[Exception]
