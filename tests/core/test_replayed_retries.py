"""A recorded retry is played at once: nobody waits for a server that is not there."""

import json
import time
from pathlib import Path
from typing import Any

import corechat

ASK: dict[str, Any] = {"model": "m", "messages": [{"role": "user", "content": "Hi"}]}
URL = "http://127.0.0.1:8080/v1/chat/completions"


def interaction(status: int, body: dict[str, Any], headers: dict[str, list[str]]) -> dict[str, Any]:
    return {
        "request": {"method": "POST", "uri": URL, "body": json.dumps(ASK), "headers": {}},
        "response": {
            "status": {"code": status, "message": ""},
            "headers": headers,
            "body": {"string": json.dumps(body)},
        },
    }


def test_a_recorded_429_is_followed_by_its_answer_without_the_wait(tmp_path: Path) -> None:
    path = tmp_path / "limited.json"
    limited = interaction(429, {"error": {"message": "slow down"}}, {"retry-after": ["30"]})
    answered = interaction(200, {"choices": [{"message": {"content": "Hello"}}]}, {})
    path.write_text(json.dumps({"version": 1, "interactions": [limited, answered]}))
    with corechat.Client("replay", cassette=path, timeout=60) as client:
        started = time.monotonic()
        reply = client.complete(**ASK)
    assert reply.text == "Hello"
    assert reply.http.attempts == 2
    assert time.monotonic() - started < 20
