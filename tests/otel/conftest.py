"""Telemetry of the tests, kept in memory."""

from tests.otel.kept import kept

__all__ = ["kept"]
