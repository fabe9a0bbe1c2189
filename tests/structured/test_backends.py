"""Both stories, a value of a type and a tool called, through every backend."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Literal

import pytest
from pydantic import BaseModel

from corechat import ChatRequest, Client, tool
from tests.servers.llama_server import LlamaServer

ASK = ChatRequest(
    model="tiny",
    messages=[{"role": "user", "content": "How many apples?"}],
    temperature=0,
    seed=1,
    max_completion_tokens=200,
)


class Count(BaseModel):
    fruit: str
    number: int
    ripe: bool | None
    side: Literal["left", "right"]


@tool(strict=True)
def count(fruit: str) -> int:
    """Count the fruit."""
    return len(fruit)


def structured(client: Client) -> Count:
    return client.complete(ASK, response_format=Count).parsed


def called(client: Client) -> list[str]:
    run = client.run_tools(ASK, [count])
    assert run.stop_reason == "answer"
    return [str(message.content) for message in run.transcript if message.role == "tool"]


MakeClient = Callable[[], Client]


@pytest.fixture(params=["httpx", "httpx2", "aiohttp", "llamacpp", "replay"])
def make_client(
    request: pytest.FixtureRequest,
    llama_server: LlamaServer,
    tiny_model_path: Path,
    tmp_path: Path,
) -> Iterator[MakeClient]:
    match request.param:
        case "llamacpp":
            yield lambda: Client("llamacpp", model_path=str(tiny_model_path))
        case "replay":
            file = str(tmp_path / "stories.json")
            with Client(base_url=llama_server.base_url, record=file) as recording:
                structured(recording)
                called(recording)
            yield lambda: Client("replay", cassette=file)
        case live:
            yield lambda: Client(live, base_url=llama_server.base_url)


def test_a_value_of_the_type_comes_back_through_every_backend(make_client: MakeClient) -> None:
    with make_client() as client:
        assert structured(client) == Count(fruit="ok", number=1, ripe=True, side="left")


def test_the_tool_is_called_and_answered_through_every_backend(make_client: MakeClient) -> None:
    with make_client() as client:
        assert called(client) == ["2"]
