"""What records or traces aiohttp sees corechat's calls: vcrpy, pytest-recording, OpenTelemetry."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
import vcr
from opentelemetry.instrumentation.aiohttp_client import AioHttpClientInstrumentor
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

import corechat
from corechat.testing import LoopbackServer
from tests.ecosystem.conftest import MakeClient
from tests.ecosystem.support import ask

pytest_plugins = ["pytester"]


def test_vcrpy_records_and_replays(
    make_client: MakeClient, live: LoopbackServer, tmp_path: Path
) -> None:
    path = str(tmp_path / "chat.yaml")
    client = make_client("aiohttp", live.url)
    with vcr.use_cassette(path, record_mode="once", filter_headers=["authorization"]) as first:
        assert ask(client) == "you said hi"
    assert len(first) == 1
    assert len(live.received) == 1
    with vcr.use_cassette(path, record_mode="none") as again:
        assert ask(client) == "you said hi"
        assert again.play_count == 1
    assert len(live.received) == 1
    assert ask(client) == "you said hi"  # and live again
    assert len(live.received) == 2


def test_what_vcrpy_recorded_corechat_replays(
    make_client: MakeClient, live: LoopbackServer, tmp_path: Path
) -> None:
    path = tmp_path / "chat.yaml"
    with vcr.use_cassette(str(path), filter_headers=["authorization"]):
        ask(make_client("aiohttp", live.url))
    with corechat.Client("replay", cassette=path) as offline:
        assert ask(offline) == "you said hi"


def test_a_call_that_vcrpy_does_not_know_fails_and_goes_nowhere(
    make_client: MakeClient, live: LoopbackServer, tmp_path: Path
) -> None:
    with (
        vcr.use_cassette(str(tmp_path / "none.yaml"), record_mode="none"),
        pytest.raises(corechat.CorechatError, match="CannotOverwriteExistingCassette"),
    ):
        ask(make_client("aiohttp", live.url))
    assert live.received == []


def test_pytest_recording_records_and_replays(
    pytester: pytest.Pytester, live: LoopbackServer
) -> None:
    pytester.makepyfile(
        f"""
        import corechat, pytest

        @pytest.mark.vcr(filter_headers=["authorization"])
        def test_it():
            with corechat.Client("aiohttp", base_url="{live.url}/v1", api_key="k") as client:
                messages = [{{"role": "user", "content": "hi"}}]
                assert client.complete(model="m", messages=messages).text == "you said hi"
        """
    )
    quick = ("-p", "no:cacheprovider", "-p", "no:hypothesispytest")
    pytester.runpytest_inprocess("--record-mode=once", *quick).assert_outcomes(passed=1)
    assert len(live.received) == 1
    pytester.runpytest_inprocess(*quick).assert_outcomes(passed=1)
    assert len(live.received) == 1


@pytest.fixture
def provider() -> TracerProvider:
    return TracerProvider()


@pytest.fixture
def spans(provider: TracerProvider) -> Iterator[InMemorySpanExporter]:
    """Trace aiohttp, and give what was traced."""
    exporter = InMemorySpanExporter()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    instrumentor = AioHttpClientInstrumentor()
    instrumentor.instrument(tracer_provider=provider)
    yield exporter
    instrumentor.uninstrument()
    provider.shutdown()


def test_opentelemetry_sees_a_span_for_each_request(
    make_client: MakeClient, live: LoopbackServer, spans: InMemorySpanExporter
) -> None:
    client = make_client("aiohttp", live.url)
    for _ in range(2):
        ask(client)
    first, second = spans.get_finished_spans()
    attributes = dict(first.attributes or {})
    assert first.name == second.name == "POST"
    assert f"{live.url}/v1/chat/completions" in attributes.values()
    assert 200 in attributes.values()
    assert live.received[0].values("traceparent")  # the trace goes on at the server


def test_the_span_of_a_request_lies_in_that_of_its_caller(
    make_client: MakeClient,
    live: LoopbackServer,
    provider: TracerProvider,
    spans: InMemorySpanExporter,
) -> None:
    client = make_client("aiohttp", live.url)
    tracer = provider.get_tracer("caller")

    async def inside_a_loop() -> None:
        ask(client)

    with tracer.start_as_current_span("caller") as caller:
        ask(client)
        asyncio.run(inside_a_loop())
    requests = [span for span in spans.get_finished_spans() if span.name == "POST"]
    assert [span.parent and span.parent.span_id for span in requests] == [
        caller.get_span_context().span_id
    ] * 2
