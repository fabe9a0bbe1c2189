"""The fields of a response that corechat reads: what a recording must not lose."""

from collections.abc import Mapping

from corechat._http.rate_limits import RATE_LIMIT_HEADERS

REQUEST_ID_HEADERS = (
    "x-request-id",  # Groq, OpenAI and most others
    "request-id",  # Anthropic, AI21
    "apim-request-id",  # Azure
    "x-ds-trace-id",  # DeepSeek
    "mistral-correlation-id",  # Mistral
)

READ_HEADERS = frozenset(
    {
        *RATE_LIMIT_HEADERS.values(),
        *REQUEST_ID_HEADERS,
        "content-encoding",
        "content-type",
        "retry-after",
        "retry-after-ms",
        "x-ms-retry-after-ms",
        "x-should-retry",
    }
)
"""Names in lower case of what decides an answer, an error or a wait, or is shown by a property."""


def read_request_id(headers: Mapping[str, str]) -> str | None:
    """Return the id to quote to a provider's support; None where the server gave none."""
    return next((found for name in REQUEST_ID_HEADERS if (found := headers.get(name))), None)
