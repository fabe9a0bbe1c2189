"""PyreqwestTransport: requests sent by one client of pyreqwest a process."""

from collections.abc import Callable
from datetime import timedelta

from pyreqwest.client import SyncClient, SyncClientBuilder
from pyreqwest.exceptions import BuilderError, RequestError
from pyreqwest.http import HeaderMap
from pyreqwest.proxy import ProxyBuilder
from pyreqwest.response import SyncResponse

from corechat.errors import ConfigurationError
from corechat.transport import (
    KIB,
    Deadline,
    Exchange,
    HttpRequest,
    HttpResponse,
    PerProcess,
    TransportOptions,
)
from corechat_pyreqwest.authorities import read_authorities
from corechat_pyreqwest.failures import failure_from

_PART = 256 * KIB
_MOST_CONNECTIONS = 2**29 - 1  # more, and the semaphore of pyreqwest's runtime may panic
_PER_FIELD = 4  # ": " and the end of the line


class PyreqwestTransport:
    """Send requests by pyreqwest.

    The client is made by the first request of a process, so that a process may fork before.

    Args:
        options: what the core tells every transport.
        configure: adds what the caller sets to the client's builder.
        http2: whether to offer HTTP/2.
        max_connections: how many requests may be under way at once.
        keepalive_expiry: seconds after which an idle connection is closed.

    Raises:
        ConfigurationError: the authorities or the proxy cannot be used.
    """

    def __init__(
        self,
        options: TransportOptions,
        *,
        configure: Callable[[SyncClientBuilder], SyncClientBuilder] | None,
        http2: bool,
        max_connections: int,
        keepalive_expiry: float,
    ) -> None:
        self._options = options
        self._configure = configure
        self._http2 = http2
        self._max_connections = max_connections
        self._keepalive_expiry = timedelta(seconds=keepalive_expiry)
        self._authorities = read_authorities(options.ca_file, options.ca_dir)
        self._clients = PerProcess(self._make)

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
            ConfigurationError: the process is a child of one that has used pyreqwest.
        """
        exchange = Exchange(request, deadline, self._options)
        client = self._clients.get()
        left = deadline.remaining()
        if not left:
            raise exchange.late()
        fields = [*request.headers.pairs, ("Content-Length", str(len(request.body)))]
        builder = client.request(request.method, request.url).headers(fields)
        builder = builder.body_bytes(request.body).timeout(timedelta(seconds=left))
        try:
            with builder.streamed_read_buffer_limit(0).build_streamed() as response:
                self._read(response, exchange)
                return exchange.response()
        except RequestError as error:
            failure = failure_from(error, exchange, self._max_connections)
        raise failure  # outside the handler: its context would hold the request

    def close(self) -> None:
        """Let go of the client: its connections close when the calls under way have ended."""
        self._clients = PerProcess(self._make)

    def _read(self, response: SyncResponse, exchange: Exchange) -> None:
        fields = _pairs(response.headers)
        size = sum([len(name) + len(value) + _PER_FIELD for name, value in fields])
        if size > self._options.max_header_bytes:
            raise exchange.too_large_head()
        exchange.head(response.status, fields)
        while (asked := min(exchange.wanted, _PART)) > 0:
            part = response.body_reader.read(asked)  # fewer bytes than that only at the end
            if part is None or not exchange.feed(bytes(part)) or len(part) < asked:
                return

    def _make(self) -> SyncClient:
        options = self._options
        builder = SyncClientBuilder().no_proxy().follow_redirects(enable=False)
        builder = builder.referer(enable=False).gzip(enable=False).brotli(enable=False)
        builder = builder.zstd(enable=False).deflate(enable=False).http2(enable=self._http2)
        builder = builder.connect_timeout(timedelta(seconds=options.connect_timeout))
        builder = builder.max_connections(min(self._max_connections, _MOST_CONNECTIONS))
        builder = builder.pool_idle_timeout(self._keepalive_expiry)
        if options.proxy is not None:
            builder = builder.proxy(ProxyBuilder.all(options.proxy))
        if self._authorities:
            builder = builder.add_root_certificate_pem(self._authorities)
        if self._configure is not None:
            builder = self._configure(builder)
            if not isinstance(builder, SyncClientBuilder):
                raise ConfigurationError("configure= must return the builder that it was given.")
        try:
            return builder.build()
        except BuilderError as error:
            said = str((error.details["causes"] or [{"message": error.message}])[-1]["message"])
            problem = f"pyreqwest cannot make a client: {said}."
        except RuntimeError:
            problem = (
                "The backend 'pyreqwest' does not work in a child of a process that has used it: "
                "its runtime does not survive a fork. Use the start method 'spawn', let the parent "
                "send nothing, or use the backend 'httpx'."
            )
        raise ConfigurationError(problem)


def _pairs(headers: HeaderMap) -> list[tuple[str, str]]:
    try:
        found = headers.dict_multi_value()
    except ValueError:  # a value that is not ASCII; pyreqwest has no other form of it
        found = {name: _values(headers, name) for name in headers}
    lists = [(name, [one] if isinstance(one, str) else one) for name, one in found.items()]
    return [(name, value) for name, values in lists for value in values]


def _values(headers: HeaderMap, name: str) -> list[str]:
    try:
        return headers.getall(name)
    except ValueError:
        return []
