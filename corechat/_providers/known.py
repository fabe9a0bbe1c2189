"""The providers that corechat knows by name: their documented OpenAI-compatible endpoints."""

from collections.abc import Mapping
from types import MappingProxyType

from corechat._providers import schema_rules, unsupported_fields
from corechat._providers.provider import REPEATED_KEYS, Provider

CUSTOM = Provider("custom", None, needs_key=False, needs_model=False)
"""What stands behind a bare ``base_url=``: without quirks, with a key only where one was given."""

_TEN_MINUTES = 600.0
"""As in openai-python, whose clients (also the one for Azure) wait so long for an answer;
anthropic-python does, too, groq-python waits one minute."""

_SIGNED = ("extra_content", "tool_calls.extra_content")
"""What Gemini's endpoint wants to see again ("Thought signatures", section "OpenAI compatibility");
it answers 400 to a name that it does not know."""

_THOUGHTS = ("reasoning", *REPEATED_KEYS)
"""What OpenRouter ("Preserving reasoning"), vLLM and Ollama take as well: ``reasoning``, which at
Groq some models refuse."""


def _below(path: str, *names: str) -> tuple[str, ...]:
    return tuple(f"{path}/{name}" for name in names)


_ALL = (
    Provider(
        "groq",
        "https://api.groq.com/openai/v1",
        ("GROQ_API_KEY",),
        "https://console.groq.com/keys",
        "GROQ_BASE_URL",
        "/openai/v1",
        timeout=60.0,
        schema_rules=schema_rules.GROQ,
        unsupported=unsupported_fields.GROQ,
        repeated_keys=(),
    ),
    Provider(
        "openai",
        "https://api.openai.com/v1",
        ("OPENAI_API_KEY",),
        "https://platform.openai.com/api-keys",
        "OPENAI_BASE_URL",
        timeout=_TEN_MINUTES,
        schema_rules=schema_rules.OPENAI,
        unsupported=unsupported_fields.OPENAI,
        repeated_keys=(),
    ),
    Provider(
        "openrouter",
        "https://openrouter.ai/api/v1",
        ("OPENROUTER_API_KEY",),
        "https://openrouter.ai/settings/keys",
        needs_model=False,  # it takes the account's own ("Chat completion", model)
        repeated_keys=_THOUGHTS,
    ),
    Provider(
        "together",
        "https://api.together.xyz/v1",
        ("TOGETHER_API_KEY",),
        "https://api.together.ai/settings/api-keys",
    ),
    Provider(
        "fireworks",
        "https://api.fireworks.ai/inference/v1",
        ("FIREWORKS_API_KEY",),
        "https://app.fireworks.ai/settings/users/api-keys",
    ),
    Provider(
        "mistral",
        "https://api.mistral.ai/v1",
        ("MISTRAL_API_KEY",),
        "https://console.mistral.ai/api-keys",
        repeated_keys=(),
    ),
    Provider(
        "deepseek",
        "https://api.deepseek.com/v1",
        ("DEEPSEEK_API_KEY",),
        "https://platform.deepseek.com/api_keys",
    ),
    Provider(
        "cerebras",
        "https://api.cerebras.ai/v1",
        ("CEREBRAS_API_KEY",),
        "https://cloud.cerebras.ai",
        repeated_keys=(),
    ),
    Provider(
        "azure-openai",
        None,
        ("AZURE_OPENAI_API_KEY",),
        "https://portal.azure.com",
        "AZURE_OPENAI_ENDPOINT",
        "/openai/v1",
        key_header="api-key",
        key_prefix="",
        needs_model=False,
        other_paths=_below("/openai", "assistants", "deployments", "files", "models", "responses"),
        timeout=_TEN_MINUTES,
        schema_rules=schema_rules.OPENAI,
        repeated_keys=(),
    ),
    Provider(
        "gemini",
        "https://generativelanguage.googleapis.com/v1beta/openai",
        ("GEMINI_API_KEY", "GOOGLE_API_KEY"),
        "https://aistudio.google.com/apikey",
        repeated_keys=_SIGNED,
    ),
    Provider(
        "anthropic",
        "https://api.anthropic.com/v1",
        ("ANTHROPIC_API_KEY",),
        "https://console.anthropic.com/settings/keys",
        timeout=_TEN_MINUTES,
    ),
    Provider(
        "ollama",
        "http://127.0.0.1:11434/v1",
        base_url_env="OLLAMA_BASE_URL",
        base_path="/v1",
        needs_key=False,
        other_paths=(
            "/api",
            *_below("/api", "chat", "embed", "embeddings", "generate"),
            *_below("/api", "ps", "show", "tags", "version"),
        ),
        repeated_keys=_THOUGHTS,
    ),
    Provider(
        "vllm",
        "http://127.0.0.1:8000/v1",
        ("VLLM_API_KEY",),
        base_path="/v1",
        needs_key=False,
        repeated_keys=_THOUGHTS,
    ),
    Provider(
        "llamacpp",
        "http://127.0.0.1:8080/v1",
        ("LLAMA_API_KEY",),
        base_path="/v1",
        needs_key=False,
        needs_model=False,
        other_paths=("/completion", "/health", "/props"),
        schema_rules=schema_rules.LLAMACPP,
    ),
)

PROVIDERS: Mapping[str, Provider] = MappingProxyType({one.name: one for one in _ALL})
"""Name to provider."""
