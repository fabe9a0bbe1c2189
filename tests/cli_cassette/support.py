"""What the tests of the command share: runs of it, and a cassette full of planted secrets."""

import json
from pathlib import Path
from typing import Any

from click.testing import Result

from corechat._cli.app import app
from tests.cassettes.support import URL, chat, completion
from tests.cli.support import runner

GROQ = "gsk_PLANTED0123456789abcdefghijklmnop"
OPENAI = "sk-proj-PLANTED-0123456789abcdefghij"
COOKIE = "planted-cookie-4711-abcdef"
ORGANIZATION = "org-PLANTED0123456789abcd"
ECHOED = "opaque4711secret9000"
SECRETS = (GROQ, OPENAI, COOKIE, ORGANIZATION, ECHOED)


def run(*words: object) -> Result:
    return runner().invoke(app, ["cassette", *map(str, words)])


def leaky(url: str = URL) -> dict[str, Any]:
    """Make an interaction that holds each of SECRETS, some of them in several places."""
    sent = chat("hello") | {"wolfram_settings": {"authorization": ECHOED}}
    said = f"Your key {OPENAI} of {ORGANIZATION} with {ECHOED}"
    return {
        "request": {
            "method": "POST",
            "uri": f"{url}?api_key={GROQ}",
            "body": json.dumps(sent),
            "headers": {"Authorization": [f"Bearer {GROQ}"], "X-Api-Key": [ECHOED]},
        },
        "response": {
            "status": {"code": 200, "message": "OK"},
            "headers": {
                "Content-Type": ["application/json"],
                "Set-Cookie": [f"__cf_bm={COOKIE}; path=/"],
                "openai-organization": [ORGANIZATION],
                "x-echo": [f"was {GROQ}"],
                "date": ["Sun, 22 Nov 2026 10:00:00 GMT"],
            },
            "body": {"string": json.dumps(completion(said))},
        },
    }


def texts(path: Path) -> list[tuple[str, str]]:
    """Give what a cassette of corechat's says: the last prompt and the answer of each."""
    tree = json.loads(path.read_text())
    found = []
    for item in tree["interactions"]:
        sent = json.loads(item["request"]["body"])
        got = json.loads(item["response"]["body"]["string"])
        message = got["choices"][0]["message"]["content"]
        found.append((sent["messages"][-1]["content"], message))
    return found
