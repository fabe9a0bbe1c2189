"""Answers to read in tests."""

from typing import Any

import pytest

from corechat._structured import OutputType
from corechat.errors import StructuredOutputError
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


def failure(tp: Any, response: Any, **options: Any) -> StructuredOutputError:
    """Read an answer that is not the value, and check what every such error keeps."""
    with pytest.raises(StructuredOutputError) as caught:
        OutputType.of(tp).parse(response, **options)
    error = caught.value
    assert error.response == response
    assert error.usage is not None
    assert error.usage.total_tokens == 10
    assert len(error.message) <= 1000
    return error
