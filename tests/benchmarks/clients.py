"""The clients that benchmarks compare, and what they are asked: data for `cpu` and `threads`."""

import asyncio
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from importlib import import_module
from typing import Any

from answering_server import BODY

import corechat
from corechat.transport import Deadline, Headers, HttpRequest, HttpResponse

Call = Callable[[], object]
Params = dict[str, Any]

KEY = "benchmark"
TIMEOUT = 30.0


def _messages(count: int) -> list[dict[str, str]]:
    roles = ("user", "assistant")
    turns = [
        {"role": roles[turn % 2], "content": f"Turn {turn}: " + "fast inference, plainly. " * 8}
        for turn in range(count - 1)
    ]
    return [{"role": "system", "content": "Answer in one line."}, *turns]


def _tool(number: int) -> dict[str, Any]:
    properties = {
        name: {"type": "string", "description": f"The {name} of what is looked up."}
        for name in ("city", "country", "unit")
    }
    parameters = {"type": "object", "properties": properties, "required": ["city"]}
    function = {"name": f"look_up_{number}", "description": "Look up.", "parameters": parameters}
    return {"type": "function", "function": function}


CASES: dict[str, Params] = {
    "small": {"model": "m", "messages": _messages(3)},
    "large": {"model": "m", "messages": _messages(20), "tools": [_tool(n) for n in range(5)]},
}
"""What is asked: 3 messages; 20 messages and 5 tools."""


@contextmanager
def _corechat(backend: str, url: str, params: Params) -> Iterator[Call]:
    with corechat.Client(backend, base_url=f"{url}/v1", api_key=KEY, timeout=TIMEOUT) as client:
        yield lambda: client.complete(**params)


class _Answering:
    """A transport that has the answer already: what is left is the core's own work."""

    _fields = (("Content-Type", "application/json"), ("Content-Length", str(len(BODY))))
    _response = HttpResponse(200, Headers(_fields), BODY)

    def send(self, request: HttpRequest, deadline: Deadline) -> HttpResponse:  # noqa: ARG002 - the contract
        """Return the answer."""
        return self._response

    def close(self) -> None:
        """Do nothing: there is nothing to close."""


@contextmanager
def _core(url: str, params: Params) -> Iterator[Call]:
    with corechat.Client(_Answering(), base_url=f"{url}/v1", api_key=KEY) as client:
        yield lambda: client.complete(**params)


@contextmanager
def _groq(url: str, params: Params) -> Iterator[Call]:
    with import_module("groq").Groq(api_key=KEY, base_url=url, timeout=TIMEOUT) as client:
        yield lambda: client.chat.completions.create(**params)


@contextmanager
def _openai(url: str, params: Params) -> Iterator[Call]:
    with import_module("openai").OpenAI(
        api_key=KEY, base_url=f"{url}/v1", timeout=TIMEOUT
    ) as client:
        yield lambda: client.chat.completions.create(**params)


@contextmanager
def _bare_httpx(library: str, url: str, params: Params) -> Iterator[Call]:
    """Untyped: a dict out, a dict back."""
    headers = {"Authorization": f"Bearer {KEY}"}
    with import_module(library).Client(timeout=TIMEOUT) as client:
        endpoint = f"{url}/v1/chat/completions"
        yield lambda: client.post(endpoint, json=params, headers=headers).json()


@contextmanager
def _bare_aiohttp(url: str, params: Params) -> Iterator[Call]:
    """Untyped, ``run_until_complete`` a call: the least for a synchronous caller of aiohttp."""
    loop = asyncio.new_event_loop()
    headers = {"Authorization": f"Bearer {KEY}"}

    async def connect() -> Any:
        return import_module("aiohttp").ClientSession()

    session = loop.run_until_complete(connect())

    async def post() -> object:
        endpoint = f"{url}/v1/chat/completions"
        async with session.post(endpoint, json=params, headers=headers) as response:
            return await response.json()

    try:
        yield lambda: loop.run_until_complete(post())
    finally:
        loop.run_until_complete(session.close())
        loop.close()


@contextmanager
def _bare_pyreqwest(url: str, params: Params) -> Iterator[Call]:
    """Untyped, as with httpx."""
    body = partial(json.dumps, params)
    headers = {"Authorization": f"Bearer {KEY}", "Content-Type": "application/json"}
    with import_module("pyreqwest.client").SyncClientBuilder().build() as client:
        endpoint = f"{url}/v1/chat/completions"
        yield lambda: client.post(endpoint).headers(headers).body_text(body()).build().send().json()


BARE = "httpx, bare"
GROQ = "groq-python"
CLIENTS: dict[str, Callable[[str, Params], Any]] = {
    BARE: partial(_bare_httpx, "httpx"),
    "httpx2, bare": partial(_bare_httpx, "httpx2"),
    "aiohttp, bare": _bare_aiohttp,
    "pyreqwest, bare": _bare_pyreqwest,
    GROQ: _groq,
    "openai-python": _openai,
    "corechat, core alone": _core,
    "corechat httpx": partial(_corechat, "httpx"),
    "corechat httpx2": partial(_corechat, "httpx2"),
    "corechat aiohttp": partial(_corechat, "aiohttp"),
    "corechat pyreqwest": partial(_corechat, "pyreqwest"),
}
"""Name to what makes a call of it, for a server's URL without a path and the parameters."""
