"""The peer of the end-to-end tests: what the tiny model says, and how its server behaves."""

import datetime as dt
import decimal
import enum
import json
import subprocess
import sys
import uuid
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple

import pytest
from pydantic import BaseModel, Field, JsonValue, TypeAdapter

from tests.servers.asking import post
from tests.servers.llama_server import LlamaServer
from tests.servers.tiny_model import write

HELLO = [{"role": "user", "content": "Hello"}]


class Colour(enum.Enum):
    RED = "red"
    ORANGE = "orange"


class Person(BaseModel):
    name: str
    age: int


class Node(BaseModel):
    value: int
    children: list["Node"]


class Tree(BaseModel):
    left: "Tree | None"
    right: "Tree | None"
    value: str


class Number(BaseModel):
    kind: Literal["number"]
    value: float


class Sum(BaseModel):
    kind: Literal["add"]
    left: "Number | Sum"
    right: "Number | Sum"


class Leaf(BaseModel):
    kind: Literal["leaf"]


class Branch(BaseModel):
    kind: Literal["branch"]
    one: "Leaf | Branch"
    more: list["Leaf | Branch"]


class Pair(NamedTuple):
    first: int
    second: str


class Invoice(BaseModel):
    number: Annotated[str, Field(pattern="^[A-Z]{3}-[0-9]{4}$")]
    date: dt.date
    total: decimal.Decimal
    lines: Annotated[list[Person], Field(min_length=2)]
    paid: bool
    tags: set[str]
    counts: dict[str, int]
    status: Colour
    customer: Person
    note: str | None = None


SHAPES: dict[str, Any] = {
    "string": str,
    "short string": Annotated[str, Field(max_length=1)],
    "long string": Annotated[str, Field(min_length=5, max_length=20)],
    "pattern": Annotated[str, Field(pattern="^[a-z]+@[a-z]+[.][a-z]+$")],
    "integer": int,
    "bounded integer": Annotated[int, Field(ge=10, le=99)],
    "negative integer": Annotated[int, Field(lt=0)],
    "number": float,
    "boolean": bool,
    "null": type(None),
    "decimal": decimal.Decimal,
    "date": dt.date,
    "time": dt.time,
    "date-time": dt.datetime,
    "uuid": uuid.UUID,
    "bytes": bytes,
    "enum": Colour,
    "literal": Literal["a", "ab", 1] | None,
    "list": list[int],
    "list of at least 3": Annotated[list[int], Field(min_length=3)],
    "set": set[str],
    "tuple": tuple[int, str],
    "named tuple": Pair,
    "open tuple": tuple[int, ...],
    "dictionary": dict[str, int],
    "dictionary of anything": dict[str, Any],
    "anything": Any,
    "any JSON": JsonValue,
    "union": int | str,
    "optional": Person | None,
    "list of a union": Annotated[list[Person | int | None], Field(min_length=2)],
    "object": Person,
    "tree by list": Node,
    "tree by null": Tree,
    "expression": Sum,
    "branches": Branch,
    "invoice": Invoice,
    "list of objects": Annotated[list[Invoice], Field(min_length=1)],
}

WEATHER = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "Tell the weather of a city.",
        "parameters": {
            "type": "object",
            "properties": {"city": {"type": "string"}, "days": {"type": "integer"}},
            "required": ["city", "days"],
        },
    },
}
OTHER = {"type": "function", "function": {"name": "wait", "parameters": {"type": "object"}}}


def ask(server: LlamaServer, **body: Any) -> Any:
    status, answer = post(server.base_url, {"messages": HELLO, "max_tokens": 300} | body)
    assert status == 200, answer
    return answer


def test_two_writings_of_the_model_are_the_same_bytes(tmp_path: Path) -> None:
    write(tmp_path / "a.gguf")
    write(tmp_path / "b.gguf")
    assert (tmp_path / "a.gguf").read_bytes() == (tmp_path / "b.gguf").read_bytes()


def test_the_script_writes_the_model_too(tiny_model_path: Path, tmp_path: Path) -> None:
    script = Path(__file__).parent / "servers" / "tiny_model.py"
    command = [sys.executable, str(script), str(tmp_path / "c.gguf")]
    subprocess.run(command, check=True, timeout=60)  # noqa: S603 - our own script
    assert (tmp_path / "c.gguf").read_bytes() == tiny_model_path.read_bytes()


def test_a_plain_chat_gets_hi_and_its_usage(llama_server: LlamaServer) -> None:
    answer = ask(llama_server)
    assert answer["choices"][0]["message"] == {"role": "assistant", "content": "Hi!"}
    assert answer["choices"][0]["finish_reason"] == "stop"
    assert answer["model"] == "tiny"
    assert answer["usage"]["completion_tokens"] == 4
    assert ask(llama_server, max_tokens=1)["choices"][0]["finish_reason"] == "length"


@pytest.mark.parametrize("temperature", [0, 1, 2])
def test_every_temperature_gives_the_same_answer(
    llama_server: LlamaServer, temperature: float
) -> None:
    for _ in range(10):
        answer = ask(llama_server, temperature=temperature, seed=1)
        assert answer["choices"][0]["message"]["content"] == "Hi!"


def test_two_choices_with_logprobs(llama_server: LlamaServer) -> None:
    choices = ask(llama_server, n=2, logprobs=True, top_logprobs=2)["choices"]
    assert [choice["index"] for choice in choices] == [0, 1]
    tokens = [token["token"] for token in choices[1]["logprobs"]["content"]]
    assert tokens[:3] == ["H", "i", "!"]


@pytest.mark.parametrize("shape", SHAPES)
def test_an_answer_held_to_a_schema_ends_and_fits(llama_server: LlamaServer, shape: str) -> None:
    adapter = TypeAdapter[Any](SHAPES[shape])
    wanted = {"name": "answer", "strict": True, "schema": adapter.json_schema()}
    answer = ask(llama_server, response_format={"type": "json_schema", "json_schema": wanted})
    assert answer["choices"][0]["finish_reason"] == "stop"
    adapter.validate_json(answer["choices"][0]["message"]["content"])


def test_a_json_object_is_one(llama_server: LlamaServer) -> None:
    answer = ask(llama_server, response_format={"type": "json_object"})
    assert answer["choices"][0]["message"]["content"] == "{}"


@pytest.mark.parametrize("choice", ["auto", "required"])
def test_tools_are_called_and_their_result_is_answered(
    llama_server: LlamaServer, choice: str
) -> None:
    tools = [WEATHER, OTHER]
    first = ask(llama_server, tools=tools, tool_choice=choice)["choices"][0]
    assert first["finish_reason"] == "tool_calls"
    [call] = first["message"]["tool_calls"]
    assert call["function"]["name"] == "get_weather"
    assert json.loads(call["function"]["arguments"]) == {"city": "ok", "days": 1}

    result = {"role": "tool", "tool_call_id": call["id"], "content": "sunny"}
    messages = [*HELLO, first["message"], result]
    second = ask(llama_server, tools=tools, messages=messages)["choices"][0]
    assert second["finish_reason"] == "stop"
    assert second["message"]["content"] == "Hi!"


def test_a_long_answer_can_be_asked_for(llama_server: LlamaServer) -> None:
    answer = ask(llama_server, ignore_eos=True, max_tokens=200)
    assert answer["usage"]["completion_tokens"] == 200


def test_the_server_refuses_like_a_real_one(llama_server: LlamaServer) -> None:
    assert post(llama_server.base_url, b"{")[0] == 400
    assert post(llama_server.base_url, {})[0] == 400
    assert post(llama_server.base_url, {"messages": HELLO}, path="/nowhere")[0] == 404


def test_the_server_with_a_key_asks_for_it(llama_server_with_key: LlamaServer) -> None:
    body = {"messages": HELLO}
    assert post(llama_server_with_key.base_url, body)[0] == 401
    assert post(llama_server_with_key.base_url, body, key="wrong")[0] == 401
    assert post(llama_server_with_key.base_url, body, key=llama_server_with_key.api_key)[0] == 200


def test_a_server_that_cannot_start_says_why(tmp_path: Path) -> None:
    (tmp_path / "broken.gguf").write_bytes(b"GGUF but no more")
    with pytest.raises(RuntimeError, match="did not start"):
        LlamaServer(tmp_path / "broken.gguf")


def test_the_server_ends_with_the_process_that_started_it(tiny_model_path: Path) -> None:
    code = (
        "import os, sys\n"
        "from pathlib import Path\n"
        "from tests.servers.llama_server import LlamaServer\n"
        "server = LlamaServer(Path(sys.argv[1]))\n"
        "print(server.base_url, flush=True)\n"
        "os._exit(1)\n"
    )
    command = [sys.executable, "-c", code, str(tiny_model_path)]
    root = Path(__file__).parents[1]
    found = subprocess.run(  # noqa: S603 - our own code
        command, cwd=root, capture_output=True, text=True, timeout=60, check=False
    )
    base_url = found.stdout.strip()
    assert base_url, found.stderr
    for _ in range(100):
        try:
            post(base_url, {"messages": HELLO})
        except OSError:
            return
    pytest.fail("the server outlived the process that started it")
