"""No key, cookie or organisation id reaches the disk, wherever it passes by."""

import json
from pathlib import Path
from typing import Any

import pytest

from corechat._http.messages import Headers, HttpRequest, HttpResponse
from corechat._http.response_headers import read_request_id
from corechat._http.retry_after import read_retry_after, read_should_retry
from corechat.errors import CassetteError
from corechat.transport import TransportOptions
from corechat_httpx.factories import httpx
from corechat_replay.cassette.reader import load
from corechat_replay.factories import replay
from corechat_replay.interaction import Interaction
from corechat_replay.record import RecordingTransport
from corechat_replay.secrets.redaction import Redactor
from tests.cassettes.support import DEADLINE, Answer, basic, chat, completion, request, serve

KEY = "gsk_" + "Zq7" * 14
HEADERS = {
    "Authorization": f"Bearer {KEY}",
    "Cookie": "session=cookie-value-1234567; other=second-cookie-99",
    "OpenAI-Organization": "my-organisation-id",
    "OpenAI-Project": "my-project-id-1",
    "X-Api-Key": "api-key-value-123",
    "Proxy-Authorization": basic("user:proxy-password-5"),
    "X-Session-Token": "plain-session-words",
}
PLANTED = [
    KEY,
    "cookie-value-1234567",
    "second-cookie-99",
    "my-organisation-id",
    "my-project-id-1",
    "api-key-value-123",
    "proxy-password-5",
    "plain-session-words",
    "set-cookie-value-42",
    "org-AbCdEf0123456789",
    "wolfram-secret-1",
    "mcp-server-secret-2",
    "query-secret-77",
    "server-organisation-7",
]


def planted_request(url: str) -> HttpRequest:
    sent = chat(
        f"My key is {KEY}, my organisation org-AbCdEf0123456789",
        compound_custom={"tools": {"wolfram_settings": {"authorization": "wolfram-secret-1"}}},
        tools=[{"type": "mcp", "headers": {"Authorization": "Bearer mcp-server-secret-2"}}],
    )
    body = json.dumps(sent).encode()
    fields = HEADERS | {"Content-Type": "application/json"}
    return HttpRequest("POST", f"{url}?api_key=query-secret-77&v=1", Headers(fields), body)


def echo_everything(headers: dict[str, str], body: bytes) -> Answer:
    said = (
        f"Invalid key in {headers!r} and {body.decode()!r} of organization org_01abcdefgh23456789"
    )
    fields = {
        "Set-Cookie": "session=set-cookie-value-42; Path=/; HttpOnly",
        "OpenAI-Organization": "server-organisation-7",
        "X-Request-Id": f"req-{KEY}",
        "X-Echo": KEY,
    }
    answer = completion(f"{said} set-cookie-value-42 server-organisation-7")
    return Answer(json.dumps(answer).encode(), 401, fields)


def test_nothing_that_was_planted_is_found_on_disk(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    with serve(echo_everything) as server:
        transport = RecordingTransport(httpx(TransportOptions()), path)
        for _ in range(3):
            transport.send(planted_request(server.chat_url), DEADLINE)
        transport.close()
        url = server.chat_url
    files = [each for each in tmp_path.rglob("*") if each.is_file()]
    assert files == [path]
    text = path.read_text()
    assert [secret for secret in (*PLANTED, "org_01abcdefgh23456789") if secret in text] == []
    assert "[hidden]" in text
    assert "[organization]" in text
    transport = replay(TransportOptions(), cassette=path)
    assert transport.send(planted_request(url), DEADLINE).status == 401


def test_the_key_in_other_spellings_is_taken_out(tmp_path: Path) -> None:
    key = "key/with+signs=12345&more"
    spellings = [key, key.replace("/", r"\/"), "key%2Fwith%2Bsigns%3D12345%26more"]

    def echo_key(_headers: dict[str, str], _body: bytes) -> Answer:
        return Answer(('{"error": "%s"}' % " and ".join(spellings)).encode(), 401)  # noqa: UP031 - braces

    with serve(echo_key) as server:
        transport = RecordingTransport(httpx(TransportOptions()), tmp_path / "a.json")
        sent = request(chat("q"), server.chat_url, Authorization=f"Bearer {key}")
        transport.send(sent, DEADLINE)
        transport.close()
    text = (tmp_path / "a.json").read_text()
    assert "12345" not in text
    assert text.count("[hidden]") == 3


def test_a_short_placeholder_key_leaves_the_text_alone(tmp_path: Path) -> None:
    with serve() as server:
        transport = RecordingTransport(httpx(TransportOptions()), tmp_path / "a.json")
        sent = request(chat("x marks the spot"), server.chat_url, Authorization="Bearer x")
        transport.send(sent, DEADLINE)
        transport.close()
    assert b"x marks the spot" in load(tmp_path / "a.json").interactions[0].request.body


@pytest.mark.parametrize(
    ("value", "name"),
    [
        ("gsk_" + "a1B2" * 13, "Groq"),
        ("sk-proj-" + "a1B2-_" * 8, "sk-"),
        ("AIza" + "a1B2_" * 7, "Google"),
        ("hf_" + "a1B2" * 8, "Hugging Face"),
        ("Bearer abcdefgh12345678", "bearer"),
        ("Basic dXNlcjpwYXNzd29yZDEyMw==", "basic"),
        ("AKIA" + "ABCDEFGH12345678", "AWS"),
        ("eyJhbGciOiJI.eyJzdWIiOiIx.c2lnbmF0dXJl", "web token"),
        ("-----BEGIN RSA PRIVATE KEY-----", "private key"),
    ],
)
def test_another_key_in_a_prompt_is_refused_before_it_is_sent(
    tmp_path: Path, value: str, name: str
) -> None:
    path = tmp_path / "a.json"
    with serve() as server:
        transport = RecordingTransport(httpx(TransportOptions()), path)
        for prompt in (f"use {value} here", f'{{"x": "line\\n{value}"}}', f"line\n{value}"):
            with pytest.raises(CassetteError) as caught:
                transport.send(request(chat(prompt), server.chat_url), DEADLINE)
            assert "request body, messages[0].content holds what looks like" in str(caught.value)
            assert name in str(caught.value)
            assert value not in str(caught.value)
        transport.close()
        assert server.requests == []
    assert not path.exists()


def test_another_key_in_an_answer_is_not_written(tmp_path: Path) -> None:
    answer = completion("the key is gsk_" + "a1B2" * 13)
    path = tmp_path / "a.json"
    with serve(lambda *_: Answer(json.dumps(answer).encode())) as server:
        transport = RecordingTransport(httpx(TransportOptions()), path)
        with pytest.raises(CassetteError, match=r"response body, choices\[0\].message.content"):
            transport.send(request(chat("q"), server.chat_url), DEADLINE)
        transport.close()
    assert not path.exists()


def test_a_key_in_escaped_json_is_taken_out(tmp_path: Path) -> None:
    escaped = "".join(f"\\u{ord(letter):04x}" for letter in KEY)
    answer = ('{"error": {"message": "bad key %s ü"}}' % escaped).encode()  # noqa: UP031 - braces
    with serve(lambda *_: Answer(answer, 401)) as server:
        transport = RecordingTransport(httpx(TransportOptions()), tmp_path / "a.json")
        sent = request(chat("q"), server.chat_url, Authorization=f"Bearer {KEY}")
        transport.send(sent, DEADLINE)
        transport.close()
    body = load(tmp_path / "a.json").interactions[0].response.body
    assert json.loads(body) == {"error": {"message": "bad key [hidden] ü"}}
    assert KEY not in (tmp_path / "a.json").read_text()


def test_a_piece_of_the_key_at_the_end_of_a_cut_answer_is_taken_out(tmp_path: Path) -> None:
    with serve(lambda *_: Answer(b"x" * 50 + KEY.encode() + b"y" * 50, 401)) as server:
        for cut in (56, 60, 70, 50 + len(KEY) - 1, 50 + len(KEY)):
            path = tmp_path / f"{cut}.json"
            options = TransportOptions(max_error_body_bytes=cut)
            transport = RecordingTransport(httpx(options), path)
            sent = request(chat("q"), server.chat_url, Authorization=f"Bearer {KEY}")
            assert transport.send(sent, DEADLINE).truncated
            transport.close()
            assert load(path).interactions[0].response.body == b"x" * 50 + b"[hidden]"


@pytest.mark.parametrize(
    "text",
    [
        "a task-oriented disk-based approach, sk-learn-style-pipelines-everywhere",
        "Basic understanding of internationalization",
        "The bearer understandsinternationalization",
        "git sha 3f786850e387550fdab836ed7e6dc881de23001b",
        "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk",
        "id call_abcDEF123456789012345678 and chatcmpl-BJ3tOEUq2WfPnYtwubhExHvBQEJD9",
        "req_01jbd6g9qdfw2adyrt2az8hz4w and fp_72ed7ab54c",
    ],
)
def test_ordinary_text_is_recorded_unchanged(tmp_path: Path, text: str) -> None:
    with serve() as server:
        transport = RecordingTransport(httpx(TransportOptions()), tmp_path / "a.json")
        transport.send(request(chat(text), server.chat_url), DEADLINE)
        transport.close()
    recorded: Any = json.loads(load(tmp_path / "a.json").interactions[0].request.body)
    assert recorded["messages"][0]["content"] == text


class AskedHeaders(dict[str, str]):
    """Headers that note which fields are looked for, and have none of them."""

    def __init__(self) -> None:
        super().__init__()
        self.names: set[str] = set()

    def get(self, name: str, default: Any = None) -> Any:
        self.names.add(name)
        return default

    def __getitem__(self, name: str) -> str:
        self.names.add(name)
        raise KeyError(name)

    def __contains__(self, name: object) -> bool:
        self.names.add(str(name))
        return False


def test_every_header_that_a_call_reads_is_recorded() -> None:
    asked: Any = AskedHeaders()
    read_retry_after(asked)
    read_should_retry(asked)
    read_request_id(asked)
    assert {"retry-after", "x-should-retry", "x-request-id"} <= asked.names
    received = HttpResponse(200, Headers([(name, "1") for name in sorted(asked.names)]), b"")
    sent = HttpRequest("POST", "https://x.example/chat/completions", Headers(), b"")
    clean = Redactor().clean(Interaction(sent, received))
    assert set(clean.response.headers) == asked.names
