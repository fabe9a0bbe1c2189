"""The conversations in cassettes/: the recorder holds them live, the tests over the recordings."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from pydantic import BaseModel

import corechat

ORIGIN = "http://127.0.0.1:8080"
MODEL = "SmolLM2-135M-Instruct"
CASSETTES = Path(__file__).parents[2] / "cassettes"

Connect = Callable[[str], corechat.Client]
"""Make a client for a base URL of this path on `ORIGIN`."""


class Resident(BaseModel):
    """Where a person lives."""

    name: str
    city: str


def get_weather(city: str) -> str:
    """Tell the current weather in a city.

    Args:
        city: the city.
    """
    del city
    return '{"temperature": 18, "unit": "celsius", "condition": "sunny"}'


def _user(text: str) -> dict[str, str]:
    return {"role": "user", "content": text}


def hello(connect: Connect) -> None:
    """Ask one plain question."""
    with connect("/v1") as client:
        reply = client.complete(model=MODEL, messages=[_user("What is the capital of France?")])
        assert "Paris" in (reply.text or "")
        assert reply.finish_reason == "stop"
        assert reply.usage is not None


def long(connect: Connect) -> None:
    """Ask for some paragraphs, and for more than max_completion_tokens allow."""
    system = {
        "role": "system",
        "content": "You are a helpful AI assistant named SmolLM, trained by Hugging Face",
    }
    messages = [system, _user("Explain in a few paragraphs how rain forms.")]
    with connect("/v1") as client:
        reply = client.complete(
            model=MODEL, messages=messages, temperature=0, seed=1, max_completion_tokens=500
        )
        assert reply.finish_reason == "stop"
        assert len(reply.text or "") > 400
        cut = client.complete(
            model=MODEL, messages=messages, temperature=0, seed=1, max_completion_tokens=20
        )
        assert cut.finish_reason == "length"
        assert (reply.text or "").startswith(cut.text or "-")


def structured(connect: Connect) -> None:
    """Ask for a type."""
    with connect("/v1") as client:
        reply = client.complete(
            model=MODEL,
            messages=[
                _user("Extract the name and the city as JSON: Ada Lovelace lives in London.")
            ],
            response_format=Resident,
            temperature=0,
            seed=1,
            max_completion_tokens=100,
        )
        assert reply.parsed == Resident(name="Ada Lovelace", city="London")


def tools(connect: Connect) -> None:
    """Let the model call a function and answer with its result."""
    request = corechat.ChatRequest(
        model=MODEL,
        messages=[_user("What's the weather like in Berlin today?")],
        temperature=0,
        seed=1,
        max_completion_tokens=100,
    )
    with connect("/v1") as client:
        run = client.run_tools(request, [get_weather])
        assert [message.role for message in run.transcript][:3] == ["user", "assistant", "tool"]
        assert "sunny" in (run.response.text or "")


def errors(connect: Connect) -> None:
    """Ask for what the server refuses."""
    with connect("/v1") as client:
        with pytest.raises(corechat.BadRequestError):
            client.complete(model=MODEL, messages=[_user("Hello")], n=9)
        with pytest.raises(corechat.BadRequestError):
            client.complete(
                model=MODEL,
                messages=[_user("Hello")],
                response_format={
                    "type": "json_schema",
                    "json_schema": {"name": "nonsense", "schema": {"type": "nonsense"}},
                },
            )
    with connect("/nowhere") as client, pytest.raises(corechat.NotFoundError):
        client.complete(model=MODEL, messages=[_user("Hello")])


def capitals(connect: Connect) -> None:
    """Ask what stands in a batch's input, line by line."""
    lines = (CASSETTES / "capitals.jsonl").read_bytes().splitlines()
    with connect("/v1") as client:
        for line in lines:
            reply = client.complete(corechat.ChatRequest(**json.loads(line)["body"]))
            assert reply.text


CONVERSATIONS: dict[str, Callable[[Connect], None]] = {
    "hello": hello,
    "long": long,
    "structured": structured,
    "tools": tools,
    "errors": errors,
    "capitals": capitals,
}
"""Name of the cassette to what is said in it."""
