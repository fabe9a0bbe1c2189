"""ChatRequest: everything that one chat request says, as a value."""

from collections.abc import Mapping
from itertools import chain
from typing import Annotated, Any, NoReturn, Self, Unpack

from pydantic import (
    AfterValidator,
    ConfigDict,
    Field,
    SerializeAsAny,
    StrictBool,
    StrictStr,
    model_validator,
)
from pydantic_core import PydanticSerializationError, SchemaSerializer, from_json
from pydantic_core.core_schema import any_schema

from corechat._errors.before import RequestValidationError
from corechat.requests._base import (
    Integer,
    JsonObject,
    Number,
    OpenModel,
    RequestModel,
    build_models,
    copy_json,
)
from corechat.requests._formats import ResponseFormat
from corechat.requests._json import canonical_json, json_problem
from corechat.requests._messages import RequestMessage, repeat, settle_ids
from corechat.requests._near_misses import warn_of_near_misses
from corechat.requests._params import ChatChanges, ChatParams
from corechat.requests._tools import FunctionDefinition, NamedToolChoice, Tool

_WRITER = SchemaSerializer(any_schema())


def _write(fields: Mapping[str, Any]) -> bytes:
    """Write fields as JSON; before 2.14 pydantic cannot write a model that it has not built."""
    try:
        return _dump(fields)
    except PydanticSerializationError:
        values = [one if isinstance(one, tuple) else (one,) for one in fields.values()]
        build_models(*{type(one) for one in chain(*values) if isinstance(one, OpenModel)})
        return _dump(fields)


def _dump(fields: Mapping[str, Any]) -> bytes:
    return _WRITER.to_json(fields, exclude_unset=True, by_alias=True, warnings="none")


def refuse_stream(value: bool) -> bool:  # noqa: FBT001 - a pydantic validator
    """Refuse ``stream=True`` with the reason.

    Args:
        value: what was given for ``stream``.
    """
    if value:
        raise ValueError(
            "corechat does not stream: it returns one whole answer. Leave stream out, or use a "
            "client that streams"
        )
    return value


class ChatRequest(RequestModel):
    """Hold one chat request: a frozen value, equal and hashable by what it sends.

    Only what was set is sent; an explicit None is sent as null. Ranges are those that the API
    reference documents. `replace` makes a changed copy.

    Attributes:
        messages: the conversation, at least one message.
        model: the model's name.
        audio: OpenAI: voice and format of a spoken answer.
        citation_options: Groq: ``"enabled"`` or ``"disabled"``.
        compound_custom: Groq: models and tools of a compound system; may hold a secret.
        disable_tool_validation: Groq: accept calls of tools that were not offered.
        documents: Groq: documents to cite from, ``{"source": …, "id"?: …}``.
        exclude_domains: Groq, deprecated for search_settings.
        frequency_penalty: -2 to 2.
        function_call: deprecated for tool_choice.
        functions: deprecated for tools.
        include_domains: Groq, deprecated for search_settings.
        include_reasoning: Groq: whether the answer holds the reasoning; excludes reasoning_format.
        logit_bias: token id to bias, -100 to 100.
        logprobs: whether to return log probabilities.
        max_completion_tokens: bound on the tokens of the answer.
        max_tokens: deprecated for max_completion_tokens.
        metadata: up to 16 pairs that the provider stores.
        modalities: OpenAI: ``["text"]`` or ``["text", "audio"]``.
        moderation: OpenAI: ``{"model": …, "policy"?: …}``.
        n: how many choices; Groq takes only 1.
        parallel_tool_calls: whether one answer may call several tools.
        prediction: OpenAI: text that the answer will largely repeat.
        presence_penalty: -2 to 2.
        prompt_cache_key: OpenAI: groups requests that share a prefix.
        prompt_cache_options: OpenAI: ``{"mode": …, "ttl": …}``.
        prompt_cache_retention: OpenAI: for example ``"24h"``.
        reasoning_effort: ``"none"``, ``"low"``, ``"medium"``, ``"high"`` …; by model.
        reasoning_format: Groq: ``"hidden"``, ``"raw"`` or ``"parsed"``.
        response_format: text, a JSON object, or JSON that fits a schema.
        safety_identifier: OpenAI: a stable id of the end user.
        search_settings: Groq: country and domains of a web search.
        seed: best effort at the same answer.
        service_tier: at Groq ``"on_demand"``, ``"flex"``, ``"auto"`` or ``"performance"``; OpenAI
            has others.
        stop: up to 4 texts at which to stop.
        store: OpenAI: whether to keep the answer.
        stream: only False: corechat does not stream.
        stream_options: OpenAI: only meaningful to streams.
        temperature: 0 to 2.
        tool_choice: ``"none"``, ``"auto"``, ``"required"`` or one tool.
        tools: up to 128 tools that the model may call.
        top_logprobs: 0 to 20; needs logprobs.
        top_p: 0 to 1.
        user: an id of the end user.
        verbosity: OpenAI: ``"low"``, ``"medium"`` or ``"high"``.
        web_search_options: OpenAI: context size and user location of a web search.
        extra_body: top-level fields that corechat does not know, sent unchecked. They win over
            fields of the same name.

    Raises:
        RequestValidationError: a value is wrong or a name unknown; ``problems`` names each path.
    """

    model_config = ConfigDict(extra="forbid")

    messages: Annotated[
        tuple[SerializeAsAny[RequestMessage], ...], Field(min_length=1), AfterValidator(settle_ids)
    ]
    model: Annotated[StrictStr, Field(min_length=1)] | None = None
    audio: JsonObject | None = None
    citation_options: StrictStr | None = None
    compound_custom: JsonObject | None = Field(default=None, repr=False)
    disable_tool_validation: StrictBool | None = None
    documents: tuple[JsonObject, ...] | None = None
    exclude_domains: tuple[StrictStr, ...] | None = None
    frequency_penalty: Annotated[Number, Field(ge=-2, le=2)] | None = None
    function_call: StrictStr | JsonObject | None = None
    functions: tuple[FunctionDefinition, ...] | None = None
    include_domains: tuple[StrictStr, ...] | None = None
    include_reasoning: StrictBool | None = None
    logit_bias: (
        Annotated[dict[str, Annotated[Number, Field(ge=-100, le=100)]], AfterValidator(copy_json)]
        | None
    ) = None
    logprobs: StrictBool | None = None
    max_completion_tokens: Annotated[Integer, Field(ge=0)] | None = None
    max_tokens: Integer | None = None
    metadata: Annotated[dict[str, StrictStr], AfterValidator(copy_json)] | None = None
    modalities: tuple[StrictStr, ...] | None = None
    moderation: JsonObject | None = None
    n: Annotated[Integer, Field(ge=1)] | None = None
    parallel_tool_calls: StrictBool | None = None
    prediction: JsonObject | None = None
    presence_penalty: Annotated[Number, Field(ge=-2, le=2)] | None = None
    prompt_cache_key: StrictStr | None = None
    prompt_cache_options: JsonObject | None = None
    prompt_cache_retention: StrictStr | None = None
    reasoning_effort: StrictStr | None = None
    reasoning_format: StrictStr | None = None
    response_format: ResponseFormat | None = None
    safety_identifier: StrictStr | None = None
    search_settings: JsonObject | None = None
    seed: Integer | None = None
    service_tier: StrictStr | None = None
    stop: StrictStr | Annotated[tuple[StrictStr, ...], Field(max_length=4)] | None = None
    store: StrictBool | None = None
    stream: Annotated[StrictBool, AfterValidator(refuse_stream)] | None = None
    stream_options: JsonObject | None = None
    temperature: Annotated[Number, Field(ge=0, le=2)] | None = None
    tool_choice: StrictStr | NamedToolChoice | None = None
    tools: Annotated[tuple[Tool, ...], Field(max_length=128)] | None = None
    top_logprobs: Annotated[Integer, Field(ge=0, le=20)] | None = None
    top_p: Annotated[Number, Field(ge=0, le=1)] | None = None
    user: StrictStr | None = None
    verbosity: StrictStr | None = None
    web_search_options: JsonObject | None = None
    extra_body: JsonObject | None = Field(default=None, exclude=True)

    def __init__(self, /, **params: Unpack[ChatParams]) -> None:
        if "messages" in params:
            params["messages"] = repeat(params["messages"])  # an answer's message repeats itself
        super().__init__(**params)

    # pydantic then validates a request inside another model without a detour through this method
    __init__.__pydantic_base_init__ = True  # type: ignore[attr-defined]  # pyright: ignore[reportFunctionMemberAccess]

    @model_validator(mode="after")
    def _check_together(self) -> Self:
        if self.top_logprobs is not None and not self.logprobs:
            raise ValueError("top_logprobs needs logprobs=True")
        if self.include_reasoning is not None and self.reasoning_format is not None:
            raise ValueError("include_reasoning and reasoning_format exclude each other")
        if self.extra_body is not None and self.extra_body.get("stream"):
            refuse_stream(True)  # noqa: FBT003 - the validator takes one value
        warn_of_near_misses(self.messages, self.tools or (), vars(self))
        return self

    @classmethod
    def model_validate_json(cls, json_data: str | bytes | bytearray, **_: Any) -> Self:
        """Make a request from a JSON text.

        Args:
            json_data: a JSON object.

        Raises:
            RequestValidationError: it is not a JSON object, or a value is wrong.
        """
        try:
            return cls.model_validate(from_json(json_data, allow_inf_nan=False))
        except (TypeError, ValueError) as error:
            raise RequestValidationError(f"The request is not JSON: {error}") from None

    def replace(self, **changes: Unpack[ChatChanges]) -> Self:
        """Copy the request with some parameters set anew.

        Args:
            changes: parameters as for the constructor.

        Raises:
            RequestValidationError: a value is wrong.
        """
        current = {name: getattr(self, name) for name in self.model_fields_set}
        return type(self).model_validate({**current, **changes})

    def to_json(self, extra_body: Mapping[str, Any] | None = None) -> bytes:
        """Write the request's body: only what was set, ``extra_body`` merged in.

        Args:
            extra_body: more top-level fields, over those of the request itself.

        Returns:
            UTF-8 JSON, as it is sent.

        Raises:
            RequestValidationError: a text holds a lone surrogate, which UTF-8 cannot carry, or
                ``extra_body`` is not JSON.
        """
        try:
            fields = {name: getattr(self, name) for name in sorted(self.model_fields_set)}
            fields |= fields.pop("extra_body", None) or {}
            if extra_body:
                fields |= copy_json(dict(extra_body))
            return _write(fields)
        except (PydanticSerializationError, UnicodeEncodeError, ValueError) as error:
            raise RequestValidationError(
                "This request cannot be written as JSON (a half of a surrogate pair, or a number "
                f"or an object in extra_body that JSON does not have): {json_problem(error)}"
            ) from None

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, ChatRequest):
            return NotImplemented
        return canonical_json(self.to_json()) == canonical_json(other.to_json())

    def __hash__(self) -> int:
        return hash(canonical_json(self.to_json()))

    def model_copy(self, **_: Any) -> NoReturn:
        """Refuse to copy without validation: use `replace`."""
        raise RequestValidationError("Use request.replace(...), which validates the change.")
