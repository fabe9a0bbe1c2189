"""One chat request, one round trip, one typed answer, over a transport that you pick by name."""

from corechat._batch.outcome import Outcome
from corechat._batch.outcomes import Outcomes
from corechat._batch.stop import StopWhen
from corechat._call.other_clients import ALIASES as _ALIASES
from corechat._call.other_clients import CLASSES as _CLASSES
from corechat._call.other_clients import explain as _explain
from corechat._call.other_clients import stand_in as _stand_in
from corechat._client import Client
from corechat._errors.warning import UnknownWordWarning, UnsupportedFieldWarning
from corechat._http.messages import Headers
from corechat._structured import OutputType
from corechat._tools import FunctionTool, ToolRun, ToolStep, tool, validate_call
from corechat._version import __version__
from corechat.errors import (
    APIConnectionError,
    APIError,
    APIResponseValidationError,
    APIStatusError,
    APITimeoutError,
    AuthenticationError,
    BackendNotFoundError,
    BadRequestError,
    BatchError,
    CapacityExceededError,
    CassetteError,
    ConfigurationError,
    ConflictError,
    CorechatError,
    ExecutorError,
    InternalServerError,
    InvalidToolArgumentsError,
    MissingDependencyError,
    NotFoundError,
    PermissionDeniedError,
    PluginError,
    ProviderNotFoundError,
    RateLimitError,
    RefusedOutputError,
    RefusedToolArgumentsError,
    RefusedToolCallError,
    RefusedUnknownToolError,
    RequestValidationError,
    ResponseTooLargeError,
    StructuredOutputError,
    ToolCallError,
    ToolNotCalledError,
    UnknownToolError,
    UnmatchedRequestError,
    UnprocessableEntityError,
)
from corechat.requests import (
    AssistantMessage,
    AudioPart,
    ChatRequest,
    DeveloperMessage,
    DocumentPart,
    FilePart,
    FunctionDefinition,
    FunctionMessage,
    ImagePart,
    JsonSchemaFormat,
    ResponseFormat,
    SystemMessage,
    TextPart,
    Tool,
    ToolMessage,
    UserMessage,
)
from corechat.responses import (
    ChatResponse,
    Choice,
    FunctionCall,
    HttpInfo,
    Logprobs,
    Message,
    ParsedChatResponse,
    RateLimits,
    TokenLogprob,
    ToolCall,
    Usage,
)

__all__ = [
    "APIConnectionError",
    "APIError",
    "APIResponseValidationError",
    "APIStatusError",
    "APITimeoutError",
    "AssistantMessage",
    "AudioPart",
    "AuthenticationError",
    "BackendNotFoundError",
    "BadRequestError",
    "BatchError",
    "CapacityExceededError",
    "CassetteError",
    "ChatRequest",
    "ChatResponse",
    "Choice",
    "Client",
    "ConfigurationError",
    "ConflictError",
    "CorechatError",
    "DeveloperMessage",
    "DocumentPart",
    "ExecutorError",
    "FilePart",
    "FunctionCall",
    "FunctionDefinition",
    "FunctionMessage",
    "FunctionTool",
    "Headers",
    "HttpInfo",
    "ImagePart",
    "InternalServerError",
    "InvalidToolArgumentsError",
    "JsonSchemaFormat",
    "Logprobs",
    "Message",
    "MissingDependencyError",
    "NotFoundError",
    "Outcome",
    "Outcomes",
    "OutputType",
    "ParsedChatResponse",
    "PermissionDeniedError",
    "PluginError",
    "ProviderNotFoundError",
    "RateLimitError",
    "RateLimits",
    "RefusedOutputError",
    "RefusedToolArgumentsError",
    "RefusedToolCallError",
    "RefusedUnknownToolError",
    "RequestValidationError",
    "ResponseFormat",
    "ResponseTooLargeError",
    "StopWhen",
    "StructuredOutputError",
    "SystemMessage",
    "TextPart",
    "TokenLogprob",
    "Tool",
    "ToolCall",
    "ToolCallError",
    "ToolMessage",
    "ToolNotCalledError",
    "ToolRun",
    "ToolStep",
    "UnknownToolError",
    "UnknownWordWarning",
    "UnmatchedRequestError",
    "UnprocessableEntityError",
    "UnsupportedFieldWarning",
    "Usage",
    "UserMessage",
    "__version__",
    "tool",
    "validate_call",
]

_ROOMS = ("errors", "plugins", "requests", "responses", "transport")

for _name in __all__:  # errors and models say where a user finds them, also in a pickle
    if _name != "__version__":
        globals()[_name].__module__ = __name__


def __getattr__(name: str) -> object:
    if name in _ALIASES:
        return _ALIASES[name]
    if name in _CLASSES:
        return _stand_in(name)
    raise _explain("corechat", name)


def __dir__() -> list[str]:
    return sorted([*__all__, *_ROOMS])
