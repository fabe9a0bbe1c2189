"""The plugin ``otel`` beside OpenTelemetry's instrumentations of the HTTP libraries."""

from collections.abc import Iterator

import pytest
from opentelemetry.instrumentation.aiohttp_client import AioHttpClientInstrumentor
from opentelemetry.instrumentation.httpx import HTTPXClientInstrumentor
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from corechat.testing import LoopbackServer
from corechat_otel import Telemetry
from tests.ecosystem.conftest import MakeClient
from tests.ecosystem.support import KEY, ask


class Traces:
    """Spans kept in memory, and who makes them."""

    def __init__(self) -> None:
        self.exporter = InMemorySpanExporter()
        self.provider = TracerProvider()
        self.provider.add_span_processor(SimpleSpanProcessor(self.exporter))

    @property
    def spans(self) -> tuple[ReadableSpan, ...]:
        """The spans that have ended, in the order of their ends."""
        return self.exporter.get_finished_spans()


@pytest.fixture
def traces() -> Iterator[Traces]:
    """Trace httpx and aiohttp."""
    made = Traces()
    instrumentors = (HTTPXClientInstrumentor(), AioHttpClientInstrumentor())
    for one in instrumentors:
        one.instrument(tracer_provider=made.provider)
    yield made
    for one in instrumentors:
        one.uninstrument()
    made.provider.shutdown()


@pytest.mark.parametrize("backend", ["httpx", "aiohttp"])
def test_the_span_of_the_request_is_a_child_of_the_calls(
    make_client: MakeClient, live: LoopbackServer, traces: Traces, backend: str
) -> None:
    plugin = Telemetry(tracer_provider=traces.provider)
    client = make_client(backend, live.url, plugins=[plugin])
    assert ask(client) == "you said hi"
    request, call = traces.spans
    assert (request.name, call.name) == ("POST", "chat m")
    assert request.parent is not None
    context = call.get_span_context()
    assert context is not None
    assert request.parent.span_id == context.span_id
    assert KEY not in request.to_json() + call.to_json()


@pytest.mark.parametrize("backend", ["httpx", "aiohttp"])
def test_the_server_is_told_of_the_innermost_span_once(
    make_client: MakeClient, live: LoopbackServer, traces: Traces, backend: str
) -> None:
    plugin = Telemetry(tracer_provider=traces.provider)
    ask(make_client(backend, live.url, plugins=[plugin]))
    request, _ = traces.spans
    context = request.get_span_context()
    assert context is not None
    (told,) = live.received[0].values("traceparent")
    assert f"{context.span_id:016x}" in told


@pytest.mark.parametrize("backend", ["httpx", "httpx2", "aiohttp", "pyreqwest"])
def test_without_an_instrumentation_the_server_is_told_of_the_call(
    make_client: MakeClient, live: LoopbackServer, backend: str
) -> None:
    traces = Traces()
    plugin = Telemetry(tracer_provider=traces.provider)
    ask(make_client(backend, live.url, plugins=[plugin]))
    (call,) = traces.spans
    context = call.get_span_context()
    assert context is not None
    (told,) = live.received[0].values("traceparent")
    assert f"{context.span_id:016x}" in told
