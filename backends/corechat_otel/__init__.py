"""corechat's built-in plugin ``otel``: spans and metrics by OpenTelemetry's GenAI conventions."""

from corechat.errors import MissingDependencyError

try:
    from corechat_otel.telemetry import Telemetry
except ModuleNotFoundError as _error:
    if not str(_error.name).startswith("opentelemetry"):
        raise
    raise MissingDependencyError(
        "The plugin 'otel' needs the library opentelemetry: pip install 'corechat[otel]'"
    ) from None

__all__ = ["Telemetry"]
