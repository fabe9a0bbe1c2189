"""Every place in which a planted key, or a proxy's password, might come to light."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest import mock

import corechat
from corechat._http.messages import Headers, HttpRequest
from corechat.testing import LoopbackServer, ReceivedRequest, Script
from corechat.testing._kit.capture import LogCapture
from corechat.testing._kit.replies import CHUNKED_HEAD, chunk, head, reply
from corechat.testing._kit.scripts import each
from tests.reliability.battery.plays import completion
from tests.reliability.needles import shown_by, shown_by_error

KEY = "gsk_Planted/0123456789-abcdefGHIJ"
PASSWORD = "Proxy-Planted-0123456789"
Place = tuple[str, str | bytes]

_ASK = corechat.ChatRequest(model="m", messages=[{"role": "user", "content": "hi"}])
_ESCAPED = "".join(f"\\u{ord(char):04x}" for char in KEY)


def _sent(request: ReceivedRequest) -> str:
    """Take the key from the request, so that a server can only tell what it was told."""
    return request.values("authorization")[0].removeprefix("Bearer ")


def _field(name: str) -> Script:
    return each(lambda request: reply(b"{}", 400, [(name, _sent(request))]))


def _body(template: str, status: int, key: str | None = None) -> Script:
    return each(
        lambda request: reply(template.replace("KEY", key or _sent(request)).encode(), status)
    )


def _split(request: ReceivedRequest) -> bytes:
    key = _sent(request).encode()
    parts = [b'{"error": {"message": "', key[:9], key[9:], b'"}}']
    start = CHUNKED_HEAD.replace(b"200 OK", b"401 Unauthorized")
    return start + b"".join(chunk(part) for part in [*parts, b""]) + b"\r\n"


_ERROR = '{"error": {"message": "Incorrect API key: KEY", "code": "KEY", "type": "KEY"}}'
ECHOES: dict[str, Script] = {
    "an error's fields": _body(_ERROR, 401),
    "an error's fields, escaped": _body(_ERROR, 400, _ESCAPED),
    "an error's failed_generation": _body('{"error": {"failed_generation": "KEY"}}', 400),
    "a tool_use_failed": _body(
        '{"error": {"code": "tool_use_failed", "message": "KEY", "failed_generation": "KEY"}}', 400
    ),
    "an error in chunks": each(_split),
    "an error of HTML": _body("<html>KEY</html>", 500),
    "an error of text": _body("KEY", 429),
    "an error of a list": _body('[{"error": {"message": "KEY"}}]', 403),
    "a reason phrase": each(
        lambda request: head(418, [("Content-Length", "0")], f"no {_sent(request)}")
    ),
    "x-request-id": _field("x-request-id"),
    "Content-Type": _field("Content-Type"),
    "Location": each(lambda r: reply(b"", 307, [("Location", f"http://x.invalid/{_sent(r)}")])),
    "Set-Cookie": _field("Set-Cookie"),
    "Retry-After": _field("Retry-After"),
    "x-ratelimit-reset-tokens": _field("x-ratelimit-reset-tokens"),
    "Content-Encoding": each(
        lambda request: reply(b"{}", 200, [("Content-Encoding", _sent(request))])
    ),
    "a 2xx of HTML": _body("<html>KEY</html>", 200),
    "a 2xx with an error": _body('{"error": "KEY"}', 200),
    "a 2xx with an error, escaped": _body('{"error": "KEY"}', 200, _ESCAPED),
    "a 2xx cut": _body('{"choices": [{"message": {"content": "KEY', 200),
    "no HTTP": each(lambda request: f"{_sent(request)}\r\n\r\n".encode()),
    "a bad status line": each(lambda request: f"HTTP/1.1 {_sent(request)} OK\r\n\r\n".encode()),
    "a bad field": each(lambda r: f"HTTP/1.1 200 OK\r\n{_sent(r)}\r\n\r\n".encode()),
    "a bad chunk size": each(lambda r: CHUNKED_HEAD + f"{_sent(r)}\r\n".encode()),
    "a bad Content-Length": each(lambda r: head(200, [("Content-Length", _sent(r))])),
    "an answer": each(lambda request: reply(completion(f"you sent {_sent(request)}"))),
    "an answer's header": each(lambda r: reply(completion(), 200, [("X-Echo", _sent(r))])),
}


@contextmanager
def client_of(backend: str, base_url: str) -> Iterator[corechat.Client]:
    """Make a client whose key comes from the environment."""
    with (
        mock.patch.dict(os.environ, {"GROQ_API_KEY": KEY}),
        corechat.Client(
            backend, provider="groq", base_url=base_url, timeout=3, max_retries=1
        ) as client,
    ):
        yield client


def of_calls(backend: str) -> Iterator[Place]:
    """Look at what calls to servers that repeat the key give, and at what they log."""
    for name, script in ECHOES.items():
        with LogCapture() as logs, LoopbackServer(script) as server:
            with client_of(backend, f"{server.url}/v1") as client:
                try:
                    answer = client.complete(_ASK)
                except corechat.CorechatError as error:
                    yield from shown_by_error(f"the error of {name}", error)
                else:
                    yield from shown_by(name, answer)
                    yield from shown_by(f"the http of {name}", answer.http)
                    yield f"dump of {name}", answer.model_dump_json()
            assert server.received
            assert all(_sent(request) == KEY for request in server.received)
        yield from ((f"log of {name}: {text.partition(' | ')[0]}", text) for text in logs.texts())


def of_objects(backend: str) -> Iterator[Place]:
    """Look at everything that holds the key on its way."""
    with LoopbackServer(ECHOES["an answer"]) as server, client_of(backend, server.url) as client:
        client.complete(_ASK)
        parts = client._parts
        request = HttpRequest("POST", server.url, parts.encoder._headers, b"{}")
        things = {
            "the client": client,
            "its settings": client._settings,
            "its parts": parts,
            "its encoder": parts.encoder,
            "its dispatcher": parts.dispatcher,
            "its decoder": parts.dispatcher._decoder,
            "its transport": parts.transport,
            "its key": parts.dispatcher._errors._key,
            "a request": request,
            "its headers": parts.encoder._headers,
            "its chat": client.chat,
        }
        for name, thing in things.items():
            yield from shown_by(name, thing)


def of_bad_keys() -> Iterator[Place]:
    """Look at the refusals of keys that cannot be used, and of clients that cannot be made."""
    bad = {
        "a line feed": KEY + "\n\n",
        "a NUL": KEY + "\0",
        "an umlaut": KEY + "ü",
        "spaces": KEY + " ",
    }
    for name, key in bad.items():
        try:
            corechat.Client(api_key=key)
        except corechat.ConfigurationError as error:
            yield from shown_by_error(f"the refusal of a key with {name}", error)
        with mock.patch.dict(os.environ, {"GROQ_API_KEY": key.replace("\0", "\r\n")}):
            try:
                corechat.Client()
            except corechat.ConfigurationError as error:
                yield from shown_by_error(f"the refusal of a variable with {name}", error)
    wrong = {"timeout": -1, "backend": "none", "provider": "none", "max_retries": -1}
    for option, value in (wrong | {"base_url": "ftp://x", "nonsense": 1}).items():
        given: dict[str, Any] = {"api_key": KEY, option: value}
        try:
            corechat.Client(**given)
        except corechat.ConfigurationError as error:
            yield from shown_by_error(f"the refusal of {option}={value!r}", error)
    with mock.patch.dict(os.environ, {"GROQ_API_KEY": KEY, "GROQ_BASE_URL": "ftp://x"}):
        try:
            corechat.Client()
        except corechat.ConfigurationError as error:
            yield from shown_by_error("the refusal of GROQ_BASE_URL", error)
    try:
        corechat.Client(api_key="x", headers={"Authorization": f"Bearer {KEY}\n"})
    except corechat.ConfigurationError as error:
        yield from shown_by("the refusal of a header", error)


def of_a_cassette(backend: str) -> Iterator[Place]:
    """Look at what is recorded on disk."""
    for name in ("an answer", "an error's fields", "x-request-id", "Set-Cookie", "a 2xx of HTML"):
        with tempfile.TemporaryDirectory() as folder, LoopbackServer(ECHOES[name]) as server:
            path = Path(folder) / "cassette.json"
            with (
                mock.patch.dict(os.environ, {"GROQ_API_KEY": KEY}),
                corechat.Client(
                    backend,
                    provider="groq",
                    base_url=server.url,
                    record=path,
                    max_retries=0,
                ) as client,
            ):
                try:
                    client.complete(_ASK)
                except corechat.CorechatError as error:
                    yield from shown_by_error(f"the error of {name}, recorded", error)
            for file in Path(folder).iterdir():
                yield f"the cassette of {name}", file.read_bytes()


def of_the_command(backend: str) -> Iterator[Place]:
    """Look at what the command prints."""
    run = "from corechat._cli import main; main()"
    for name, options in _COMMANDS:
        with LoopbackServer(ECHOES[name]) as server:
            base = ["--provider", "groq", "--base-url", server.url, "--backend", backend]
            more = ["--model", "m", "--retries", "0", "hi"]
            done = subprocess.run(  # noqa: S603 - this very interpreter, fixed words
                [sys.executable, "-c", run, *options, *base, *more],
                env={**os.environ, "GROQ_API_KEY": KEY},
                capture_output=True,
                timeout=30,
                check=False,
            )
            assert server.received, done.stderr
        yield f"the output of {' '.join(options)} at {name}", done.stdout
        yield f"the errors of {' '.join(options)} at {name}", done.stderr


_COMMANDS: tuple[tuple[str, list[str]], ...] = (
    ("an answer", ["--log", "chat", "--details"]),
    ("an answer", ["chat", "--json"]),
    ("an error's fields", ["--log", "chat"]),
    ("an error of text", ["chat"]),
    ("a 2xx of HTML", ["--log", "chat", "--json"]),
)


def of_a_proxy(backend: str) -> Iterator[Place]:
    """Look at what comes to light of a proxy with a password."""
    replies = {
        "refuses": reply(b"no", 407),
        "repeats": reply(b"", 502, [("X-Proxy", PASSWORD)]),
        "breaks": b"garbage\r\n\r\n",
    }
    for name, data in replies.items():
        with LogCapture() as logs, LoopbackServer(each(lambda _, data=data: data)) as proxy:  # type: ignore[misc]
            url = f"http://user:{PASSWORD}@{proxy.authority}"
            names = {"https_proxy": url, "GROQ_API_KEY": KEY}
            with mock.patch.dict(os.environ, names):
                client = corechat.Client(backend, timeout=2, max_retries=0)
            with client:
                try:
                    client.complete(_ASK)
                except corechat.CorechatError as error:
                    yield from shown_by_error(f"the error of a proxy that {name}", error)
                yield from shown_by("a client with a proxy", client)
                yield from shown_by("its transport with a proxy", client._parts.transport)
            assert proxy.received
        texts = logs.texts()
        assert any(f"go through http://{proxy.authority}" in text for text in texts)
        yield from ((f"log of a proxy that {name}", text) for text in texts)


def plain_headers() -> Iterator[Place]:
    """Look at headers that hold every kind of secret."""
    for name in ("Authorization", "api-key", "x-api-key", "X-Goog-Api-Key", "Cookie"):
        yield from shown_by(f"headers with {name}", Headers({name: KEY}))
