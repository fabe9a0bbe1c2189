"""What users of groq-python and openai-python reach for and do not find: a line on what to use."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import NoReturn

from corechat.errors import ConfigurationError, CorechatError

_HTTP = "the answer tells how it came: reply.http (status, headers, attempts), reply.request_id"
_STREAM = "corechat does not stream: complete() returns one whole answer"
_ONE_ENDPOINT = "corechat carries chat completions only; for other endpoints use their own library"
_AT_ONCE = (
    "corechat is synchronous. For many calls at once: client.map(requests); in an asynchronous "
    "program: await loop.run_in_executor(pool, ...), as docs/many-requests.md shows"
)

_OTHER_ENDPOINTS = (
    *("audio", "batches", "embeddings", "files", "fine_tuning", "images", "models", "moderations"),
    *("realtime", "responses", "uploads", "vector_stores", "videos"),
    *("list", "retrieve", "update"),
    *("get", "post", "put", "patch", "delete", "request"),
)

ATTRIBUTES: Mapping[str, str] = MappingProxyType(
    {
        "copy": "with_options(timeout=..., max_retries=..., headers=...) makes a changed copy",
        "with_raw_response": _HTTP,
        "with_streaming_response": _STREAM,
        "stream": _STREAM,
        "max_retries": "it is told when a client is made; with_options(max_retries=...) changes it",
        "timeout": "it is told when a client is made; with_options(timeout=...) changes it",
        "is_closed": "a call of a closed client says so",
        "api_key": "the key is not shown; make another client with api_key=",
        "default_headers": "the headers are given as Client(headers=...)",
        **dict.fromkeys(_OTHER_ENDPOINTS, _ONE_ENDPOINT),
    }
)
"""Attributes of a client, of its calls, and of the package."""

OPTIONS: Mapping[str, str] = MappingProxyType(
    {
        "default_headers": "give them as headers=",
        "default_query": "write the query into base_url=: it goes with every request",
        "webhook_secret": "corechat receives no webhooks",
        "websocket_base_url": "corechat opens no websockets",
        "azure_endpoint": "say provider='azure-openai' and base_url=, the endpoint",
        "azure_deployment": "write it into base_url=: .../openai/deployments/NAME",
        "azure_ad_token": "give it as headers={'Authorization': 'Bearer ...'}",
        "cassette": "name the backend, too: Client('replay', cassette=...)",
        "model_path": "name the backend, too: Client('llamacpp', model_path=...)",
        "api_version": "write it into base_url=: ...?api-version=...",
        "_strict_response_validation": "an answer is always read openly, and never half",
    }
)
"""Options of a client's constructor."""

CLASSES: Mapping[str, str] = MappingProxyType(
    {
        **dict.fromkeys(("AsyncClient", "AsyncGroq", "AsyncOpenAI", "AsyncAzureOpenAI"), _AT_ONCE),
        **dict.fromkeys(("Groq", "OpenAI"), "say corechat.Client(provider='groq'), or 'openai'"),
        "AzureOpenAI": "say corechat.Client(provider='azure-openai', base_url=...)",
        "Stream": _STREAM,
        "Timeout": "timeout= is seconds for the whole call, connect_timeout= for connecting",
        "DefaultHttpxClient": "give an httpx.Client of your own as http_client=",
    }
)
"""Names of the package."""


class NotGiven:
    """Stands for a parameter that is left out, as groq-python's and openai-python's do."""


LEFT_OUT = NotGiven()
ALIASES: Mapping[str, object] = MappingProxyType(
    {
        **dict.fromkeys(("GroqError", "OpenAIError"), CorechatError),
        **dict.fromkeys(("NOT_GIVEN", "omit"), LEFT_OUT),
    }
)
"""Names of other clients that stand for something here as well."""


def explain(owner: str, name: str) -> AttributeError:
    """Make the error of an attribute that is not there, with what to use in its place."""
    told = ATTRIBUTES.get(name)
    return AttributeError(f"{owner} has no attribute {name!r}{f': {told}' if told else ''}")


def stand_in(name: str) -> Callable[..., NoReturn]:
    """Make what a name of another client stands for here: called, it says what to use."""

    def refuse(*_: object, **__: object) -> NoReturn:
        raise ConfigurationError(f"corechat has no {name}: {CLASSES[name]}.")

    refuse.__name__ = refuse.__qualname__ = name
    return refuse


def is_left_out(value: object) -> bool:
    """Tell whether a value is groq-python's or openai-python's sign for a parameter not given."""
    if value is LEFT_OUT:
        return True
    kind = type(value)
    return kind.__name__ in ("NotGiven", "Omit") and kind.__module__.split(".")[0] in (
        "groq",
        "openai",
    )
