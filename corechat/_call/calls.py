"""Calls: the journey of a client's calls, from parameters to checked answers."""

import threading
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from corechat._call.gate import Gate
from corechat._call.options import OF_A_CALL, CallOptions
from corechat._call.parts import ClientParts
from corechat._call.retry import check_retries
from corechat._call.settings import Settings
from corechat._call.typed import TypedCall
from corechat._call.unsupported_policy import settle_unsupported
from corechat._tools import FunctionTool, ToolRun, run_tools
from corechat.errors import APIStatusError, ConfigurationError
from corechat.plugins._around import Carry
from corechat.requests import ChatRequest
from corechat.requests._base import build_models
from corechat.responses import ChatResponse
from corechat.transport._deadline import Deadline

_BOUNDS = ("max_rounds", "max_total_tokens", "on_step", "tool_errors")


class Calls:
    """Make the calls of one client.

    Attributes:
        closed: whether the client is closed, and with it the copies that share its transport.
    """

    def __init__(
        self, settings: Settings, parts: ClientParts, closed: threading.Event | None = None
    ) -> None:
        build_models(ChatRequest, ChatResponse)  # threads may make the first calls
        self.closed = threading.Event() if closed is None else closed
        self._settings = settings
        self._parts = parts
        timeout = parts.provider.timeout if settings.timeout is None else settings.timeout
        Deadline.after(timeout)  # a plugin's provider may say anything
        self._timeout = timeout

    def complete(
        self,
        request: ChatRequest | None,
        params: dict[str, Any],
        options: CallOptions,
        gate: Gate | None = None,
    ) -> ChatResponse:
        """Carry one request, and return the answer with its checked values.

        A call of many is told by its gate when to wait, and when to end.
        """
        deadline = Deadline.after(self._timeout if options.timeout is None else options.timeout)
        extra_body = None if request is None else params.pop("extra_body", None)
        call = self._prepare(request, params, options)

        def carry(asked: ChatRequest, headers: Mapping[str, str] | None) -> ChatResponse:
            try:
                response = self._send(asked, headers, deadline, options, extra_body, gate)
            except APIStatusError as error:
                raise (call.error(error) or error) from None
            return replace(call, request=asked).finish(response)

        return self._with_hooks(call.request, options, carry)

    def run_tools(
        self,
        request: ChatRequest | None,
        tools: list[FunctionTool[..., Any]],
        given: dict[str, Any],
    ) -> ToolRun:
        """Carry the rounds of a run of tools; the last answer brings its checked value."""
        bounds = {name: given.pop(name) for name in _BOUNDS if name in given}
        options = CallOptions(**{name: given.pop(name) for name in OF_A_CALL if name in given})
        extra_body = None if request is None else given.pop("extra_body", None)
        call = self._prepare(request, given, options)
        whole = None if options.timeout is None else Deadline.after(options.timeout)

        def ask(one: ChatRequest) -> ChatResponse:
            deadline = whole or Deadline.after(self._timeout)

            def carry(asked: ChatRequest, headers: Mapping[str, str] | None) -> ChatResponse:
                try:
                    return self._send(asked, headers, deadline, options, extra_body, None)
                except APIStatusError as error:
                    raise (call.output_error(error) or error) from None

            return self._with_hooks(one, options, carry)

        rules = self._parts.provider.schema_rules
        run = run_tools(ask, call.request, tools, **bounds, rules=rules)
        if run.stop_reason != "answer":
            return run
        return replace(run, response=call.finish(run.response))

    def _prepare(
        self, request: ChatRequest | None, params: dict[str, Any], options: CallOptions
    ) -> TypedCall:
        rules = self._parts.provider.schema_rules
        return TypedCall.prepare(
            request, params, rules, strict=options.strict, lenient=options.lenient
        )

    def _with_hooks(self, request: ChatRequest, options: CallOptions, carry: Carry) -> ChatResponse:
        around = self._parts.around
        if around is None:
            return carry(request, options.headers)
        return around(request, options.headers, carry)

    def _send(  # noqa: PLR0913 - all that one request goes out with
        self,
        request: ChatRequest,
        headers: Mapping[str, str] | None,
        deadline: Deadline,
        options: CallOptions,
        extra_body: Mapping[str, Any] | None,
        gate: Gate | None,
    ) -> ChatResponse:
        if self.closed.is_set():
            raise ConfigurationError("This client is closed. Make a new one.")
        settings, parts = self._settings, self._parts
        retries = options.max_retries
        retries = settings.max_retries if retries is None else check_retries(retries)
        request, hint = settle_unsupported(request, parts.provider, settings.unsupported)
        message = parts.encoder.encode(request, headers=headers, extra_body=extra_body)
        if gate is not None:
            gate.model = request.model or ""
            deadline = gate.bound(deadline)
        response = parts.dispatcher.dispatch(message, deadline, retries, hint, gate)
        own = parts.provider.repeated_keys
        response.repeat_with(own if settings.repeated_keys is None else settings.repeated_keys)
        return response
