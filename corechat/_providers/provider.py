"""Provider: an endpoint known by name. Its base URL, its key's variable and its quirks are data."""

from dataclasses import dataclass

from corechat._providers.schema_rules import UNKNOWN, SchemaRules
from corechat._providers.unsupported_fields import UnsupportedFields

_NOTHING = UnsupportedFields()
REPEATED_KEYS = (
    "reasoning_content",
    "reasoning_details",
    "extra_content",
    "provider_specific_fields",
    "thinking_blocks",
    "tool_calls.*",
    "tool_calls.function.*",
)
"""What an endpoint of which nothing is known may want to see again: DeepSeek, Moonshot and
llama.cpp think in ``reasoning_content``, OpenRouter in ``reasoning_details``; Gemini signs calls
and messages in ``extra_content``, LiteLLM in ``provider_specific_fields``, others in a key of
a call."""


@dataclass(frozen=True, slots=True)
class Provider:
    """Describe one provider of chat completions.

    Attributes:
        name: the name that `Client(provider=…)` takes.
        base_url: the OpenAI-compatible base, without ``/chat/completions``; None where every
            customer has an own one, so that the caller or ``base_url_env`` must say it.
        key_env: the environment variables that may hold the key, the first one found wins.
        key_url: where to get a key, for the message that says one is missing.
        base_url_env: the environment variable that may hold another base URL, or None.
        base_path: the path that is added to a base URL from ``base_url_env`` whose own path names
            not a version such as ``/v1``. groq-python's GROQ_BASE_URL is such a one.
        key_header: the header that carries the key.
        key_prefix: what stands before the key in it.
        needs_key: whether the endpoint refuses calls without a key.
        needs_model: whether a request must name a model.
        timeout: seconds that a whole call may take where the client does not say.
        schema_rules: which JSON Schema its strict mode takes.
        unsupported: the fields of a request that it is known to answer with 400.
        repeated_keys: what the next request repeats of an answer, beside what every endpoint takes:
            keys of its message, ``tool_calls.`` and a key of its calls, or ``tool_calls.function.``
            and a key of their functions; ``*`` is any key.
    """

    name: str
    base_url: str | None
    key_env: tuple[str, ...] = ()
    key_url: str = ""
    base_url_env: str | None = None
    base_path: str = ""
    key_header: str = "Authorization"
    key_prefix: str = "Bearer "
    needs_key: bool = True
    needs_model: bool = True
    timeout: float = 60.0
    schema_rules: SchemaRules = UNKNOWN
    unsupported: UnsupportedFields = _NOTHING
    other_paths: tuple[str, ...] = ()
    repeated_keys: tuple[str, ...] = REPEATED_KEYS
