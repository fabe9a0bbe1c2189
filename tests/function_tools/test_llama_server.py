"""Model, tool call, result, answer: on a real server."""

from collections.abc import Iterator
from typing import Annotated, Literal

import pytest
from pydantic import BaseModel, Field

from corechat import ChatRequest, Client
from corechat._providers.schema_rules import LLAMACPP
from corechat._tools import ToolStep, run_tools, tool, validate_call
from corechat.errors import InvalidToolArgumentsError
from tests.servers.llama_server import LlamaServer

ASK = ChatRequest(
    model="tiny",
    messages=[{"role": "user", "content": "How many apples?"}],
    temperature=0,
    seed=1,
    max_completion_tokens=200,
)


class Shelf(BaseModel):
    """Where it lies."""

    row: Annotated[int, Field(ge=1)]
    side: Literal["left", "right"]


@tool(strict=True)
def count(fruit: str, shelf: Shelf, kinds: list[str] | None = None) -> dict[str, int]:
    """Count the fruit on a shelf.

    Args:
        fruit: its name.
        shelf: where it lies.
        kinds: of which kinds; all if left out.
    """
    return {"row": shelf.row, "count": len(fruit) + len(kinds or [])}


@pytest.fixture(scope="module")
def client(llama_server: LlamaServer) -> Iterator[Client]:
    with Client(base_url=llama_server.base_url, max_retries=0) as client:
        yield client


def test_the_model_calls_the_tool_is_told_the_result_and_answers(client: Client) -> None:
    steps: list[ToolStep] = []
    run = run_tools(client.complete, ASK, [count], on_step=steps.append, rules=LLAMACPP)
    assert run.stop_reason == "answer"
    assert run.response.text
    assert [message.role for message in run.transcript] == [
        "user",
        "assistant",
        "tool",
        "assistant",
    ]
    assert steps[0].results[0]["content"].startswith('{"row":1,"count":')
    assert run.usage.total_tokens == sum(
        step.response.usage.total_tokens for step in steps if step.response
    )


def test_a_call_is_validated_without_being_run(client: Client) -> None:
    response = client.complete(ASK.replace(tools=[count.to_tool(LLAMACPP)]))
    valid = validate_call(response.tool_calls[0], [count], response=response)
    assert valid.tool is count
    assert isinstance(valid.arguments["shelf"], Shelf)


def test_arguments_cut_at_the_bound_on_tokens_are_told(client: Client) -> None:
    request = ASK.replace(tools=[count.to_tool(LLAMACPP)], max_completion_tokens=45)
    response = client.complete(request)
    assert response.finish_reason == "length"
    with pytest.raises(InvalidToolArgumentsError) as caught:
        validate_call(response.tool_calls[0], [count], response=response)
    assert caught.value.reason == "length"
