"""Message: the answer itself."""

from collections.abc import Collection
from typing import Any, ClassVar

from corechat.requests import AssistantMessage
from corechat.requests._repeating import repeat_message
from corechat.responses._base import Open, OpenResponse
from corechat.responses._grounding import Annotation, ExecutedTool
from corechat.responses._tool_call import FunctionCall, ToolCall


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

    def to_request(self) -> dict[str, Any]:
        """Make what repeats this spoken answer in the next request."""
        return {"id": self.id}


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

    _repeated_keys: ClassVar[tuple[str, ...]] = ()

    def repeat_with(self, keys: tuple[str, ...]) -> None:
        """Say which keys the endpoint wants to see again; the client does.

        Args:
            keys: as in `Provider.repeated_keys`.
        """
        vars(self)["_repeated_keys"] = keys
        for call in tool_calls_of(self):
            call.repeat_with(keys)

    @property
    def text(self) -> str:
        """The text of the answer; the text parts joined where there are several; else ``""``."""
        if isinstance(self.content, str):
            return self.content
        parts = self.content if isinstance(self.content, list) else [self.content]
        texts = [part.get("text") for part in parts if isinstance(part, dict)]
        return "".join(text for text in texts or parts if isinstance(text, str))

    @property
    def parsed(self) -> Any:
        """Refuse: the value that was asked for stands at the answer.

        Raises:
            AttributeError: always; it says so.
        """
        raise AttributeError("parsed: the value that response_format asked for is reply.parsed")

    def to_request(
        self, *, reasoning: bool = False, keep: Collection[str] | None = None
    ) -> AssistantMessage:
        """Make the message that repeats this answer in the next request.

        It holds what every endpoint takes, and what the one that answered needs to see again:
        Gemini the ``extra_content`` of a call, DeepSeek ``reasoning_content``; Groq answers 400 to
        any other key. Arguments are repeated as the text of a JSON object, also where the model
        wrote another thing.

        Args:
            reasoning: whether to repeat the reasoning too (Groq's ``reasoning``).
            keep: the keys to repeat, in place of the endpoint's own; as in
                `Provider.repeated_keys`.
        """
        keys = self._repeated_keys if keep is None else tuple(keep)
        if reasoning:
            keys = (*keys, "reasoning")
        return AssistantMessage(**repeat_message(self.model_dump(exclude_unset=True), keys))


def tool_calls_of(message: Message) -> list[ToolCall]:
    """Give a message's tool calls, whatever a careless server has put beside them.

    Args:
        message: an answer.
    """
    calls: object = message.tool_calls
    found = calls if isinstance(calls, list) else []
    return [call for call in found if isinstance(call, ToolCall)]
