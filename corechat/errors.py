"""The error tree. Nothing else leaves a call but KeyboardInterrupt and its kind.

CorechatError
├── ConfigurationError                 the client, not the call, is wrong
│   ├── BackendNotFoundError
│   ├── ProviderNotFoundError
│   ├── MissingDependencyError
│   └── PluginError
├── RequestValidationError             the request is wrong; nothing was sent
├── APIError                           a call to the API failed
│   ├── APIConnectionError             a whole answer did not come
│   │   └── APITimeoutError
│   ├── APIStatusError                 the status, or one inside a choice, is not 2xx
│   │   ├── BadRequestError 400
│   │   │   ├── RefusedOutputError             and a StructuredOutputError
│   │   │   └── RefusedToolCallError           and a ToolCallError
│   │   │       ├── RefusedUnknownToolError    and an UnknownToolError
│   │   │       ├── RefusedToolArgumentsError  and an InvalidToolArgumentsError
│   │   │       └── ToolNotCalledError
│   │   ├── AuthenticationError 401
│   │   ├── PermissionDeniedError 403
│   │   ├── NotFoundError 404
│   │   ├── ConflictError 409
│   │   ├── UnprocessableEntityError 422
│   │   ├── RateLimitError 429
│   │   ├── CapacityExceededError 498
│   │   └── InternalServerError 5xx
│   ├── ExecutorError                  the executor of many requests lost this one
│   ├── APIResponseValidationError     2xx, but not a chat completion
│   ├── ResponseTooLargeError
│   ├── StructuredOutputError          the answer is not of the type asked for
│   └── ToolCallError                  a call of the model cannot be carried out
│       ├── UnknownToolError
│       └── InvalidToolArgumentsError
├── BatchError                         a file of many requests or answers cannot be used
└── CassetteError
    └── UnmatchedRequestError

A Refused… error is one in which the server itself refused, by a 400, what its own model wrote: it
is a BadRequestError, and the error that the same output gives at other servers.

Every error is plain data: it pickles and copies to an equal one, and holds neither headers of the
request, nor a client, nor another library's object.

The errors before a server is asked are written in `corechat._errors`; those of a call stand beside
the answers that they keep, in `corechat.responses`.
"""

from corechat._errors.base import CorechatError
from corechat._errors.before import (
    BackendNotFoundError,
    BatchError,
    CassetteError,
    ConfigurationError,
    MissingDependencyError,
    PluginError,
    ProviderNotFoundError,
    RequestValidationError,
    UnmatchedRequestError,
)
from corechat.responses._api_errors import (
    APIConnectionError,
    APIError,
    APIResponseValidationError,
    APIStatusError,
    APITimeoutError,
    AuthenticationError,
    BadRequestError,
    CapacityExceededError,
    ConflictError,
    ExecutorError,
    InternalServerError,
    NotFoundError,
    PermissionDeniedError,
    RateLimitError,
    ResponseTooLargeError,
    UnprocessableEntityError,
)
from corechat.responses._output_errors import (
    InvalidToolArgumentsError,
    RefusedOutputError,
    RefusedToolArgumentsError,
    RefusedToolCallError,
    RefusedUnknownToolError,
    StructuredOutputError,
    ToolCallError,
    ToolNotCalledError,
    UnknownToolError,
)

__all__ = [
    "APIConnectionError",
    "APIError",
    "APIResponseValidationError",
    "APIStatusError",
    "APITimeoutError",
    "AuthenticationError",
    "BackendNotFoundError",
    "BadRequestError",
    "BatchError",
    "CapacityExceededError",
    "CassetteError",
    "ConfigurationError",
    "ConflictError",
    "CorechatError",
    "ExecutorError",
    "InternalServerError",
    "InvalidToolArgumentsError",
    "MissingDependencyError",
    "NotFoundError",
    "PermissionDeniedError",
    "PluginError",
    "ProviderNotFoundError",
    "RateLimitError",
    "RefusedOutputError",
    "RefusedToolArgumentsError",
    "RefusedToolCallError",
    "RefusedUnknownToolError",
    "RequestValidationError",
    "ResponseTooLargeError",
    "StructuredOutputError",
    "ToolCallError",
    "ToolNotCalledError",
    "UnknownToolError",
    "UnmatchedRequestError",
    "UnprocessableEntityError",
]
