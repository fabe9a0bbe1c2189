"""The fields of a response that corechat reads: what a recording must not lose."""

from collections.abc import Mapping

REQUEST_ID_HEADERS = (
    "x-request-id",  # Groq, OpenAI and most others
    "request-id",  # Anthropic, AI21
    "apim-request-id",  # Azure
    "x-ds-trace-id",  # DeepSeek
    "mistral-correlation-id",  # Mistral
)

READ_HEADERS = frozenset(
    {
        *REQUEST_ID_HEADERS,
        "content-encoding",
        "content-type",
        "retry-after",
        "retry-after-ms",
        "x-ms-retry-after-ms",
        "x-ratelimit-limit-requests",
        "x-ratelimit-limit-tokens",
        "x-ratelimit-remaining-requests",
        "x-ratelimit-remaining-tokens",
        "x-ratelimit-reset-requests",
        "x-ratelimit-reset-tokens",
        "x-should-retry",
    }
)
"""Names in lower case of what decides an answer, an error or a wait, or is shown by a property."""


def read_request_id(headers: Mapping[str, str]) -> str | None:
    """Return the id to quote to a provider's support; None where the server gave none."""
    return next((found for name in REQUEST_ID_HEADERS if (found := headers.get(name))), None)
