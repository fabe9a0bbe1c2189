"""Make transports on the tiny model, and requests for them."""

import json
from pathlib import Path
from typing import Any

from corechat.transport import (
    Deadline,
    Headers,
    HttpRequest,
    HttpResponse,
    Transport,
    TransportOptions,
)
from corechat_llamacpp.factories import llamacpp
from corechat_llamacpp.transport import LlamaTransport

HELLO: dict[str, Any] = {"messages": [{"role": "user", "content": "Hello"}]}
ENDLESS = HELLO | {"ignore_eos": True, "max_tokens": 50_000}
"""Takes minutes on a transport of `roomy`."""

PATIENT = 30.0


def roomy(path: Path, **settings: Any) -> Transport:
    """Make a transport whose context has room for `ENDLESS`."""
    return llamacpp(TransportOptions(), model_path=path, n_ctx=60_000, **settings)


def ask(
    transport: Transport,
    body: dict[str, Any] | bytes = b"",
    *,
    path: str = "/v1/chat/completions",
    method: str = "POST",
    seconds: float = PATIENT,
) -> HttpResponse:
    """Send one request to a local model."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    headers = Headers({"Content-Type": "application/json"})
    url = LlamaTransport.endpoint.removesuffix("/v1") + path
    return transport.send(HttpRequest(method, url, headers, content), Deadline.after(seconds))


def text(response: HttpResponse) -> str:
    """Give the text of the first choice."""
    content = json.loads(response.body)["choices"][0]["message"]["content"]
    assert isinstance(content, str)
    return content
