"""What the tests of the ecosystem share: a server that answers chats, and one question."""

import json
from typing import Any

import corechat
from corechat.testing import ReceivedRequest
from corechat.testing._kit.scripts import reply

KEY = "gsk_PLANTED0123456789abcdefghijklmnop"
MESSAGES = [{"role": "user", "content": "hi"}]


def completion(text: str) -> dict[str, Any]:
    """Give an answer of the API."""
    message = {"role": "assistant", "content": text}
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1,
        "model": "m",
        "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2},
    }


def answer(request: ReceivedRequest) -> bytes:
    """Answer, on the wire, by repeating the user's words."""
    words = json.loads(request.body)["messages"][-1]["content"]
    body = json.dumps(completion(f"you said {words}")).encode()
    return reply(body)


def ask(client: corechat.Client) -> str:
    """Ask one question, and give the text of the answer."""
    return client.complete(model="m", messages=MESSAGES).text
