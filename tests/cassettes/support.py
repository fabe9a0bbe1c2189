"""What the cassette tests share: interactions to write down, and a server that answers chats."""

import base64
import gzip
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from corechat._http.messages import Headers, HttpRequest, HttpResponse
from corechat.transport._deadline import Deadline

URL = "https://api.groq.com/openai/v1/chat/completions"
DEADLINE = Deadline.after(24 * 3600)


def chat(prompt: str, **fields: Any) -> dict[str, Any]:
    return {"model": "m", "messages": [{"role": "user", "content": prompt}], **fields}


def completion(text: str) -> dict[str, Any]:
    message = {"role": "assistant", "content": text}
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1,
        "model": "m",
        "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2},
    }


def interaction(sent: object, answer: str, url: str = URL) -> dict[str, Any]:
    return {
        "request": {"method": "POST", "uri": url, "body": json.dumps(sent), "headers": {}},
        "response": {
            "status": {"code": 200, "message": "OK"},
            "headers": {"Content-Type": ["application/json"]},
            "body": {"string": json.dumps(completion(answer))},
        },
    }


def write(path: Path, *interactions: dict[str, Any]) -> Path:
    path.write_text(json.dumps({"version": 1, "interactions": list(interactions)}))
    return path


def request(sent: object, url: str = URL, **headers: str) -> HttpRequest:
    fields = {"Content-Type": "application/json"}
    fields |= {name.replace("_", "-"): value for name, value in headers.items()}
    body = json.dumps(sent, ensure_ascii=False).encode()
    return HttpRequest("POST", url, Headers(fields), body)


def content(response: HttpResponse) -> str:
    body = response.body
    if response.headers.get("content-encoding") == "gzip":
        body = gzip.decompress(body)
    return str(json.loads(body)["choices"][0]["message"]["content"])


def ask(transport: Any, sent: object, url: str = URL) -> str:
    return content(transport.send(request(sent, url), DEADLINE))


def basic(text: str) -> str:
    return "Basic " + base64.b64encode(text.encode()).decode()


@dataclass
class Answer:
    """What the server sends back."""

    body: bytes
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)


Answering = Callable[[dict[str, str], bytes], Answer]


def echo(_headers: dict[str, str], body: bytes) -> Answer:
    prompt = json.loads(body)["messages"][-1]["content"]
    return Answer(json.dumps(completion(f"You said: {prompt}")).encode())


@dataclass
class ChatServer:
    """A running server."""

    url: str
    requests: list[tuple[str, dict[str, str], bytes]]

    @property
    def base_url(self) -> str:
        return f"{self.url}/v1"

    @property
    def chat_url(self) -> str:
        return f"{self.url}/v1/chat/completions"


@contextmanager
def serve(answering: Answering = echo) -> Iterator[ChatServer]:
    received: list[tuple[str, dict[str, str], bytes]] = []

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True
        wbufsize = -1

        def do_POST(self) -> None:
            headers = {name.lower(): value for name, value in self.headers.items()}
            body = self.rfile.read(int(headers.get("content-length", "0")))
            received.append((self.path, headers, body))
            answer = answering(headers, body)
            self.send_response(answer.status)
            fields = {"Content-Type": "application/json"} | answer.headers
            for name, value in (fields | {"Content-Length": str(len(answer.body))}).items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(answer.body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name there
            pass

    class Server(ThreadingHTTPServer):
        def handle_error(self, request: object, client_address: object) -> None:
            """Say nothing: some tests kill the client."""

    server = Server(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield ChatServer(f"http://127.0.0.1:{server.server_address[1]}", received)
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
