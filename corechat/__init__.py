"""One chat request, one round trip, one typed answer, over a transport that you pick by name."""

from corechat.capabilities import UnsupportedFieldWarning
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
from corechat.function_tools import FunctionTool, ToolRun, ToolStep, tool, validate_call
from corechat.hookspecs import hookimpl
from corechat.http_messages import Headers, HttpRequest, HttpResponse
from corechat.output_errors import (
    InvalidToolArgumentsError,
    StructuredOutputError,
    ToolCallError,
    UnknownToolError,
)
from corechat.provider import Provider
from corechat.requests import ChatRequest
from corechat.responses import ChatResponse, ParsedChatResponse
from corechat.structured import OutputType
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
    "FunctionTool",
    "Headers",
    "HttpRequest",
    "HttpResponse",
    "InternalServerError",
    "InvalidToolArgumentsError",
    "MissingDependencyError",
    "NotFoundError",
    "OutputType",
    "ParsedChatResponse",
    "PermissionDeniedError",
    "PluginError",
    "Provider",
    "ProviderNotFoundError",
    "RateLimitError",
    "RequestValidationError",
    "ResponseTooLargeError",
    "StructuredOutputError",
    "TimeoutFailure",
    "TooLargeFailure",
    "ToolCallError",
    "ToolRun",
    "ToolStep",
    "Transport",
    "TransportFactory",
    "TransportFailure",
    "TransportOptions",
    "UnknownToolError",
    "UnmatchedRequestError",
    "UnprocessableEntityError",
    "UnsupportedFieldWarning",
    "__version__",
    "hookimpl",
    "tool",
    "validate_call",
]
