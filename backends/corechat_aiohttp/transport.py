"""AiohttpTransport: aiohttp, run to completion for a synchronous caller."""

import contextvars
import threading
import weakref
from collections.abc import Callable
from concurrent.futures import Future

from corechat.errors import ConfigurationError
from corechat.transport import Deadline, HttpRequest, HttpResponse, Pool, TransportFailure
from corechat_aiohttp.loop import running_loop
from corechat_aiohttp.session import LoopSession, Outcome


class AiohttpTransport:
    """Send requests over aiohttp, each on an event loop that runs in the caller's thread.

    Where that thread already runs a loop (a notebook, a web handler), this is forbidden; there it
    runs in a short-lived thread, while the caller waits.
    """

    def __init__(self, make: Callable[[], LoopSession], limit: int, expiry: float) -> None:
        self._closed = False
        close, abandon = LoopSession.close, LoopSession.abandon
        self._pool = Pool(make, close=close, abandon=abandon, limit=limit, expiry=expiry)
        weakref.finalize(self, self._pool.close)

    def send(self, request: HttpRequest, deadline: Deadline) -> HttpResponse:
        """Send the request and read the whole response."""
        if self._closed:
            raise ConfigurationError("This transport is closed.")
        session = self._pool.take(deadline)
        sound = False
        try:
            send = _send_in_thread if running_loop() else LoopSession.send
            outcome = send(session, request, deadline)
            sound = True
        finally:
            self._pool.give_back(session, sound=sound)
        if isinstance(outcome, TransportFailure):
            raise outcome
        return outcome

    def close(self) -> None:
        """Close every connection; those of calls under way, when they end."""
        self._closed = True
        self._pool.close()


def _send_in_thread(session: LoopSession, request: HttpRequest, deadline: Deadline) -> Outcome:
    future: Future[Outcome] = Future()

    def target() -> None:
        try:
            future.set_result(session.send(request, deadline))
        except BaseException as error:  # noqa: BLE001 - it goes on in the caller's thread
            future.set_exception(error)

    run = contextvars.copy_context().run  # with the span, for example, that a tracer is in
    threading.Thread(target=run, args=(target,), name="corechat-aiohttp", daemon=True).start()
    return future.result()
