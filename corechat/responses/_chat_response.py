"""ChatResponse: one whole answer, its choices, and how it came over HTTP."""

import builtins
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any, ClassVar, Generic, TypeVar

from pydantic import Field

from corechat._http.messages import Headers
from corechat._http.rate_limits import RateLimits
from corechat._http.response_headers import read_request_id
from corechat.responses._base import Open, OpenResponse
from corechat.responses._finish_reasons import is_cut
from corechat.responses._html import html_table
from corechat.responses._logprobs import Logprobs
from corechat.responses._message import Message, tool_calls_of
from corechat.responses._tool_call import ToolCall
from corechat.responses._usage import Usage


class Choice(OpenResponse):
    """Hold one choice: one of the answers to a request.

    Attributes:
        message: the answer.
        index: its number, from 0.
        finish_reason: ``"stop"``, ``"length"``, ``"tool_calls"``, ``"content_filter"`` or another
            that the server uses.
        logprobs: log probabilities, where asked for.
    """

    message: Message
    index: Open[int] = None
    finish_reason: Open[str] = None
    logprobs: Open[Logprobs] = None

    @property
    def cut_off(self) -> bool:
        """Whether the answer ended at the bound on its tokens, in the middle of what it said."""
        return is_cut(self.finish_reason)


class ModelUsage(OpenResponse):
    """Count one model's part in a compound answer (Groq)."""

    model: Open[str] = None
    usage: Open[Usage] = None


class UsageBreakdown(OpenResponse):
    """Count an answer's tokens by model (Groq)."""

    models: Open[list[ModelUsage]] = None


class XGroqUsage(OpenResponse):
    """Count the tokens that came from Groq's caches."""

    dram_cached_tokens: Open[int] = None
    sram_cached_tokens: Open[int] = None


class XGroqDebug(OpenResponse):
    """Hold the tokens themselves, where ``extra_body={"debug": True}`` asked for them (Groq)."""

    input_token_ids: Open[list[int]] = None
    input_tokens: Open[list[str]] = None
    output_token_ids: Open[list[int]] = None
    output_tokens: Open[list[str]] = None


class XGroq(OpenResponse):
    """Hold Groq's own additions.

    Attributes:
        id: Groq's id of the request.
        seed: the seed used.
        usage: tokens from caches.
        debug: the tokens, where asked for.
    """

    id: Open[str] = None
    seed: Open[int] = None
    usage: Open[XGroqUsage] = None
    debug: Open[XGroqDebug] = None


class McpTool(OpenResponse):
    """Describe a tool of an MCP server."""

    name: Open[str] = None
    description: Open[str] = None
    input_schema: Any = None
    annotations: Any = None


class McpListTools(OpenResponse):
    """List an MCP server's tools (Groq)."""

    id: Open[str] = None
    type: Open[str] = None
    server_label: Open[str] = None
    tools: Open[list[McpTool]] = None


@dataclass(frozen=True, slots=True)
class HttpInfo:
    """Hold how an answer came over HTTP.

    Attributes:
        status: the HTTP status.
        headers: the response's headers, cookies and account ids hidden.
        elapsed: seconds from the call to the whole answer, retries and waits included.
        attempts: how many times the request was sent.
        body: the answer's bytes as they came, its coding undone, where the client keeps them
            (``keep_bodies=True``); else empty.
    """

    status: int
    headers: Headers
    elapsed: float
    attempts: int
    body: bytes = field(default=b"", repr=False)


class ChatResponse(OpenResponse):
    """Hold one whole response: typed, and open to whatever else a server sends.

    Attributes:
        choices: the answers, at least one.
        id: the completion's id.
        object: ``"chat.completion"``.
        created: Unix seconds.
        model: the model that answered.
        usage: tokens and times.
        system_fingerprint: the configuration of the backend.
        service_tier: the tier that served it.
        usage_breakdown: tokens by model (Groq).
        x_groq: Groq's own additions.
        mcp_list_tools: tools of MCP servers (Groq).
        metadata: what the request set (OpenAI).
        moderation: the verdict of a moderation (OpenAI).
    """

    choices: Annotated[list[Choice], Field(min_length=1)]
    id: Open[str] = None
    object: Open[str] = None
    created: Open[int] = None
    model: Open[str] = None
    usage: Open[Usage] = None
    system_fingerprint: Open[str] = None
    service_tier: Open[str] = None
    usage_breakdown: Open[UsageBreakdown] = None
    x_groq: Open[XGroq] = None
    mcp_list_tools: Open[list[McpListTools]] = None
    metadata: Open[dict[str, Any]] = None
    moderation: Open[dict[str, Any]] = None

    _http: ClassVar[HttpInfo] = HttpInfo(status=200, headers=Headers(), elapsed=0.0, attempts=0)

    @property
    def http(self) -> HttpInfo:
        """How the answer came: status, headers, elapsed seconds, attempts."""
        return self._http

    @property
    def message(self) -> Message:
        """The first choice's message."""
        return self.choices[0].message

    @property
    def text(self) -> str:
        """The first choice's text; ``""`` if it has none."""
        return self.choices[0].message.text

    @property
    def tool_calls(self) -> list[ToolCall]:
        """The first choice's tool calls; an empty list where it does not call any."""
        return tool_calls_of(self.choices[0].message)

    @property
    def parsed(self) -> Any:
        """The value that ``response_format`` asked for, where it was given as a type or schema.

        Raises:
            AttributeError: it was not.
        """
        raise AttributeError("parsed: give response_format= a type or a JSON Schema to have one")

    @property
    def finish_reason(self) -> str | None:
        """Why the first choice ended."""
        return _text(self.choices[0].finish_reason)

    @property
    def cut_off(self) -> bool:
        """Whether the first choice ended at the bound on its tokens."""
        return self.choices[0].cut_off

    def repeat_with(self, keys: Sequence[str]) -> None:
        """Say which keys of its messages the endpoint wants to see again; the client does.

        Args:
            keys: as in `Provider.repeated_keys`.
        """
        for choice in self.choices:
            choice.message.repeat_with(tuple(keys))

    @property
    def request_id(self) -> str | None:
        """The server's id of the request, for its support; else Groq's ``x_groq.id``."""
        found = read_request_id(self.http.headers)
        return found or (_text(self.x_groq.id) if isinstance(self.x_groq, XGroq) else None)

    @property
    def _request_id(self) -> str | None:
        """The request id, under openai-python's name."""
        return self.request_id

    @property
    def rate_limits(self) -> RateLimits:
        """The limits that the server reported with this answer."""
        return RateLimits.from_headers(self.http.headers)

    def _repr_html_(self) -> str:
        """Show role, text, tool calls, usage and end in a notebook."""
        rows: list[tuple[str, builtins.object]] = []
        for choice in self.choices:
            calls = [f"{call.name}({call.arguments})" for call in tool_calls_of(choice.message)]
            rows += [
                (_text(choice.message.role) or "assistant", choice.message.text),
                ("tool calls", "\n".join(calls)),
                ("finish_reason", choice.finish_reason),
            ]
        return html_table([*rows, ("model", self.model), ("usage", self.usage)])

    def __eq__(self, other: builtins.object) -> bool:
        """Compare what the servers said, not how it came."""
        if not isinstance(other, ChatResponse):
            return NotImplemented
        return self.model_dump(exclude_unset=True) == other.model_dump(exclude_unset=True)

    __hash__ = None  # it holds lists and dicts


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None  # a careless server's value of another type


T_co = TypeVar("T_co", covariant=True)
V = TypeVar("V")


class ParsedChatResponse(ChatResponse, Generic[T_co]):
    """Hold one whole response, and the value read out of it."""

    _parsed: ClassVar[Any] = None

    @property
    def parsed(self) -> T_co:
        """The value that ``response_format`` asked for; None where the model called tools."""
        value: T_co = self._parsed
        return value

    @classmethod
    def of(cls, response: ChatResponse, value: V) -> "ParsedChatResponse[V]":
        """Give an answer its value.

        Args:
            response: the answer.
            value: what was read out of it.
        """
        made: ParsedChatResponse[V] = ParsedChatResponse.__new__(ParsedChatResponse)
        state = response.__getstate__()
        made.__setstate__({**state, "__dict__": {**vars(response), "_parsed": value}})
        return made
