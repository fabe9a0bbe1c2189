"""Telemetry: a span and two measurements a call, and an event an attempt."""

import os
from collections.abc import Generator
from contextvars import ContextVar
from time import perf_counter

from opentelemetry import metrics, trace
from opentelemetry.propagate import inject

from corechat import __version__
from corechat.plugins import Provider, hookimpl
from corechat.requests import ChatRequest
from corechat.responses import ChatResponse
from corechat.transport import HttpResponse
from corechat_otel.attributes import (
    OPERATION,
    TOKEN_TYPE,
    endpoint_attributes,
    model_of,
    request_attributes,
)
from corechat_otel.call import TracedCall

CONTENT_VARIABLE = "OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT"
_ON_SPANS = frozenset({"true", "span_only", "span_and_event"})
_SECONDS = [0.01 * 2**power for power in range(14)]
_TOKENS = [4**power for power in range(14)]
_CALL: ContextVar[TracedCall] = ContextVar("corechat_otel_call")


class Telemetry:
    """Trace and measure a client's calls by OpenTelemetry's GenAI conventions.

    The plugin ``otel`` is one of these with its defaults: ``Client(plugins=["otel"])``.

    Args:
        content: whether spans hold messages, reasoning and tools, and the texts of errors, which
            may quote them; by default OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT says so
            at each call, with ``true``, ``span_only`` or ``span_and_event``.
        tracer_provider: makes the spans; by default OpenTelemetry's global one.
        meter_provider: keeps the measurements; by default OpenTelemetry's global one.
    """

    def __init__(
        self,
        *,
        content: bool | None = None,
        tracer_provider: trace.TracerProvider | None = None,
        meter_provider: metrics.MeterProvider | None = None,
    ) -> None:
        self._content = content
        self._tracer = trace.get_tracer("corechat", __version__, tracer_provider)
        meter = metrics.get_meter("corechat", __version__, meter_provider)
        self._duration = meter.create_histogram(
            "gen_ai.client.operation.duration",
            "s",
            "GenAI operation duration.",
            explicit_bucket_boundaries_advisory=_SECONDS,
        )
        self._tokens = meter.create_histogram(
            "gen_ai.client.token.usage",
            "{token}",
            "Number of input and output tokens used.",
            explicit_bucket_boundaries_advisory=_TOKENS,
        )

    @hookimpl(wrapper=True, tryfirst=True)  # outermost: spans of other plugins are its children
    def corechat_complete(
        self, request: ChatRequest, headers: dict[str, str], provider: Provider, url: str
    ) -> Generator[None, ChatResponse, ChatResponse]:
        """Trace and measure a call, and hand the span's context on in its headers.

        Args:
            request: what is asked.
            headers: what is sent besides.
            provider: whose endpoint it is.
            url: where the request goes.
        """
        common = endpoint_attributes(request, provider, url)
        model = model_of(request)
        started = perf_counter()
        with self._tracer.start_as_current_span(
            f"{OPERATION} {model}" if model else OPERATION,
            kind=trace.SpanKind.CLIENT,
            attributes={**common, **request_attributes(request)},
            record_exception=False,  # its message may quote what was said
            set_status_on_exception=False,
        ) as span:
            call = TracedCall(span, common, content=self._shows_content())
            _propagate(headers)
            token = _CALL.set(call)
            try:
                call.asked(request)
                response = yield
                call.answered(response, response.usage)
            except BaseException as error:
                call.failed(error)
                raise
            finally:
                _CALL.reset(token)
                self._duration.record(perf_counter() - started, call.common)
                for kind, count in call.tokens.items():
                    self._tokens.record(count, {**call.common, TOKEN_TYPE: kind})
            return response

    @hookimpl(wrapper=True)
    def corechat_send(self) -> Generator[None, HttpResponse, HttpResponse]:
        """Add an event to the call's span when an attempt ends."""
        call, started = _CALL.get(), perf_counter()
        try:
            response = yield
        except BaseException as error:
            call.attempted(perf_counter() - started, type(error).__qualname__)
            raise
        call.attempted(perf_counter() - started, response.status)
        return response

    def _shows_content(self) -> bool:
        if self._content is not None:
            return self._content
        return os.environ.get(CONTENT_VARIABLE, "").strip().lower() in _ON_SPANS


def _propagate(headers: dict[str, str]) -> None:
    """Add the fields of the propagators that are in use; one that the caller gave stays."""
    fields: dict[str, str] = {}
    inject(fields)
    given = {name.lower() for name in headers}
    headers.update({name: fields[name] for name in fields if name.lower() not in given})
