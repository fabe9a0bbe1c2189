"""One chat request, one round trip, one typed answer, over a transport that you pick by name."""

from corechat.client import Client
from corechat.deadline import Deadline
from corechat.errors import (
    APIConnectionError,
    APIError,
    APIResponseValidationError,
    APIStatusError,
    APITimeoutError,
    AuthenticationError,
    BackendNotFoundError,
    BadRequestError,
    CapacityExceededError,
    CassetteError,
    ConfigurationError,
    ConflictError,
    CorechatError,
    InternalServerError,
    MissingDependencyError,
    NotFoundError,
    PermissionDeniedError,
    PluginError,
    ProviderNotFoundError,
    RateLimitError,
    RequestValidationError,
    ResponseTooLargeError,
    UnmatchedRequestError,
    UnprocessableEntityError,
)
from corechat.hookspecs import hookimpl
from corechat.http_messages import Headers, HttpRequest, HttpResponse
from corechat.provider import Provider
from corechat.requests import ChatRequest
from corechat.responses import ChatResponse
from corechat.transport import (
    ConnectionFailure,
    TimeoutFailure,
    TooLargeFailure,
    Transport,
    TransportFactory,
    TransportFailure,
    TransportOptions,
)
from corechat.version import __version__

__all__ = [
    "APIConnectionError",
    "APIError",
    "APIResponseValidationError",
    "APIStatusError",
    "APITimeoutError",
    "AuthenticationError",
    "BackendNotFoundError",
    "BadRequestError",
    "CapacityExceededError",
    "CassetteError",
    "ChatRequest",
    "ChatResponse",
    "Client",
    "ConfigurationError",
    "ConflictError",
    "ConnectionFailure",
    "CorechatError",
    "Deadline",
    "Headers",
    "HttpRequest",
    "HttpResponse",
    "InternalServerError",
    "MissingDependencyError",
    "NotFoundError",
    "PermissionDeniedError",
    "PluginError",
    "Provider",
    "ProviderNotFoundError",
    "RateLimitError",
    "RequestValidationError",
    "ResponseTooLargeError",
    "TimeoutFailure",
    "TooLargeFailure",
    "Transport",
    "TransportFactory",
    "TransportFailure",
    "TransportOptions",
    "UnmatchedRequestError",
    "UnprocessableEntityError",
    "__version__",
    "hookimpl",
]
