"""The clients that benchmarks compare: each makes one case's call, and imports its library late."""

import json
import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from importlib import import_module
from typing import Any

from answers import body_for
from cases import Params, params_of, resident, resident_format

Call = Callable[[], object]
Finish = Callable[[Any], object]
"""Reads the type out of an answer, or returns the answer."""

KEY = "benchmark"
TIMEOUT = 30.0
HEADERS = {"Authorization": f"Bearer {KEY}", "Content-Type": "application/json"}


def _plain(case: str, content: Callable[[Any], str]) -> tuple[Params, Finish]:
    """Prepare a case for a client that takes no type: its JSON is then read by pydantic."""
    params = params_of(case)
    if case != "structured":
        return params, lambda answer: answer
    read = resident().model_validate_json
    return {**params, "response_format": resident_format()}, lambda answer: read(content(answer))


def _of_dict(answer: Any) -> str:
    return str(answer["choices"][0]["message"]["content"])


def _of_object(answer: Any) -> str:
    return str(answer.choices[0].message.content)


def _typed(case: str) -> Params:
    """Prepare a case for a client that takes a type."""
    params = params_of(case)
    return {**params, "response_format": resident()} if case == "structured" else params


@contextmanager
def _corechat(backend: str, url: str, case: str) -> Iterator[Call]:
    client = import_module("corechat").Client
    params = _typed(case)
    with client(backend, base_url=f"{url}/v1", api_key=KEY, timeout=TIMEOUT) as opened:
        yield lambda: opened.complete(**params)


@contextmanager
def core_alone(case: str) -> Iterator[Any]:
    """Open a client whose transport has the answer already: what is left is the core's work."""
    from corechat import Client
    from corechat.transport import Headers, HttpResponse

    body = body_for(case)
    fields = {"Content-Type": "application/json", "Content-Length": str(len(body))}
    response = HttpResponse(200, Headers(fields), body)

    class Constant:
        def send(self, request: object, deadline: object) -> HttpResponse:  # noqa: ARG002 - the contract
            return response

        def close(self) -> None:
            """Do nothing: there is nothing to close."""

    with Client(Constant(), base_url="http://127.0.0.1/v1", api_key=KEY) as client:
        yield client


@contextmanager
def _core(url: str, case: str) -> Iterator[Call]:
    del url
    params = _typed(case)
    with core_alone(case) as client:
        yield lambda: client.complete(**params)


@contextmanager
def _groq(url: str, case: str) -> Iterator[Call]:
    params, finish = _plain(case, _of_object)
    with import_module("groq").Groq(api_key=KEY, base_url=url, timeout=TIMEOUT) as client:
        yield lambda: finish(client.chat.completions.create(**params))


@contextmanager
def _openai(url: str, case: str) -> Iterator[Call]:
    params = _typed(case)
    make = import_module("openai").OpenAI
    with make(api_key=KEY, base_url=f"{url}/v1", timeout=TIMEOUT) as client:
        completions = client.chat.completions
        ask = completions.parse if case == "structured" else completions.create
        yield lambda: ask(**params)


@contextmanager
def _any_llm(url: str, case: str) -> Iterator[Call]:
    params, finish = _plain(case, _of_object)
    client = import_module("any_llm").AnyLLM.create("openai", api_key=KEY, api_base=f"{url}/v1")
    yield lambda: finish(client.completion(**params))


@contextmanager
def _litellm(url: str, case: str) -> Iterator[Call]:
    os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"  # it would fetch one
    params, finish = _plain(case, _of_object)
    complete = import_module("litellm").completion
    options = {**params, "model": "openai/m", "api_base": f"{url}/v1", "api_key": KEY}
    yield lambda: finish(complete(**options))


@contextmanager
def _bare_httpx(library: str, url: str, case: str) -> Iterator[Call]:
    """Untyped: a dict out, a dict back."""
    params, finish = _plain(case, _of_dict)
    endpoint = f"{url}/v1/chat/completions"
    with import_module(library).Client(timeout=TIMEOUT) as client:
        yield lambda: finish(client.post(endpoint, json=params, headers=HEADERS).json())


@contextmanager
def _bare_aiohttp(url: str, case: str) -> Iterator[Call]:
    """Untyped, ``run_until_complete`` a call: the least for a synchronous caller of aiohttp."""
    import asyncio

    params, finish = _plain(case, _of_dict)
    endpoint = f"{url}/v1/chat/completions"
    loop = asyncio.new_event_loop()

    async def connect() -> Any:
        return import_module("aiohttp").ClientSession()

    session = loop.run_until_complete(connect())

    async def post() -> Any:
        async with session.post(endpoint, json=params, headers=HEADERS) as response:
            return await response.json()

    try:
        yield lambda: finish(loop.run_until_complete(post()))
    finally:
        loop.run_until_complete(session.close())
        loop.close()


@contextmanager
def _bare_pyreqwest(url: str, case: str) -> Iterator[Call]:
    """Untyped, as with httpx."""
    params, finish = _plain(case, _of_dict)
    endpoint = f"{url}/v1/chat/completions"
    with import_module("pyreqwest.client").SyncClientBuilder().build() as client:

        def post() -> Any:
            request = client.post(endpoint).headers(HEADERS).body_text(json.dumps(params))
            return request.build().send().json()

        yield lambda: finish(post())


@contextmanager
def _http_client(url: str, case: str) -> Iterator[Call]:
    """Untyped, as with httpx."""
    from http.client import HTTPConnection
    from urllib.parse import urlsplit

    params, finish = _plain(case, _of_dict)
    parts = urlsplit(f"{url}/v1/chat/completions")
    connection = HTTPConnection(parts.netloc, timeout=TIMEOUT)

    def post() -> Any:
        connection.request("POST", parts.path, json.dumps(params), HEADERS)
        return json.loads(connection.getresponse().read())

    try:
        yield lambda: finish(post())
    finally:
        connection.close()


@contextmanager
def _floor(url: str, case: str) -> Iterator[Call]:
    params, finish = _plain(case, _of_object)
    with import_module("floor").connect(url, HEADERS) as ask:
        yield lambda: finish(ask(params))


Open = Callable[[str, str], AbstractContextManager[Call]]

BARE = "httpx, bare"
GROQ = "groq-python"
FLOOR = "socket + pydantic"
CORE = "corechat, core alone"
PEERS = ("any-llm", "litellm")
"""The clients that have an environment of their own."""
BACKENDS = ("httpx", "httpx2", "aiohttp", "pyreqwest")
CLIENTS: dict[str, Open] = {
    **{f"corechat {name}": partial(_corechat, name) for name in BACKENDS},
    CORE: _core,
    FLOOR: _floor,
    "http.client, bare": _http_client,
    BARE: partial(_bare_httpx, "httpx"),
    "httpx2, bare": partial(_bare_httpx, "httpx2"),
    "aiohttp, bare": _bare_aiohttp,
    "pyreqwest, bare": _bare_pyreqwest,
    GROQ: _groq,
    "openai-python": _openai,
    "any-llm": _any_llm,
    "litellm": _litellm,
}
"""Name to what opens a client for one case, given a server's URL and the case's name."""
