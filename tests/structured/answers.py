"""Answers to read in tests."""

from typing import Any

from corechat.responses import ChatResponse


def answer(content: Any, *, finish_reason: str = "stop", **message: Any) -> ChatResponse:
    """Build an answer as a server would send it."""
    return ChatResponse.model_validate(
        {
            "id": "chatcmpl-1",
            "choices": [
                {
                    "index": 0,
                    "finish_reason": finish_reason,
                    "message": {"role": "assistant", "content": content, **message},
                }
            ],
            "usage": {"prompt_tokens": 7, "completion_tokens": 3, "total_tokens": 10},
        }
    )
