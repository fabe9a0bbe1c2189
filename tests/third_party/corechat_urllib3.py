"""A backend over urllib3, as a third party writes one."""

import http.client
import threading
from urllib.parse import unquote

import urllib3
from urllib3 import exceptions
from urllib3.connection import HTTPConnection, HTTPSConnection

from corechat import transport as api

_INTERIM = "http.client takes an interim response other than 100 for the response"
_LENGTH = "urllib3 passes over a Content-Length that is not a number"
_LIMITS = {
    "bounds.head-within": "http.client reads at most 100 fields of a head",
    "bounds.trailers-without-end": "urllib3 reads trailers without a bound",
    "deadline.interim-drips": _INTERIM,
    "framing.length-garbage": _LENGTH,
    "framing.negative-length": _LENGTH,
    "request.percent-encoding": "urllib3 writes %7e as %7E",
    "response.early-hints": _INTERIM,
    "response.many-interim": _INTERIM,
}
_CALL = threading.local()  # what the connection must know of the call that a thread makes


class _Watched:
    def connect(self) -> None:
        super().connect()
        self.sock = api.ExchangeSocket(self.sock, _CALL.exchange, _CALL.deadline)

    def request(self, *args: object, **kwargs: object) -> None:
        if self.sock is not None:
            self.sock.begin(_CALL.exchange, _CALL.deadline)
        super().request(*args, **kwargs)

    def getresponse(self) -> urllib3.HTTPResponse:
        _CALL.socket = self.sock
        response = super().getresponse()
        if _CALL.socket.ended:  # http.client takes half a head for a whole one
            raise exceptions.ProtocolError
        return response


class _Pool(urllib3.HTTPConnectionPool):
    ConnectionCls = type("Watched", (_Watched, HTTPConnection), {})


class _TlsPool(urllib3.HTTPSConnectionPool):
    ConnectionCls = type("WatchedTls", (_Watched, HTTPSConnection), {})


@api.conformance_exceptions(_LIMITS)
class Urllib3Transport:
    def __init__(self, options: api.TransportOptions) -> None:
        self._options = options
        self._pool = api.Pool(self._make, close=urllib3.PoolManager.clear)
        self.close = self._pool.close

    def _make(self) -> urllib3.PoolManager:
        tls = api.shared_context(self._options.ca_file, self._options.ca_dir)
        proxy = self._options.proxy
        user = proxy and urllib3.util.parse_url(proxy).auth
        known = urllib3.make_headers(proxy_basic_auth=unquote(user)) if user else None
        manager = (
            urllib3.ProxyManager(proxy, proxy_headers=known, ssl_context=tls)
            if proxy
            else urllib3.PoolManager(ssl_context=tls)
        )
        manager.pool_classes_by_scheme = {"http": _Pool, "https": _TlsPool}
        return manager

    def send(self, request: api.HttpRequest, deadline: api.Deadline) -> api.HttpResponse:
        exchange, manager, sound = api.Exchange(self._options), self._pool.take(deadline), False
        _CALL.exchange, _CALL.deadline = exchange, deadline
        try:
            self._carry(manager, request, exchange)
            sound = not exchange.stopped
            return exchange.response()
        except (exceptions.HTTPError, OSError, ValueError) as error:
            failure = _failure(error, exchange, deadline)
        finally:
            self._pool.give_back(manager, sound=sound)
        raise failure

    def _carry(
        self, manager: urllib3.PoolManager, request: api.HttpRequest, exchange: api.Exchange
    ) -> None:
        names = {name.lower() for name, _ in request.headers.pairs}
        own = [("Content-Length", str(len(request.body)))]
        own += [(n, urllib3.util.SKIP_HEADER) for n in {"accept-encoding", "user-agent"} - names]
        response = manager.urlopen(
            request.method,
            request.url,
            body=request.body,
            headers=urllib3.HTTPHeaderDict([*own, *request.headers.pairs]),
            retries=False,
            redirect=False,
            preload_content=False,
            decode_content=False,
            timeout=min(self._options.connect_timeout, _CALL.deadline.remaining()),
        )
        try:
            pairs = [(name, value.strip(" \t")) for name, value in response.headers.items()]
            if (
                sum([len(name + value) + 4 for name, value in pairs])
                > self._options.max_header_bytes
            ):
                raise exchange.too_large_head()
            exchange.head(response.status, [(n, v.encode("latin-1")) for n, v in pairs])
            while part := response.read(min(exchange.wanted, 65536)):
                if not exchange.feed(part):
                    break
            if response.chunked and _CALL.socket.ended:
                raise exchange.broken()
        finally:
            response.close() if exchange.stopped else response.release_conn()


def _failure(
    error: Exception, exchange: api.Exchange, deadline: api.Deadline
) -> api.TransportFailure:
    refused = isinstance(error, exceptions.NewConnectionError)
    if deadline.expired or (isinstance(error, exceptions.TimeoutError) and not refused):
        return exchange.late()
    if not exchange.sent:
        return api.ConnectionFailure(f"cannot connect: {type(error).__name__}", sent=False)
    root = error.args[-1] if error.args else None
    too_large = type(root) in {http.client.HTTPException, http.client.LineTooLong}
    return exchange.too_large_head() if too_large else exchange.broken()
