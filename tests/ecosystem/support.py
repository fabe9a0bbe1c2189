"""What the tests of the ecosystem share: a server that answers chats, and one question."""

import json

import corechat
from corechat.testing import ReceivedRequest
from corechat.testing._kit.replies import reply
from tests.cassettes.support import completion

KEY = "gsk_PLANTED0123456789abcdefghijklmnop"
MESSAGES = [{"role": "user", "content": "hi"}]


def answer(request: ReceivedRequest) -> bytes:
    """Answer, on the wire, by repeating the user's words."""
    words = json.loads(request.body)["messages"][-1]["content"]
    body = json.dumps(completion(f"you said {words}")).encode()
    return reply(body)


def ask(client: corechat.Client) -> str:
    """Ask one question, and give the text of the answer."""
    return client.complete(model="m", messages=MESSAGES).text
