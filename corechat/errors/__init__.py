"""The error tree. Nothing else leaves a call but KeyboardInterrupt and its kind.

CorechatError
├── ConfigurationError                 the client, not the call, is wrong
│   ├── BackendNotFoundError
│   ├── ProviderNotFoundError
│   ├── MissingDependencyError
│   └── PluginError
├── RequestValidationError             the request is wrong; nothing was sent
├── APIConnectionError                 no whole answer came
│   └── APITimeoutError
├── APIError                           an answer came
│   ├── APIStatusError                 its status, or one inside a choice, is not 2xx
│   │   ├── BadRequestError 400
│   │   ├── AuthenticationError 401
│   │   ├── PermissionDeniedError 403
│   │   ├── NotFoundError 404
│   │   ├── ConflictError 409
│   │   ├── UnprocessableEntityError 422
│   │   ├── RateLimitError 429
│   │   ├── CapacityExceededError 498
│   │   └── InternalServerError 5xx
│   ├── APIResponseValidationError     2xx, but no chat completion
│   ├── ResponseTooLargeError
│   ├── StructuredOutputError          } in corechat.responses._errors, since
│   └── ToolCallError                  } they carry the whole ChatResponse
│       ├── UnknownToolError
│       └── InvalidToolArgumentsError
└── CassetteError
    └── UnmatchedRequestError

Every error is plain data: it pickles and copies to an equal one, and holds no headers of the
request, no client and no other library's object.
"""

from corechat.errors._api import (
    APIConnectionError,
    APIError,
    APIResponseValidationError,
    APIStatusError,
    APITimeoutError,
    AuthenticationError,
    BadRequestError,
    CapacityExceededError,
    ConflictError,
    InternalServerError,
    NotFoundError,
    PermissionDeniedError,
    RateLimitError,
    ResponseTooLargeError,
    UnprocessableEntityError,
)
from corechat.errors._base import (
    CorechatError,
)
from corechat.errors._before import (
    BackendNotFoundError,
    CassetteError,
    ConfigurationError,
    MissingDependencyError,
    PluginError,
    ProviderNotFoundError,
    RequestValidationError,
    UnmatchedRequestError,
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
    "CapacityExceededError",
    "CassetteError",
    "ConfigurationError",
    "ConflictError",
    "CorechatError",
    "InternalServerError",
    "MissingDependencyError",
    "NotFoundError",
    "PermissionDeniedError",
    "PluginError",
    "ProviderNotFoundError",
    "RateLimitError",
    "RequestValidationError",
    "ResponseTooLargeError",
    "UnmatchedRequestError",
    "UnprocessableEntityError",
]
