"""Lane: one loop, one session, one call at a time."""

import asyncio
import contextlib
import io
import ssl
from collections.abc import Coroutine
from dataclasses import dataclass
from typing import Any

import aiohttp
from yarl import URL

from corechat._http.retry_after import read_retry_after, read_should_retry
from corechat.transport import (
    ConnectionFailure,
    Deadline,
    Headers,
    HttpRequest,
    HttpResponse,
    TransportFailure,
    TransportOptions,
    shared_context,
)
from corechat_aiohttp.connector import Connector
from corechat_aiohttp.failures import failure_from, timeout_failure
from corechat_aiohttp.private_loop import PrivateLoop
from corechat_aiohttp.reading import headers_of, read_response
from corechat_aiohttp.tap import Tap

_AUTOMATIC = frozenset({"accept", "accept-encoding", "content-type", "user-agent"})
_FEW_STEPS = 10
_LARGE_BODY = 1 << 20
_MANY_HEADERS = 1 << 20
_NO_TIMEOUT = aiohttp.ClientTimeout(total=None, sock_connect=None)
_STOP_SECONDS = 0.2

Outcome = HttpResponse | TransportFailure


class Lane:
    """Send requests one after the other, each from whichever thread holds the lane.

    Args:
        options: what the core tells every transport.
        keepalive_expiry: seconds after which an idle connection is closed.
    """

    def __init__(self, options: TransportOptions, keepalive_expiry: float) -> None:
        self._options = options
        self._keepalive_expiry = keepalive_expiry
        self._loop = PrivateLoop()
        self._connector: Connector | None = None
        self._session: aiohttp.ClientSession | None = None
        self._task: asyncio.Task[Outcome] | None = None
        self._clock: asyncio.TimerHandle | None = None
        self._deadline = Deadline(0)
        self._expired = False
        self._target: _Target | None = None

    def run(self, request: HttpRequest, deadline: Deadline) -> Outcome:
        """Send a request and run the loop until the outcome is there.

        Args:
            request: what to send.
            deadline: when to give up.

        Returns:
            The response, or the failure; it is not raised here, since raising one where another
            exception is handled would tie the two together.
        """
        target = self._target_of(request.url)
        if isinstance(target, TransportFailure):
            return target
        self._deadline, self._expired = deadline, False
        self._task = task = self._loop.create_task(self._exchange(request, target))
        first = min(self._options.connect_timeout, deadline.remaining())
        self._clock = self._loop.call_later(first, self._expire)
        try:
            return self._loop.run_until_complete(task)
        except BaseException:
            self._stop(task)
            raise
        finally:
            self._clock.cancel()
            self._task = None

    def interrupt(self) -> None:
        """Cancel the call that another thread runs in this lane."""
        task = self._task
        if task is not None:
            with contextlib.suppress(RuntimeError):  # it ended, and the lane was closed
                self._loop.call_soon_threadsafe(task.cancel)

    def close(self) -> None:
        """Drop every connection; from any thread, in any state, without running the loop."""
        connector, session = self._connector, self._session
        self._connector = self._session = None
        self._loop.close_with(connector.abort if connector else _nothing)
        if session is not None:
            _run_without_loop(session.close())

    def abandon(self) -> None:
        """Let go of what belongs to the parent process; for the child, after a fork."""
        self._loop.forget_parent()
        self.close()

    def _stop(self, task: asyncio.Task[Outcome]) -> None:
        if task.done():
            return
        task.cancel()
        stop = self._loop.call_later(_STOP_SECONDS, self._loop.stop)
        with contextlib.suppress(asyncio.CancelledError, Exception):
            self._loop.run_until_complete(task)
        stop.cancel()

    def _expire(self) -> None:
        connected = self._connector is not None and self._connector.tap is not None
        left = self._deadline.remaining() if connected else 0.0
        if left > 0:  # it was the bound on connecting; a clock a phase would cost every call one
            self._clock = self._loop.call_later(left, self._expire)
        elif self._task is not None:
            self._expired = True
            self._task.cancel()

    def _target_of(self, url: str) -> "_Target | TransportFailure":
        if self._target is None or self._target.text != url:
            try:
                parsed = URL(url, encoded=url.isascii())
                _ = parsed.raw_host, parsed.port  # parsed late, at their first use
            except ValueError:
                return ConnectionFailure(f"the URL {url!r} cannot be used", sent=False)
            tls = url.startswith("https:") or (self._options.proxy or "").startswith("https:")
            context = shared_context(self._options.ca_file, self._options.ca_dir) if tls else True
            self._target = _Target(url, parsed, context)
        return self._target

    def _open(self) -> tuple[Connector, aiohttp.ClientSession]:
        limit = self._options.max_header_bytes
        connector = Connector(self._keepalive_expiry, limit)
        session = aiohttp.ClientSession(
            connector=connector,
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,
            timeout=_NO_TIMEOUT,
            max_line_size=limit,
            max_field_size=limit,
            max_headers=_MANY_HEADERS,
        )
        self._connector, self._session = connector, session
        return connector, session

    async def _exchange(self, request: HttpRequest, target: "_Target") -> Outcome:
        connector, session = self._connector, self._session
        if connector is None or session is None:
            connector, session = self._open()
        connector.tap = None
        response: aiohttp.ClientResponse | None = None
        payload = _payload(request.body)
        try:
            response = await session.request(
                request.method,
                target.url,
                data=payload,
                headers=request.headers.pairs,
                skip_auto_headers=_missing(request.headers),
                allow_redirects=False,
                proxy=self._options.proxy,
                ssl=target.tls,
            )
            answer = await read_response(response, connector.tap, self._options)
        except BaseException as error:
            if response is not None:
                response.close()
            outcome = self._failure(error, response, connector.tap)
            if outcome is None:
                raise
            if response is not None:
                outcome.retry_after = read_retry_after(headers_of(response))
                outcome.should_retry = read_should_retry(headers_of(response))
            return outcome
        if connector.tap is not None:
            connector.tap.drop_unsent(body_sent=_is_read(payload))
        return answer

    def _failure(
        self, error: BaseException, response: aiohttp.ClientResponse | None, tap: Tap | None
    ) -> TransportFailure | None:
        status = None if response is None else response.status
        if isinstance(error, TransportFailure):
            return error.with_traceback(None)
        if isinstance(error, asyncio.CancelledError) and self._expired:
            return timeout_failure(tap, status, self._options)
        if isinstance(error, Exception):
            return failure_from(error, tap, status, self._options)
        return None


@dataclass(frozen=True, slots=True)
class _Target:
    text: str
    url: URL
    tls: ssl.SSLContext | bool


def _missing(headers: Headers) -> tuple[str, ...] | None:
    given = {name.lower() for name, _ in headers.pairs}
    return None if given >= _AUTOMATIC else tuple(_AUTOMATIC - given)  # None is much cheaper


def _payload(body: bytes) -> bytes | io.BytesIO | None:
    if len(body) > _LARGE_BODY:
        return io.BytesIO(body)  # aiohttp warns of large bytes
    return body or None


def _is_read(payload: bytes | io.BytesIO | None) -> bool:
    if not isinstance(payload, io.BytesIO) or payload.closed:
        return True
    return payload.tell() == payload.getbuffer().nbytes


def _nothing() -> None:
    pass


def _run_without_loop(coroutine: Coroutine[Any, Any, None]) -> None:
    """Run a coroutine that has nothing left to wait for: aiohttp's close, all being closed."""
    try:
        for _ in range(_FEW_STEPS):
            coroutine.send(None)
    except StopIteration:
        return
    coroutine.close()
