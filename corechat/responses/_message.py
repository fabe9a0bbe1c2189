"""Message: the answer itself."""

from typing import Any

from corechat.requests import AssistantMessage
from corechat.requests._parts import is_part
from corechat.responses._base import Open, OpenResponse
from corechat.responses._grounding import Annotation, ExecutedTool
from corechat.responses._tool_call import (
    CustomCall,
    FunctionCall,
    ToolCall,
    arguments_text,
    name_text,
)


class Audio(OpenResponse):
    """Hold a spoken answer (OpenAI).

    Attributes:
        id: to be repeated in the next request.
        data: base64.
        expires_at: Unix seconds.
        transcript: the words.
    """

    id: Open[str] = None
    data: Open[str] = None
    expires_at: Open[int] = None
    transcript: Open[str] = None


class Message(OpenResponse):
    """Hold the message of a choice: what the model said.

    Attributes:
        role: ``"assistant"``.
        content: a text; some servers send a list of parts, or null beside tool calls.
        reasoning: the reasoning (Groq, OpenRouter).
        reasoning_content: the reasoning (DeepSeek, vLLM, llama.cpp).
        refusal: why it refused (OpenAI).
        tool_calls: the tools it calls; `ChatResponse.tool_calls` is never None.
        function_call: the deprecated form of one.
        annotations: citations.
        executed_tools: built-in tools that the server ran (Groq).
        audio: the spoken answer (OpenAI).
    """

    role: Open[str] = None
    content: str | list[Any] | dict[str, Any] | None = None
    reasoning: Open[str] = None
    reasoning_content: Open[str] = None
    refusal: Open[str] = None
    tool_calls: Open[list[ToolCall]] = None
    function_call: Open[FunctionCall] = None
    annotations: Open[list[Annotation]] = None
    executed_tools: Open[list[ExecutedTool]] = None
    audio: Open[Audio] = None

    @property
    def text(self) -> str:
        """The text of the answer; the text parts joined where there are several; else ``""``."""
        if isinstance(self.content, str):
            return self.content
        parts = self.content if isinstance(self.content, list) else [self.content]
        texts = [part.get("text") for part in parts if isinstance(part, dict)]
        return "".join(text for text in texts or parts if isinstance(text, str))

    def to_request(self, *, reasoning: bool = False) -> AssistantMessage:
        """Make the message that repeats this answer in the next request.

        It holds only what request messages may hold: Groq answers 400 to any other key, such as
        ``executed_tools`` or ``annotations``.

        Args:
            reasoning: whether to repeat the reasoning too (Groq's ``reasoning``).
        """
        fields: dict[str, Any] = {"content": _repeat_content(self.content)}
        if calls := tool_calls_of(self):
            fields["tool_calls"] = [_repeat(call) for call in calls]
        if isinstance(self.function_call, FunctionCall):
            fields["function_call"] = _call(self.function_call)
        if isinstance(self.refusal, str) and self.refusal:
            fields["refusal"] = self.refusal
        if isinstance(self.audio, Audio) and self.audio.id:
            fields["audio"] = {"id": self.audio.id}
        if reasoning and self.reasoning and isinstance(self.reasoning, str):
            fields["reasoning"] = self.reasoning
        return AssistantMessage(**fields)


def tool_calls_of(message: Message) -> list[ToolCall]:
    """Give a message's tool calls, whatever a careless server has put beside them.

    Args:
        message: an answer.
    """
    calls: object = message.tool_calls
    found = calls if isinstance(calls, list) else []
    return [call for call in found if isinstance(call, ToolCall)]


def _repeat_content(content: str | list[Any] | dict[str, Any] | None) -> Any:
    """Leave out what no request may hold; a request takes a text or a list."""
    if isinstance(content, str) or content is None:
        return content
    given = content if isinstance(content, list) else [content]
    parts = [{"type": "text", "text": one} if isinstance(one, str) else one for one in given]
    return [part for part in parts if is_part(part)] or ""


def _call(call: FunctionCall) -> dict[str, Any]:
    return {"name": name_text(call.name) or "", "arguments": arguments_text(call.arguments)}


def _repeat(call: ToolCall) -> dict[str, Any]:
    kind = call.type if isinstance(call.type, str) and call.type else "function"
    repeated: dict[str, Any] = {"id": name_text(call.id), "type": kind}
    if isinstance(call.function, FunctionCall):
        repeated["function"] = _call(call.function)
    elif isinstance(call.custom, CustomCall):
        repeated["custom"] = {"name": call.name, "input": call.arguments}
    return repeated
