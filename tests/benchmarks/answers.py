"""What the benchmarks' server answers: bodies of chat completions, each a case's."""

import json
from typing import Any

_USAGE = {"prompt_tokens": 9, "completion_tokens": 3, "total_tokens": 12}
_PROSE = "The quick brown fox jumps over the lazy dog, as it does in any test of type. "
_LOGPROBS = 120  # tokens, each with five alternatives: 56 kB


def _completion(message: dict[str, Any], reason: str = "stop", **of_choice: Any) -> bytes:
    message = {"role": "assistant", **message}
    choice = {"index": 0, "message": message, "finish_reason": reason, **of_choice}
    answer = {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1760000000,
        "model": "m",
        "choices": [choice],
        "usage": _USAGE,
    }
    return json.dumps(answer, separators=(",", ":")).encode()


def _text(size: int) -> bytes:
    return _completion({"content": (_PROSE * (size // len(_PROSE) + 1))[:size]})


def _tool_call() -> bytes:
    function = {"name": "look_up_0", "arguments": '{"city": "Ulm", "unit": "C"}'}
    call = {"id": "call_1", "type": "function", "function": function}
    return _completion({"content": None, "tool_calls": [call]}, "tool_calls")


def _token(number: int) -> dict[str, Any]:
    text = f" word{number}"
    return {"token": text, "logprob": -0.0123 * number, "bytes": list(text.encode())}


def _logprobs() -> bytes:
    tokens = [
        {**_token(n), "top_logprobs": [_token(n + alternative) for alternative in range(5)]}
        for n in range(_LOGPROBS)
    ]
    return _completion({"content": "Hello there."}, logprobs={"content": tokens})


BODY = _completion({"content": "Hello there."})
"""A short text: what is answered to whatever has no answer of its own."""
_BODIES = {
    "tool-call": _tool_call(),
    "text": _text(64_000),
    "logprobs": _logprobs(),
    "structured": _completion({"content": '{"name": "Ada Lovelace", "city": "London"}'}),
}


def body_for(case: str) -> bytes:
    """Give the body that answers a case; ``bytes-1000`` is a text of so many characters."""
    if case.startswith("bytes-"):
        return _text(int(case.removeprefix("bytes-")))
    return _BODIES.get(case, BODY)
