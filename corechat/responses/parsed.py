"""ParsedChatResponse: an answer with the value that was read out of it."""

from typing import Any, Generic, TypeVar

from pydantic import PrivateAttr

from corechat.responses.chat_response import ChatResponse

T_co = TypeVar("T_co", covariant=True)
V = TypeVar("V")


class ParsedChatResponse(ChatResponse, Generic[T_co]):
    """Hold one whole answer, and the value read out of it."""

    _parsed: Any = PrivateAttr(default=None)

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
        private = state["__pydantic_private__"] or {}
        made.__setstate__({**state, "__pydantic_private__": {**private, "_parsed": value}})
        return made
