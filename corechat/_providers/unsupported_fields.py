"""UnsupportedFields: what a provider is known to answer with 400, as data."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from corechat.requests import ChatRequest

Problem = tuple[str, str]
"""A field's path as the API writes it, and why the provider refuses it."""


@dataclass(frozen=True, slots=True)
class UnsupportedFields:
    """Name the fields of a request that a provider is known to answer with 400.

    Attributes:
        refused: top-level fields, with the reason; null, false and empty values pass.
        only: top-level fields of which one value alone is taken, with that value.
        message_fields: the fields that a message may have; None for any.
    """

    refused: Mapping[str, str] = field(default_factory=dict, hash=False)
    only: Mapping[str, Any] = field(default_factory=dict, hash=False)
    message_fields: frozenset[str] | None = None

    def find(self, request: ChatRequest) -> tuple[Problem, ...]:
        """Find what the provider would answer with 400.

        Args:
            request: the request; its ``extra_body`` is never looked at.

        Returns:
            One ``(path, reason)`` a field.
        """
        return (*sorted(self._top_level(request)), *self._in_messages(request))

    def leave_out(self, request: ChatRequest) -> ChatRequest:
        """Copy a request without what `find` finds in it.

        Args:
            request: the request.
        """
        gone = {path for path, _ in self._top_level(request)}
        kept = {name: getattr(request, name) for name in request.model_fields_set - gone}
        kept["messages"] = [self._cleaned(message) for message in request.messages]
        return ChatRequest(**kept)

    def _top_level(self, request: ChatRequest) -> Iterator[Problem]:
        for name in request.model_fields_set:
            value = getattr(request, name)
            if name in self.refused and value:
                yield name, self.refused[name]
            elif name in self.only and value not in (None, self.only[name]):
                yield name, f"it takes {self.only[name]!r} only, not {value!r}"

    def _in_messages(self, request: ChatRequest) -> Iterator[Problem]:
        if self.message_fields is None:
            return
        for index, message in enumerate(request.messages):
            if message.model_fields_set <= self.message_fields or message.role == "function":
                continue  # a function message's name is what it answers
            for name in sorted(message.model_fields_set - self.message_fields):
                if getattr(message, name) is not None:
                    yield f"messages[{index}].{name}", "messages may not hold it"

    def _cleaned(self, message: Any) -> Any:
        taken = self.message_fields
        if taken is None or message.role == "function" or message.model_fields_set <= taken:
            return message
        kept = message.model_fields_set & taken
        return type(message)(**{name: getattr(message, name) for name in kept})


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

GROQ = UnsupportedFields(
    refused={
        "logprobs": "Groq does not support it yet",
        "top_logprobs": "Groq does not support it yet",
        "logit_bias": "Groq does not support it yet",
        **dict.fromkeys(_OPENAI_ONLY, "Groq does not know it"),
    },
    only={"n": 1},
    message_fields=frozenset(
        {"role", "content", "reasoning", "tool_calls", "function_call", "tool_call_id"}
    ),
)
"""Groq's: the guide "OpenAI compatibility" lists logprobs, logit_bias, top_logprobs,
messages[].name and n other than 1 as answered with 400. Any field it does not know is answered
with 400 ``property … is unsupported``, at the top (i-am-bee/beeai-framework issue 487) and in
messages (ServiceStack/llms issue 17). That include_reasoning excludes reasoning_format,
`ChatRequest` knows itself."""

OPENAI = UnsupportedFields(
    refused=dict.fromkeys(_GROQ_ONLY, "it is Groq's, OpenAI does not know it")
)
"""OpenAI's: a field that it does not know is answered with 400 ``Unrecognized request argument``;
these are the ones that `ChatRequest` types for Groq."""
