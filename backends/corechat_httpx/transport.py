"""HttpcoreTransport: one request over a pool of connections."""

import os
import weakref
from typing import Any
from urllib.parse import unquote, urlsplit

from corechat.deadline import Deadline
from corechat.errors import ConfigurationError
from corechat.http_messages import Headers, HttpRequest, HttpResponse
from corechat.tls import shared_context
from corechat.transport import BodyBuffer, TooLargeFailure, TransportFailure, TransportOptions
from corechat_httpx.boundary import HeadTooLargeError
from corechat_httpx.call_state import CallState
from corechat_httpx.connections import Connections
from corechat_httpx.engine import ConnectionPool, Engine, Pool, Response
from corechat_httpx.failures import as_failure, is_network_failure
from corechat_httpx.network import DeadlineBackend
from corechat_httpx.quiet import QUIET
from corechat_httpx.stream import DeadlineStream

_URLS_KEPT = 16


class HttpcoreTransport:
    """Carry requests over httpcore or httpcore2.

    Args:
        engine: the library.
        options: what the core tells every transport.
        http2: whether to offer HTTP/2.
        max_connections: how many connections there are at most.
        keepalive_expiry: seconds after which an idle connection is not used again.
    """

    def __init__(
        self,
        engine: Engine,
        options: TransportOptions,
        *,
        http2: bool,
        max_connections: int,
        keepalive_expiry: float,
    ) -> None:
        self._engine = engine
        self._options = options
        self._http2 = http2
        self._max_connections = max_connections
        self._keepalive_expiry = keepalive_expiry
        self._state = CallState()
        self._urls: dict[str, tuple[Any, tuple[bytes, bytes]]] = {}
        self._pools: dict[int, Pool] = {}  # by process: a fork must not share sockets
        self._closed = False
        # closes what is open when nobody has, at collection or at exit
        self._finalizer = weakref.finalize(self, _close_pools, self._pools)
        QUIET.install()

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
            ConfigurationError: the transport is closed.
        """
        if self._closed:
            raise ConfigurationError("This transport is closed.")
        state = self._state
        state.begin(deadline, self._options.connect_timeout)
        status: int | None = None
        response: Response | None = None
        failure: TransportFailure
        try:
            with QUIET:
                response = self._live_pool(request.url).handle_request(
                    self._engine_request(request, deadline)
                )
                status = response.status
                return self._read(response)
        except HeadTooLargeError:
            limit = self._options.max_header_bytes
            failure = TooLargeFailure(f"the response head is over {limit} bytes", limit=limit)
        except Exception as error:
            if not is_network_failure(error, self._engine):
                raise
            failure = as_failure(error, self._engine, state, status)
        finally:
            if response is not None:
                with QUIET:
                    response.close()
        if response is not None:
            failure.heed(_headers(response))
        raise failure  # outside the handler: its context would hold the request

    def close(self) -> None:
        """Close every connection. May be called more than once."""
        self._closed = True
        _close_pools(self._pools)

    def _read(self, response: Response) -> HttpResponse:
        headers = _headers(response)
        body = BodyBuffer(response.status, headers, self._options)
        for chunk in response.iter_stream():
            if not body.feed(chunk):
                break
        stream: object = response.extensions.get("network_stream")
        is_http1 = response.extensions.get("http_version") != b"HTTP/2"
        if is_http1 and isinstance(stream, DeadlineStream) and not stream.boundary.clean:
            stream.retire()
        return HttpResponse(response.status, headers, body.join(), body.truncated)

    def _engine_request(self, request: HttpRequest, deadline: Deadline) -> Any:
        url, host = self._url(request.url)
        headers = [host]
        headers += [(name.encode("ascii"), value.encode()) for name, value in request.headers.pairs]
        headers.append((b"Content-Length", b"%d" % len(request.body)))
        return self._engine.Request(
            request.method,
            url,
            headers=headers,
            content=request.body,
            extensions={"timeout": {"pool": deadline.remaining()}},
        )

    def _url(self, text: str) -> tuple[Any, tuple[bytes, bytes]]:
        known = self._urls.get(text)
        if known is None:
            url = self._engine.URL(text)
            default = {b"http": 80, b"https": 443}.get(url.scheme)
            host = b"[%b]" % url.host if b":" in url.host else url.host
            if url.port is not None and url.port != default:
                host += b":%d" % url.port
            if len(self._urls) >= _URLS_KEPT:
                self._urls.clear()
            known = self._urls[text] = (url, (b"Host", host))
        return known

    def _live_pool(self, url: str) -> Pool:
        pool = self._pools.get(os.getpid())
        # setdefault: of two threads that come first, one pool is used
        return pool or self._pools.setdefault(os.getpid(), self._new_pool(url))

    def _new_pool(self, url: str) -> Pool:
        options = self._options
        alpn = ("http/1.1", "h2") if self._http2 else ("http/1.1",)
        common: dict[str, Any] = {
            "ssl_context": (
                shared_context(options.ca_file, options.ca_dir, alpn)
                if url.startswith("https:")
                else None
            ),
            "max_connections": self._max_connections,
            "max_keepalive_connections": self._max_connections,
            "keepalive_expiry": self._keepalive_expiry,
            "http2": self._http2,
            "network_backend": DeadlineBackend(
                self._engine, self._state, options.connect_timeout, options.max_header_bytes
            ),
        }
        if options.proxy is None:
            pool: ConnectionPool = self._engine.ConnectionPool(**common)
        elif options.proxy.startswith("socks"):
            pool = self._engine.SOCKSProxy(options.proxy, **common)
        else:
            if options.proxy.startswith("https:"):
                common["proxy_ssl_context"] = shared_context(options.ca_file, options.ca_dir)
            pool = self._engine.HTTPProxy(**_proxy(options.proxy), **common)
        if self._http2:  # calls share its connections
            return pool
        return Connections(self._engine, pool, self._max_connections, self._keepalive_expiry)


def _close_pools(pools: dict[int, Pool]) -> None:
    pool = pools.pop(os.getpid(), None)  # a parent's connections are the parent's to close
    if pool is not None:
        with QUIET:
            pool.close()


def _headers(response: Response) -> Headers:
    return Headers([(name.decode("latin-1"), _text(value)) for name, value in response.headers])


def _text(value: bytes) -> str:
    try:
        return value.decode("utf-8")
    except UnicodeDecodeError:  # RFC 9110 §5.5 allows any byte above 0x7f
        return value.decode("latin-1")


def _proxy(url: str) -> dict[str, Any]:
    parts = urlsplit(url)
    bare = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"
    if parts.username is None:
        return {"proxy_url": bare}
    return {
        "proxy_url": bare,
        "proxy_auth": (unquote(parts.username), unquote(parts.password or "")),
    }
