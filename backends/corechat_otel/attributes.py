"""Attributes: what a request, an answer and an endpoint are called in the GenAI conventions.

The names are those of `opentelemetry-semantic-conventions`, whose modules for them are marked as
unstable; written here, they work with every version of it, and without it.
"""

from collections.abc import Mapping, Sequence
from urllib.parse import urlsplit

from corechat.plugins import PROVIDERS, Provider
from corechat.requests import ChatRequest
from corechat.responses import ChatResponse, Usage

Value = str | int | float | Sequence[str]
OPERATION = "chat"
ERROR_TYPE = "error.type"
TOKEN_TYPE = "gen_ai.token.type"  # noqa: S105 - an attribute's name
RESPONSE_MODEL = "gen_ai.response.model"
INPUT_TOKENS = "gen_ai.usage.input_tokens"
OUTPUT_TOKENS = "gen_ai.usage.output_tokens"

_PROVIDER_NAMES = {
    "azure-openai": "azure.ai.openai",
    "gemini": "gcp.gemini",
    "mistral": "mistral_ai",
}
"""Where the conventions' name of a provider differs from corechat's."""
_HOSTS = {
    urlsplit(one.base_url).hostname: one.name
    for one in PROVIDERS.values()
    if one.base_url and one.base_url.startswith("https:")  # the others share this machine
}
_PORTS = {"http": 80, "https": 443}
_OUTPUT_TYPES = {"text": "text", "json_object": "json", "json_schema": "json"}


def model_of(request: ChatRequest) -> str | None:
    """Return the model that a request names, if it names one."""
    named = (request.extra_body or {}).get("model", request.model)
    return named if isinstance(named, str) else None


def endpoint_attributes(request: ChatRequest, provider: Provider, url: str) -> dict[str, str | int]:
    """Return what spans and metrics have in common: operation, provider, model and server."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    name = provider.name if provider.name in PROVIDERS else _HOSTS.get(host, provider.name)
    found: dict[str, str | int] = {
        "gen_ai.operation.name": OPERATION,
        "gen_ai.provider.name": _PROVIDER_NAMES.get(name, name),
        "server.address": host,
        "server.port": parts.port or _PORTS[parts.scheme],
    }
    model = model_of(request)
    return found if model is None else {**found, "gen_ai.request.model": model}


def request_attributes(request: ChatRequest) -> dict[str, Value]:
    """Return the parameters that a request sets."""
    limit = request.max_completion_tokens
    stop = request.stop
    form = request.response_format
    found: Mapping[str, Value | None] = {
        "gen_ai.output.type": None if form is None else _OUTPUT_TYPES.get(form.type),
        "gen_ai.request.choice.count": None if request.n == 1 else request.n,
        "gen_ai.request.frequency_penalty": _real(request.frequency_penalty),
        "gen_ai.request.max_tokens": request.max_tokens if limit is None else limit,
        "gen_ai.request.presence_penalty": _real(request.presence_penalty),
        "gen_ai.request.seed": request.seed,
        "gen_ai.request.stop_sequences": [stop] if isinstance(stop, str) else stop,
        "gen_ai.request.temperature": _real(request.temperature),
        "gen_ai.request.top_p": _real(request.top_p),
    }
    return {name: value for name, value in found.items() if value is not None}


def _real(value: float | None) -> float | None:
    return None if value is None else float(value)  # a 1 and a 1.0 are two types to a backend


def response_attributes(response: ChatResponse) -> dict[str, Value]:
    """Return the answer's id, model and finish reasons, as far as a server gave them as texts."""
    reasons: list[object] = [choice.finish_reason for choice in response.choices]
    found: Mapping[str, object] = {
        "gen_ai.response.id": response.id,
        RESPONSE_MODEL: response.model,
    }
    texts: dict[str, Value] = {name: one for name, one in found.items() if isinstance(one, str)}
    ended = [reason for reason in reasons if isinstance(reason, str)]
    return {**texts, "gen_ai.response.finish_reasons": ended} if ended else texts


def usage_attributes(usage: object) -> dict[str, int]:
    """Return the tokens that a server counted."""
    if not isinstance(usage, Usage):
        return {}
    prompt, completion = usage.prompt_tokens_details, usage.completion_tokens_details
    found: Mapping[str, object] = {
        INPUT_TOKENS: usage.prompt_tokens,
        OUTPUT_TOKENS: usage.completion_tokens,
        "gen_ai.usage.cache_read.input_tokens": getattr(prompt, "cached_tokens", None),
        "gen_ai.usage.reasoning.output_tokens": getattr(completion, "reasoning_tokens", None),
    }
    return {name: count for name, count in found.items() if type(count) is int}
