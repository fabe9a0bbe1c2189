"""Dispatcher: the attempts of one call over the transport, until an answer or an error."""

import logging
import random
import time
from dataclasses import dataclass, field, replace

from corechat._call.call_errors import CallErrors
from corechat._call.decode import Decoder
from corechat._call.gate import Gate, SharedGovernor
from corechat._call.governor import OVERLOADED
from corechat._call.quota import RetryQuota
from corechat._call.retry import AttemptOutcome, decide
from corechat._errors.text import exception_text, excerpt
from corechat._http.messages import Headers, HttpRequest, HttpResponse
from corechat._http.response_headers import read_request_id
from corechat._http.retry_after import read_should_retry
from corechat.errors import (
    APIStatusError,
    CorechatError,
    PluginError,
)
from corechat.plugins._named import Send
from corechat.responses import ChatResponse
from corechat.transport import (
    ConnectionFailure,
    TimeoutFailure,
    TransportFailure,
)
from corechat.transport._deadline import Deadline
from corechat.transport._process import PerProcess

_log = logging.getLogger("corechat")
_KINDS = (("status", int), ("headers", Headers), ("body", bytes))


@dataclass(slots=True)
class _Call:
    request: HttpRequest
    deadline: Deadline
    max_retries: int
    hint: str
    started: float
    gate: Gate | None = None
    attempt_started: float = 0.0
    attempts: int = 0
    retries: int = 0
    stale_tried: bool = False
    cost: int = 0
    errors: list[CorechatError] = field(default_factory=list)


class Dispatcher:
    """Send requests by one transport's `send`, retry by the policy, decode the answer.

    Attempts are not waited for where `sleeps` is false: a recording need not rest.
    """

    def __init__(  # noqa: PLR0913 - the parts of a call, each made elsewhere
        self,
        send: Send,
        backend: str,
        address: str,
        errors: CallErrors,
        decoder: Decoder,
        *,
        sleeps: bool = True,
    ) -> None:
        self._send = send
        self._backend = backend
        self._address = address
        self._errors = errors
        self._decoder = decoder
        self._sleeps = sleeps
        self._quota = RetryQuota()
        self._governor = PerProcess(SharedGovernor)

    def dispatch(
        self,
        request: HttpRequest,
        deadline: Deadline,
        max_retries: int,
        hint: str = "",
        gate: Gate | None = None,
    ) -> ChatResponse:
        """Return the answer of one call, or raise the error that says why it did not come.

        The same request goes out on every attempt; the hint is added to the error of a 400. With
        a gate the rate limits are kept, and the call's time does not run while it waits for them.
        """
        call = _Call(request, deadline, max_retries, hint, time.monotonic())
        if gate is not None and gate.governed and self._sleeps:  # a recording has no limits to keep
            call.gate = gate
        while True:
            ended = self._attempt(call) if call.gate is None else self._governed(call, call.gate)
            if isinstance(ended, ChatResponse):
                return ended
            if not self._wait(call, ended):
                raise call.errors.pop()  # popped: an error that its own traceback refers to lingers

    def _governed(self, call: _Call, gate: Gate) -> ChatResponse | AttemptOutcome:
        governor = self._governor.get()
        sent, waited = governor.enter(gate, len(call.request.body))
        call.started += waited
        call.deadline = gate.bound(call.deadline.later(waited))
        end: ChatResponse | CorechatError | None = None
        try:
            ended = self._attempt(call)
            end = ended if isinstance(ended, ChatResponse) else call.errors[-1]
        finally:
            governor.leave(sent, end)
        return ended

    def _attempt(self, call: _Call) -> ChatResponse | AttemptOutcome:
        """Make one attempt; where it fails, its error is left in the call."""
        call.attempts += 1
        call.attempt_started = time.monotonic()
        try:
            response = self._send_once(call)
        except TransportFailure as failure:
            self._record(call, type(failure).__name__)
            call.errors = [
                self._errors.of_failure(
                    failure,
                    elapsed=time.monotonic() - call.started,
                    attempts=call.attempts,
                    limit="timeout" if failure.sent or call.deadline.expired else "connect_timeout",
                )
            ]
            return _from_failure(failure)
        self._record(call, str(response.status), response)
        if 200 <= response.status < 300:  # noqa: PLR2004 - RFC 9110 §15.3
            self._quota.give_back(call.cost)
            try:
                return self._decoder.decode(
                    response, elapsed=time.monotonic() - call.started, attempts=call.attempts
                )
            except CorechatError as error:
                # its frames would keep the whole body for as long as the error is kept
                call.errors = [error.with_traceback(None)]
                return AttemptOutcome(status=response.status, bytes_received=True)
        status_error = self._errors.of_status(response, attempts=call.attempts, hint=call.hint)
        call.errors = [status_error]
        return _from_status(response, status_error)

    def _send_once(self, call: _Call) -> HttpResponse:
        try:
            response = self._send(call.request, call.deadline)
        except (TransportFailure, CorechatError):
            raise
        except Exception as error:  # noqa: BLE001 - a plugin may raise anything; it is not the network's fault
            said = self._errors.redact(exception_text(error))  # before a cut can halve the key
            foreign = f"{type(error).__name__}: {excerpt(said, 300)}"
        else:
            foreign = _breach(response)
            if not foreign:
                return response
        raise PluginError(
            f"The backend {self._backend!r}, or a plugin around it, broke its contract: {foreign}. "
            "This is a defect of the plugin; the call was not tried again."
        )

    def _wait(self, call: _Call, outcome: AttemptOutcome) -> bool:
        if call.gate is not None and outcome.status in OVERLOADED and outcome.retry_after:
            outcome = replace(outcome, retry_after=0.0)  # the governor holds all back as long
        decision = decide(
            outcome,
            retries=call.retries,
            max_retries=call.max_retries,
            time_left=call.deadline.remaining(),
            quota=self._quota.available,
            jitter=random.random(),  # noqa: S311 - spreads retries, guards nothing
            stale_tried=call.stale_tried,
        )
        if decision.wait is None or not self._quota.take(decision.cost):
            _log.debug("not tried again: %s", decision.why)
            return False
        if decision.counted:
            call.retries += 1
            call.cost = decision.cost
        else:
            call.stale_tried = True
        _log.info("trying again in %.3f s: %s", decision.wait, decision.why)
        if self._sleeps:
            time.sleep(decision.wait)
        return True

    def _record(self, call: _Call, outcome: str, response: HttpResponse | None = None) -> None:
        if not _log.isEnabledFor(logging.INFO):
            return
        request_id = read_request_id(response.headers) if response else None
        now = time.monotonic()
        _log.info(
            "POST %s %s in %.3f s, attempt %d, %.3f s into the call, request id %s",
            self._address,
            outcome,
            now - call.attempt_started,
            call.attempts,
            now - call.started,
            excerpt(self._errors.redact(request_id), 100) if request_id else "-",
        )


def _breach(response: object) -> str:
    if not isinstance(response, HttpResponse):
        return f"it returned a {type(response).__name__}, not an HttpResponse"
    for name, kind in _KINDS:
        value: object = getattr(response, name)
        if not isinstance(value, kind):
            return f"its response's {name} is a {type(value).__name__}, not a {kind.__name__}"
    return "" if 200 <= response.status <= 599 else "its response's status is not a final one"  # noqa: PLR2004 - RFC 9110 §15


def _from_failure(failure: TransportFailure) -> AttemptOutcome:
    return AttemptOutcome(
        status=failure.status,
        failure=(
            "timeout"
            if isinstance(failure, TimeoutFailure)
            else "connection"
            if isinstance(failure, ConnectionFailure)
            else "too_large"
        ),
        bytes_received=failure.bytes_received,
        reused=failure.reused,
        sent=failure.sent,
        retry_after=failure.retry_after,
        should_retry=failure.should_retry,
    )


def _from_status(response: HttpResponse, error: APIStatusError) -> AttemptOutcome:
    return AttemptOutcome(
        status=response.status,
        bytes_received=True,
        retry_after=error.retry_after,
        should_retry=read_should_retry(response.headers),
        message=error.message,
    )
