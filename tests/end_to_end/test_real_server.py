"""One suite for every backend against llama.cpp's own server: same request, same outcome."""

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import corechat
from tests.servers.llama_server import LlamaServer

LIVE = ("httpx", "httpx2", "aiohttp")
BACKENDS = (*LIVE, "llamacpp")
ASK = {"model": "tiny", "messages": [{"role": "user", "content": "Say hi."}], "temperature": 0}
TOOL = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "Tell the weather.",
        "parameters": {
            "type": "object",
            "properties": {"city": {"type": "string"}},
            "required": ["city"],
        },
    },
}
SCHEMA = {
    "type": "object",
    "properties": {"name": {"type": "string"}, "age": {"type": "integer"}},
    "required": ["name", "age"],
    "additionalProperties": False,
}
VOLATILE = frozenset({"id", "created", "timings", "system_fingerprint"})

ANSWERED: dict[str, dict[str, Any]] = {
    "a plain question": ASK,
    "a system message and parameters": {
        **ASK,
        "messages": [{"role": "system", "content": "Be brief."}, *ASK["messages"]],  # type: ignore[misc]
        "max_completion_tokens": 2,
        "seed": 7,
        "top_p": 0.5,
        "stop": ["!"],
    },
    "a json_schema": {
        **ASK,
        "response_format": {
            "type": "json_schema",
            "json_schema": {"name": "person", "schema": SCHEMA, "strict": True},
        },
        "max_completion_tokens": 200,
    },
    "a json_object": {
        **ASK,
        "response_format": {"type": "json_object"},
        "max_completion_tokens": 60,
    },
    "tools": {**ASK, "tools": [TOOL], "max_completion_tokens": 200},
    "log probabilities": {**ASK, "logprobs": True, "top_logprobs": 2},
    "two choices": {**ASK, "n": 2},
    "an unknown field": {**ASK, "extra_body": {"cache_prompt": False}},
}
REFUSED: dict[str, tuple[dict[str, Any], type[corechat.APIStatusError]]] = {
    "an over-long prompt": (
        {**ASK, "messages": [{"role": "user", "content": "too long " * 4000}]},
        corechat.BadRequestError,
    ),
    "an unusable schema": (
        {
            **ASK,
            "response_format": {
                "type": "json_schema",
                "json_schema": {"name": "x", "schema": {"type": "no-such-type"}},
            },
        },
        corechat.BadRequestError,
    ),
    "a wrong type": ({**ASK, "extra_body": {"messages": "none"}}, corechat.APIStatusError),
    "an image for a model that cannot see": (
        {
            **ASK,
            "messages": [
                {
                    "role": "user",
                    "content": [
                        {"type": "image_url", "image_url": {"url": "data:image/png;base64,AA=="}}
                    ],
                }
            ],
        },
        corechat.InternalServerError,
    ),
}


@pytest.fixture(scope="module")
def clients(
    llama_server: LlamaServer, tiny_model_path: Path
) -> Iterator[Callable[[str], corechat.Client]]:
    made: dict[str, corechat.Client] = {}

    def client(backend: str) -> corechat.Client:
        if backend not in made:
            made[backend] = (
                corechat.Client("llamacpp", model_path=tiny_model_path, max_retries=0)
                if backend == "llamacpp"
                else corechat.Client(backend, base_url=llama_server.base_url, max_retries=0)
            )
        return made[backend]

    yield client
    for each in made.values():
        each.close()


def stable(value: Any) -> Any:
    """Drop what differs from run to run."""
    if isinstance(value, dict):
        return {k: stable(v) for k, v in value.items() if k not in VOLATILE and k != "model"}
    return [stable(item) for item in value] if isinstance(value, list) else value


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("case", ANSWERED)
def test_every_backend_gives_the_same_answer(
    clients: Callable[[str], corechat.Client], case: str, backend: str
) -> None:
    reference = clients("httpx").complete(**ANSWERED[case])
    reply = clients(backend).complete(**ANSWERED[case])
    assert stable(reply.model_dump(exclude_unset=True)) == stable(
        reference.model_dump(exclude_unset=True)
    )
    assert reply.usage is not None
    assert reply.usage.total_tokens
    assert reply.http.status == 200
    assert reply.http.attempts == 1
    if case == "a plain question":
        assert reply.text == "Hi!"
    if case == "tools":
        assert reply.tool_calls[0].name == "get_weather"
    if case == "two choices":
        assert len(reply.choices) == 2
    if case == "log probabilities":
        assert reply.choices[0].logprobs is not None
        assert reply.choices[0].logprobs.content


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("case", REFUSED)
def test_every_backend_gives_the_same_error(
    clients: Callable[[str], corechat.Client], case: str, backend: str
) -> None:
    params, expected = REFUSED[case]
    with pytest.raises(corechat.APIStatusError) as reference:
        clients("httpx").complete(**params)
    with pytest.raises(corechat.APIStatusError) as raised:
        clients(backend).complete(**params)
    assert isinstance(raised.value, expected)
    assert type(raised.value) is type(reference.value)
    assert raised.value.message == reference.value.message
    assert raised.value.status_code == reference.value.status_code


@pytest.mark.parametrize("backend", LIVE)
def test_a_wrong_key_is_an_authentication_error_that_does_not_show_it(
    llama_server_with_key: LlamaServer, backend: str
) -> None:
    with (
        corechat.Client(
            backend, base_url=llama_server_with_key.base_url, api_key="sk-wrong-key-123456"
        ) as client,
        pytest.raises(corechat.AuthenticationError) as raised,
    ):
        client.complete(**ASK)
    assert "sk-wrong-key-123456" not in str(raised.value)
    assert raised.value.status_code == 401


@pytest.mark.parametrize("backend", LIVE)
def test_the_right_key_is_let_in(llama_server_with_key: LlamaServer, backend: str) -> None:
    with corechat.Client(
        backend,
        base_url=llama_server_with_key.base_url,
        api_key=llama_server_with_key.api_key,
    ) as client:
        assert client.complete(**ASK).text == "Hi!"


@pytest.mark.parametrize("backend", LIVE)
def test_a_wrong_path_is_a_not_found_error(llama_server: LlamaServer, backend: str) -> None:
    base_url = llama_server.base_url.removesuffix("/v1") + "/nowhere"
    with (
        corechat.Client(backend, base_url=base_url) as client,
        pytest.raises(corechat.NotFoundError),
    ):
        client.complete(**ASK)


@pytest.mark.parametrize("backend", LIVE)
def test_the_servers_limit_of_a_hundred_answers_a_connection_goes_unnoticed(
    clients: Callable[[str], corechat.Client], backend: str
) -> None:
    answers = {clients(backend).complete(**ASK, max_retries=0).text for _ in range(110)}
    assert answers == {"Hi!"}


@pytest.mark.parametrize("backend", BACKENDS)
def test_eight_threads_each_get_their_own_answer(
    clients: Callable[[str], corechat.Client], backend: str
) -> None:
    client = clients(backend)
    wrong: list[object] = []

    def ask(tokens: int) -> None:
        for _ in range(4):
            reply = client.complete(**ASK, logprobs=True, max_completion_tokens=tokens)
            if reply.usage is None or reply.usage.completion_tokens != min(tokens, 4):
                wrong.append((tokens, reply.usage))

    first = client.complete(**ASK)
    assert first.usage is not None
    threads = [threading.Thread(target=ask, args=(1 + i % 2,)) for i in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert not wrong


@pytest.mark.parametrize("backend", BACKENDS)
def test_an_answer_can_be_appended_to_the_conversation(
    clients: Callable[[str], corechat.Client], backend: str
) -> None:
    client = clients(backend)
    question = {"role": "user", "content": "What is the weather in Rome?"}
    first = client.complete(model="tiny", messages=[question], tools=[TOOL], temperature=0)
    call = first.tool_calls[0]
    result = {"role": "tool", "tool_call_id": call.id, "content": "sunny"}
    second = client.complete(
        model="tiny",
        messages=[question, first.message.to_request(), result],
        tools=[TOOL],
        temperature=0,
    )
    assert second.text
    assert not second.tool_calls
