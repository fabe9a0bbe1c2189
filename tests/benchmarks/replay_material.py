"""Cassettes to measure on: requests of two sizes, each with an answer as Groq sends it."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

URL = "https://api.groq.com/openai/v1/chat/completions"
FIELDS = {"Content-Type": "application/json"}
_MODEL = "llama-3.3-70b-versatile"
_PARAGRAPH = "The quick brown fox jumps over the lazy dog, as it does in any test of type. " * 4
_LIMITS = ("limit-requests", "limit-tokens", "remaining-requests", "remaining-tokens")

Make = Callable[[int], dict[str, Any]]


def small(number: int) -> dict[str, Any]:
    """Give a request of 3 messages."""
    messages = [
        {"role": "system", "content": "You are a helpful assistant."},
        {"role": "user", "content": "Hello!"},
        {"role": "user", "content": f"Name {number} colors, please."},
    ]
    return {"messages": messages, "model": _MODEL, "temperature": 0.5}


def large(number: int) -> dict[str, Any]:
    """Give a request of 20 messages and 5 tools."""
    roles = ("user", "assistant")
    messages = [{"role": roles[n % 2], "content": f"{number} {n} {_PARAGRAPH}"} for n in range(20)]
    schema = {"type": "object", "properties": {"a": {"type": "string", "description": "A text."}}}
    function = {"description": "Do a thing with a text.", "parameters": schema}
    tools = [{"type": "function", "function": {"name": f"f{n}", **function}} for n in range(5)]
    return {"messages": messages, "model": _MODEL, "tools": tools}


def answer(number: int) -> dict[str, Any]:
    """Give a completion."""
    message = {"role": "assistant", "content": f"Red, green and blue are {number} of them."}
    usage = {"prompt_tokens": 40, "completion_tokens": 12, "total_tokens": 52, "queue_time": 0.01}
    return {
        "id": f"chatcmpl-{number}",
        "object": "chat.completion",
        "created": 1750000000 + number,
        "model": _MODEL,
        "choices": [{"index": 0, "message": message, "finish_reason": "stop", "logprobs": None}],
        "usage": usage,
    }


def as_sent(request: dict[str, Any]) -> bytes:
    """Write a request as a client does: without white space."""
    return json.dumps(request, separators=(",", ":")).encode()


def spread_over(size: int, count: int) -> list[int]:
    """Spread so many numbers over a cassette, the last one among them."""
    return [size - 1 - n * size // count for n in range(count)]


def write(folder: Path, make: Make, size: int) -> Path:
    """Write a cassette as JSON, and the same as YAML beside it."""
    headers = {"content-type": ["application/json"], "x-request-id": ["req_01jbd6g9qdfw2adyrt2az8"]}
    headers |= {f"x-ratelimit-{name}": ["14370"] for name in _LIMITS}
    items = [
        {
            "request": {
                "method": "POST",
                "uri": URL,
                "body": as_sent(make(number)).decode(),
                "headers": {"content-type": ["application/json"]},
            },
            "response": {
                "status": {"code": 200, "message": "OK"},
                "headers": headers,
                "body": {"string": json.dumps(answer(number))},
            },
        }
        for number in range(size)
    ]
    import yaml  # noqa: PLC0415 - only where cassettes are written

    tree = {"version": 1, "interactions": items}
    path = folder / f"{make.__name__}-{size}.json"
    path.write_text(json.dumps(tree, indent=2))
    plain = json.loads(path.read_text())  # nothing shared, else PyYAML writes aliases
    path.with_suffix(".yaml").write_text(yaml.dump(plain, Dumper=yaml.CSafeDumper))
    return path
