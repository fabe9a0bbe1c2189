"""ChatParams: the keywords of `ChatRequest` and `Client.complete`, for checkers and editors."""

from collections.abc import Mapping, Sequence
from typing import Any, Required, TypedDict

from corechat.requests._formats import ResponseFormat
from corechat.requests._messages import RequestMessage
from corechat.requests._tools import FunctionDefinition, NamedToolChoice, Tool

JsonMapping = Mapping[str, Any]


class PlainOptions(TypedDict, total=False):
    """Name every parameter but messages, response_format and tools."""

    model: str | None
    audio: JsonMapping | None
    citation_options: str | None
    compound_custom: JsonMapping | None
    disable_tool_validation: bool | None
    documents: Sequence[JsonMapping] | None
    exclude_domains: Sequence[str] | None
    frequency_penalty: float | None
    function_call: str | JsonMapping | None
    functions: Sequence[FunctionDefinition | JsonMapping] | None
    include_domains: Sequence[str] | None
    include_reasoning: bool | None
    logit_bias: Mapping[str, float] | None
    logprobs: bool | None
    max_completion_tokens: int | None
    max_tokens: int | None
    metadata: Mapping[str, str] | None
    modalities: Sequence[str] | None
    moderation: JsonMapping | None
    n: int | None
    parallel_tool_calls: bool | None
    prediction: JsonMapping | None
    presence_penalty: float | None
    prompt_cache_key: str | None
    prompt_cache_options: JsonMapping | None
    prompt_cache_retention: str | None
    reasoning_effort: str | None
    reasoning_format: str | None
    safety_identifier: str | None
    search_settings: JsonMapping | None
    seed: int | None
    service_tier: str | None
    stop: str | Sequence[str] | None
    store: bool | None
    stream: bool | None
    stream_options: JsonMapping | None
    temperature: float | None
    tool_choice: str | NamedToolChoice | JsonMapping | None
    top_logprobs: int | None
    top_p: float | None
    user: str | None
    verbosity: str | None
    web_search_options: JsonMapping | None
    extra_body: JsonMapping | None


class ChatOptions(PlainOptions, total=False):
    """Name every parameter but messages and response_format; `ChatRequest` says what each means."""

    tools: Sequence[Tool | JsonMapping] | None


class TypedChatParams(ChatOptions):
    """Name every parameter but response_format."""

    messages: Required[Sequence[RequestMessage | JsonMapping]]


class ChatParams(TypedChatParams, total=False):
    """Name every parameter of a request."""

    response_format: ResponseFormat | JsonMapping | None


class ChatChanges(ChatOptions, total=False):
    """Name every parameter that `ChatRequest.replace` may change."""

    messages: Sequence[RequestMessage | JsonMapping]
    response_format: ResponseFormat | JsonMapping | None
