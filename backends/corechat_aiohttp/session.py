"""LoopSession: an event loop with one session of aiohttp, for one call at a time."""

import asyncio
import contextvars
import io
import ssl
import threading
import weakref
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from contextlib import AbstractAsyncContextManager, suppress
from typing import Any, TypeAlias

import aiohttp
from yarl import URL

from corechat.transport import (
    KIB,
    Connection,
    ConnectionFailure,
    Deadline,
    Exchange,
    HttpRequest,
    TransportFailure,
    TransportOptions,
    reasons,
    shared_context,
)
from corechat_aiohttp.client_session import MakeSession, open_session
from corechat_aiohttp.loop import PrivateLoop, running_loop
from corechat_aiohttp.protocol import ResponseProtocol

_AUTOMATIC = frozenset({"accept", "accept-encoding", "content-type", "user-agent"})
_LARGE_BODY = 1 << 20
_MANY_HEADERS = 1 << 20
_PART = 16 * KIB  # of a body that is read before the deadline is looked at again
_NO_TIMEOUT = aiohttp.ClientTimeout(total=None, sock_connect=None)

# aiohttp's own words repeat the server's, and show the request's headers
_WORDS: tuple[tuple[type[Exception], Callable[[Any], str]], ...] = (
    (aiohttp.ClientHttpProxyError, lambda it: reasons.refusing_proxy(it.status)),
    (aiohttp.InvalidURL, lambda _: "the URL cannot be used: it has no valid host"),
    (aiohttp.ClientResponseError, lambda _: reasons.NOT_HTTP),
    (aiohttp.ClientPayloadError, lambda _: reasons.CUT),
    (aiohttp.ClientConnectionError, reasons.lost),
)

_Fields: TypeAlias = Sequence[tuple[str, str]]


class LoopSession(Connection):
    """Send requests one after the other, each from whichever thread holds this.

    Where that thread already runs a loop (a notebook, a web handler), this is forbidden; there it
    runs in a short-lived thread, while the caller waits.
    """

    def __init__(self, options: TransportOptions, expiry: float, make: MakeSession | None) -> None:
        self._options = options
        self._expiry = expiry
        self._make = make
        self._loop = PrivateLoop()
        self._session: aiohttp.ClientSession | None = None
        self._protocols: weakref.WeakSet[ResponseProtocol] = weakref.WeakSet()
        self._deadline = Deadline(0)
        self._expired = self._closed = False
        self._clock: asyncio.TimerHandle | None = None
        self._task: asyncio.Task[TransportFailure | None] | None = None

    def carry(self, exchange: Exchange) -> bool:
        """Send the request and read the response."""
        failure = _run_in_thread(self, exchange) if running_loop() else self._run(exchange)
        if failure is not None:
            exchange.fail(failure)  # what it was kept from is dropped, and the loop goes on
        return True

    def _run(self, exchange: Exchange) -> TransportFailure | None:
        """Return the failure, for the caller to raise where nothing is handled."""
        deadline = exchange.deadline
        self._loop.exchange = exchange
        self._loop.connect_by = deadline.earlier(self._options.connect_timeout)
        self._deadline, self._expired = deadline, False
        self._set_clock(self._loop.connect_by)
        self._task = task = self._loop.create_task(self._carry(exchange))
        try:
            while not task.done():
                self._loop.run_forever()  # the task stops it, a round before its end is told
            return task.result()
        finally:
            if task.done():  # else Ctrl-C came
                self._task = None
            if self._closed:
                self.close()

    def close(self) -> None:
        """Drop every connection, from any thread; a call under way is cancelled."""
        self._closed, task = True, self._task
        if task is not None:
            with suppress(RuntimeError):  # the loop was closed
                self._loop.call_soon_threadsafe(task.cancel)
        self._loop.close_with(self._close_session)

    def abandon(self) -> None:
        """Let go of what belongs to the parent process; for the child, after a fork."""
        self._loop.forget_parent()
        self.close()

    def _close_session(self) -> None:
        self._abort()
        if self._session is not None:
            self._loop.create_task(self._session.close())

    def _abort(self) -> None:
        for protocol in list(self._protocols):
            protocol.abort()

    def _stop(self, *, whole: bool) -> None:
        """Stop the loop: at once, or in a round's time, when what does not last is closed."""
        if not whole:
            self._abort()
        lasts = whole and not any(one.should_close for one in self._protocols)
        self._loop.stop() if lasts else self._loop.call_soon(self._loop.stop)

    def _set_clock(self, limit: Deadline) -> None:
        """Have the time looked at by a limit; an earlier call's clock will do, if it is earlier."""
        due = self._loop.time() + limit.remaining()
        if self._clock is None or self._clock.when() > due:
            if self._clock is not None:
                self._clock.cancel()
            self._clock = self._loop.call_at(due, self._look_at_time)

    def _look_at_time(self) -> None:
        self._clock = None
        limit = self._deadline if self._loop.exchange.sent else self._loop.connect_by
        if not limit.expired:
            self._set_clock(limit)
        elif self._task is not None:
            self._expired = True
            self._task.cancel()

    async def _carry(self, exchange: Exchange) -> TransportFailure | None:
        whole = False
        try:
            async with self._request(exchange.request) as response:
                await _read(response, exchange)
                whole = response.connection is None and not exchange.truncated
        except TransportFailure as failure:
            return failure.with_traceback(None)
        except asyncio.CancelledError:
            if not self._expired:
                raise
            return exchange.late()
        except Exception as error:
            found = _failure(error, exchange)
            if found is None:
                raise
            return found
        else:
            return None
        finally:
            self._stop(whole=whole)

    def _request(self, request: HttpRequest) -> AbstractAsyncContextManager[aiohttp.ClientResponse]:
        session = self._session or self._open_session()
        fields: _Fields = request.headers.pairs
        if self._make is not None:
            fields = _without_fields_of(session, fields)
        limit = self._options.max_header_bytes
        return session.request(
            request.method,
            _parsed(request.url),
            data=_payload(request.body),
            headers=fields,
            skip_auto_headers=_missing(fields),
            allow_redirects=False,
            raise_for_status=False,
            auto_decompress=False,
            proxy=self._options.proxy,
            ssl=self._tls(request.url),
            timeout=_NO_TIMEOUT,
            max_line_size=limit,
            max_field_size=limit,
            max_headers=_MANY_HEADERS,
        )

    def _open_session(self) -> aiohttp.ClientSession:
        session = self._session = open_session(self._loop, self._make, self._expiry)
        assert session.connector is not None  # noqa: S101 - only a closed session has none
        session.connector._factory = self._new_protocol  # type: ignore[assignment]  # noqa: SLF001 - the one way in
        session._retry_connection = False  # noqa: SLF001 - it would send a GET a second time
        return session

    def _new_protocol(self) -> ResponseProtocol:
        protocol = ResponseProtocol(self._loop, self._options.max_header_bytes)
        self._protocols.add(protocol)
        return protocol

    def _tls(self, url: str) -> ssl.SSLContext | bool:
        plain = url.startswith("http:") and not (self._options.proxy or "").startswith("https:")
        if plain or self._make is not None:  # the caller's own connector has settings of its own
            return True
        return shared_context(self._options.ca_file, self._options.ca_dir)


async def _read(response: aiohttp.ClientResponse, exchange: Exchange) -> None:
    # a mock may lack the raw fields
    exchange.head(response.status, response.raw_headers or response.headers.items())
    content = response.content
    if content.at_eof():  # the body is empty, or a recorder or middleware has read it
        exchange.feed(await response.read())
    while not content.at_eof() and exchange.feed(await content.read(min(exchange.wanted, _PART))):
        if exchange.deadline.expired:
            raise exchange.late()


def _run_in_thread(session: LoopSession, exchange: Exchange) -> TransportFailure | None:
    future: Future[TransportFailure | None] = Future()

    def target() -> None:
        try:
            future.set_result(session._run(exchange))  # noqa: SLF001 - ours
        except BaseException as error:  # noqa: BLE001 - it goes on in the caller's thread
            future.set_exception(error)

    run = contextvars.copy_context().run  # with the span, for example, that a tracer is in
    threading.Thread(target=run, args=(target,), name="corechat-aiohttp", daemon=True).start()
    return future.result()


def _failure(error: Exception, exchange: Exchange) -> TransportFailure | None:
    if isinstance(error, aiohttp.ClientConnectorError):
        return exchange.failed(error)
    words = next((say(error) for kind, say in _WORDS if isinstance(error, kind)), "")
    return exchange.failure(ConnectionFailure, words) if words else None


def _parsed(url: str) -> URL:
    try:
        parsed = URL(url, encoded=url.isascii())
        _ = parsed.port  # read late, at its first use
    except ValueError:
        raise aiohttp.InvalidURL(url) from None
    return parsed


def _without_fields_of(session: aiohttp.ClientSession, fields: _Fields) -> _Fields:
    """Leave out the fields that the caller's own session brings along."""
    own = {*map(str.lower, session.headers), *(["authorization"] if session.auth else [])}
    return [field for field in fields if field[0].lower() not in own]


def _missing(fields: _Fields) -> tuple[str, ...] | None:
    """List the fields that aiohttp would add by itself."""
    given = {name.lower() for name, _ in fields}
    return tuple(_AUTOMATIC - given) or None  # which is much cheaper than an empty one


def _payload(body: bytes) -> bytes | io.BytesIO | None:
    """Wrap a large body, since aiohttp warns of large bytes."""
    return io.BytesIO(body) if len(body) > _LARGE_BODY else body or None
