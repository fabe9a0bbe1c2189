"""A cassette that was recorded can be opened again, and recording asks for no more than sending."""

from pathlib import Path
from typing import Any

import corechat
from corechat import Headers
from corechat.transport import Deadline, HttpRequest, HttpResponse

SETTINGS = {"tools": {"wolfram_settings": {"authorization": "a-secret-of-wolfram"}}}
ASK: dict[str, Any] = {
    "model": "m",
    "messages": [{"role": "user", "content": "Hi"}],
    "compound_custom": SETTINGS,
}


class Local:
    """Answer in this process, as a local model does: with an endpoint of its own, without a key."""

    endpoint = "http://local.localhost/v1"

    def send(self, request: HttpRequest, deadline: Deadline) -> HttpResponse:
        del request, deadline
        return HttpResponse(200, Headers(), b'{"choices":[{"message":{"content":"Hello"}}]}')

    def close(self) -> None:
        pass


def test_recording_a_local_model_asks_for_no_key_and_hides_secrets_each_time(
    tmp_path: Path,
) -> None:
    path = tmp_path / "local.json"
    for question in ("first", "second"):
        with corechat.Client(Local(), record=path, record_mode="new") as client:
            asked = {**ASK, "messages": [{"role": "user", "content": question}]}
            assert client.complete(**asked).text == "Hello"
    text = path.read_text(encoding="utf-8")
    assert "a-secret-of-wolfram" not in text
    assert text.count('"uri"') == 2
