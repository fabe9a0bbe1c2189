"""AiohttpTransport: aiohttp, run to completion for a synchronous caller."""

import asyncio
import threading
import weakref
from concurrent.futures import Future
from functools import partial

from corechat.errors import ConfigurationError
from corechat.transport import (
    Deadline,
    HttpRequest,
    HttpResponse,
    TransportFailure,
    TransportOptions,
)
from corechat_aiohttp.lane import Lane, Outcome
from corechat_aiohttp.pool import Pool
from corechat_aiohttp.pools import Pools

_STOP_SECONDS = 0.3


class AiohttpTransport:
    """Send requests over aiohttp, each on a private event loop that runs in the caller's thread.

    Where the caller's thread already runs a loop (a notebook, a web handler), that is forbidden;
    there the private loop runs in a short-lived thread, while the caller waits.

    Args:
        options: what the core tells every transport.
        max_connections: how many calls may be on the wire at once.
        keepalive_expiry: seconds after which an idle connection is closed.
    """

    def __init__(
        self, options: TransportOptions, max_connections: int, keepalive_expiry: float
    ) -> None:
        self._closed = False
        make = partial(Lane, options, keepalive_expiry)
        self._pools = Pools(partial(Pool, make, max_connections, keepalive_expiry))
        weakref.finalize(self, self._pools.close)

    def send(self, request: HttpRequest, deadline: Deadline) -> HttpResponse:
        """Send the request and read the whole response.

        Args:
            request: the request, complete but for Host and Content-Length.
            deadline: the moment by which this has returned or raised.

        Raises:
            ConnectionFailure: no whole response came.
            TimeoutFailure: the deadline or the bound on connecting passed.
            TooLargeFailure: the response is over a bound.
            ConfigurationError: the transport is closed.
        """
        if self._closed:
            raise ConfigurationError("This transport is closed.")
        pool = self._pools.current()
        lane = pool.take(deadline)
        sound = False
        try:
            run = _run_in_thread if _loop_is_running() else Lane.run
            outcome = run(lane, request, deadline)
            sound = True
        finally:
            pool.give_back(lane, sound=sound)
        if isinstance(outcome, TransportFailure):
            raise outcome
        return outcome

    def close(self) -> None:
        """Close every connection; those of calls under way, when they end."""
        self._closed = True
        self._pools.close()


def _loop_is_running() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


def _run_in_thread(lane: Lane, request: HttpRequest, deadline: Deadline) -> Outcome:
    future: Future[Outcome] = Future()
    given_up = threading.Event()

    def target() -> None:
        try:
            future.set_result(lane.run(request, deadline))
        except BaseException as error:  # noqa: BLE001 - it goes on in the caller's thread
            future.set_exception(error)
        if given_up.is_set():
            lane.close()

    thread = threading.Thread(target=target, name="corechat-aiohttp", daemon=True)
    thread.start()
    try:
        return future.result()
    except BaseException:
        given_up.set()
        lane.interrupt()
        thread.join(_STOP_SECONDS)
        raise
