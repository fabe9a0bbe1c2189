"""Read the server's id of a request, under the names that servers give it."""

from collections.abc import Mapping

_NAMES = (
    "x-request-id",  # Groq, OpenAI and most others
    "request-id",  # Anthropic, AI21
    "apim-request-id",  # Azure
    "x-ds-trace-id",  # DeepSeek
    "mistral-correlation-id",  # Mistral
)


def read_request_id(headers: Mapping[str, str]) -> str | None:
    """Read the id to quote to a provider's support.

    Args:
        headers: a response's headers, looked up without regard to case.

    Returns:
        The first one found; None where the server gave none.
    """
    return next((found for name in _NAMES if (found := headers.get(name))), None)
