"""The fixture `kept`: spans and measurements of a test, kept in memory."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from corechat_otel import Telemetry


@dataclass
class Kept:
    """What a test's telemetry has kept."""

    tracers: TracerProvider
    meters: MeterProvider
    exporter: InMemorySpanExporter
    reader: InMemoryMetricReader

    def plugin(self, *, content: bool | None = None) -> Telemetry:
        """Make the plugin, for these providers."""
        return Telemetry(content=content, tracer_provider=self.tracers, meter_provider=self.meters)

    @property
    def spans(self) -> tuple[ReadableSpan, ...]:
        """The spans that have ended."""
        return self.exporter.get_finished_spans()

    @property
    def span(self) -> ReadableSpan:
        """The one span that has ended."""
        (span,) = self.spans
        return span

    @property
    def attributes(self) -> dict[str, Any]:
        """The attributes of the one span."""
        return dict(self.span.attributes or {})

    @property
    def attempts(self) -> list[dict[str, Any]]:
        """The attributes of the one span's events, but for the seconds."""
        events = [dict(event.attributes or {}) for event in self.span.events]
        return [
            {name: value for name, value in one.items() if name != "corechat.attempt.duration"}
            for one in events
        ]

    def points(self, name: str) -> list[Any]:
        """Give the data points of a histogram."""
        return [
            point
            for metric in self._metrics()
            if metric["name"] == name
            for point in metric["data"]["data_points"]
        ]

    def _metrics(self) -> list[dict[str, Any]]:
        data = self.reader.get_metrics_data()
        if data is None:
            return []
        (resource,) = json.loads(data.to_json())["resource_metrics"]
        (scope,) = resource["scope_metrics"]
        metrics: list[dict[str, Any]] = scope["metrics"]
        return metrics

    def text(self) -> str:
        """Write out everything that an exporter would see."""
        return "".join([*(span.to_json() for span in self.spans), json.dumps(self._metrics())])


@pytest.fixture
def kept() -> Iterator[Kept]:
    """Keep spans and measurements in memory."""
    exporter, reader = InMemorySpanExporter(), InMemoryMetricReader()
    tracers, meters = TracerProvider(), MeterProvider([reader])
    tracers.add_span_processor(SimpleSpanProcessor(exporter))
    yield Kept(tracers, meters, exporter, reader)
    tracers.shutdown()
    meters.shutdown()
