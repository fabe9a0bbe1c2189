"""What a provider answers with 400, as data: caught before it is sent."""

import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from corechat.errors import RequestValidationError
from corechat.requests import ChatRequest

Problem = tuple[str, str]
"""A field's path as the API writes it, and why the provider refuses it."""

_SHOWN = 5


class UnsupportedFieldWarning(UserWarning):
    """A field was left out of a request, since the provider would have refused it."""


@dataclass(frozen=True, slots=True)
class Capabilities:
    """Say what a provider refuses.

    Attributes:
        refused: fields that it refuses, with the reason; null, false and empty values pass.
        only: fields of which it takes one value only.
        message_fields: the fields of a message that it takes; None for any.
    """

    refused: Mapping[str, str]
    only: Mapping[str, Any]
    message_fields: frozenset[str] | None = None


_OPENAI_ONLY = (
    "audio",
    "modalities",
    "moderation",
    "prediction",
    "prompt_cache_key",
    "prompt_cache_options",
    "prompt_cache_retention",
    "safety_identifier",
    "verbosity",
    "web_search_options",
)
_GROQ_ONLY = (
    "citation_options",
    "compound_custom",
    "disable_tool_validation",
    "documents",
    "exclude_domains",
    "include_domains",
    "include_reasoning",
    "reasoning_format",
    "search_settings",
)

GROQ = Capabilities(
    refused=MappingProxyType(
        {
            "logprobs": "Groq does not support it yet",
            "top_logprobs": "Groq does not support it yet",
            "logit_bias": "Groq does not support it yet",
            **dict.fromkeys(_OPENAI_ONLY, "Groq does not know it"),
        }
    ),
    only=MappingProxyType({"n": 1}),
    message_fields=frozenset(
        {"role", "content", "reasoning", "tool_calls", "function_call", "tool_call_id"}
    ),
)
"""Groq's: the guide "OpenAI compatibility" lists logprobs, logit_bias, top_logprobs,
messages[].name and n other than 1 as answered with 400. Any field it does not know is answered
with 400 ``property … is unsupported``, at the top (i-am-bee/beeai-framework issue 487) and in
messages (ServiceStack/llms issue 17). That include_reasoning excludes reasoning_format,
`ChatRequest` knows itself."""

OPENAI = Capabilities(
    refused=MappingProxyType(dict.fromkeys(_GROQ_ONLY, "it is Groq's, OpenAI does not know it")),
    only=MappingProxyType({}),
)
"""OpenAI's: a field that it does not know is answered with 400 ``Unrecognized request argument``;
these are the ones that `ChatRequest` types for Groq."""

_BY_PROVIDER: Mapping[str, Capabilities] = MappingProxyType({"groq": GROQ, "openai": OPENAI})


def check(request: ChatRequest, provider: str) -> tuple[Problem, ...]:
    """Find what a provider would answer with 400.

    Args:
        request: the request; its ``extra_body`` is never looked at.
        provider: the provider's name; of one that is not known, nothing is.

    Returns:
        One ``(path, reason)`` a field that it refuses.
    """
    known = _BY_PROVIDER.get(provider)
    if known is None:
        return ()
    return (*sorted(_top_level(request, known)), *_in_messages(request, known))


def refuse_unsupported(request: ChatRequest, provider: str) -> None:
    """Refuse a request that a provider would answer with 400.

    Args:
        request: the request.
        provider: the provider's name.

    Raises:
        RequestValidationError: it would; ``problems`` names the fields.
    """
    problems = check(request, provider)
    if problems:
        raise RequestValidationError(
            f"{provider} would refuse this request, nothing was sent. {_written(problems)}. "
            "Leave it out, or put it in extra_body to send it all the same.",
            problems,
        )


def drop_unsupported(request: ChatRequest, provider: str, *, stacklevel: int = 2) -> ChatRequest:
    """Leave out of a request what a provider would answer with 400, with a warning.

    Args:
        request: the request; it is not changed.
        provider: the provider's name.
        stacklevel: whose line the warning names, as in `warnings.warn`.

    Returns:
        The same request where there is nothing to leave out.
    """
    problems = check(request, provider)
    if not problems:
        return request
    text = f"{provider} would refuse these fields, they are left out. {_written(problems)}."
    warnings.warn(text, UnsupportedFieldWarning, stacklevel=stacklevel)
    known = _BY_PROVIDER[provider]
    gone = {path for path, _ in problems}
    kept = {name: getattr(request, name) for name in request.model_fields_set - gone}
    kept["messages"] = [_cleaned(message, known) for message in request.messages]
    return ChatRequest(**kept)


def _top_level(request: ChatRequest, known: Capabilities) -> Iterator[Problem]:
    for name in request.model_fields_set:
        if name in known.refused and getattr(request, name):
            yield name, known.refused[name]
        elif name in known.only and getattr(request, name) not in (None, known.only[name]):
            yield name, f"it takes {known.only[name]!r} only, not {getattr(request, name)!r}"


def _in_messages(request: ChatRequest, known: Capabilities) -> Iterator[Problem]:
    if known.message_fields is None:
        return
    for index, message in enumerate(request.messages):
        if message.model_fields_set <= known.message_fields or message.role == "function":
            continue  # a function message's name is what it answers
        for name in sorted(message.model_fields_set - known.message_fields):
            if getattr(message, name) is not None:
                yield f"messages[{index}].{name}", "messages may not hold it"


def _cleaned(message: Any, known: Capabilities) -> Any:
    taken = known.message_fields
    if taken is None or message.role == "function" or message.model_fields_set <= taken:
        return message
    kept = message.model_fields_set & taken
    return type(message)(**{name: getattr(message, name) for name in kept})


def _written(problems: tuple[Problem, ...]) -> str:
    lines = [f"{path}: {reason}" for path, reason in problems[:_SHOWN]]
    more = f"; … and {len(problems) - _SHOWN} more" if len(problems) > _SHOWN else ""
    return "; ".join(lines) + more


__all__ = [
    "GROQ",
    "OPENAI",
    "Capabilities",
    "UnsupportedFieldWarning",
    "check",
    "drop_unsupported",
    "refuse_unsupported",
]
