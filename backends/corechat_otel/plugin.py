"""Registers the plugin ``otel``: spans and metrics for OpenTelemetry's global providers."""

from corechat_otel import Telemetry

plugin = Telemetry()
