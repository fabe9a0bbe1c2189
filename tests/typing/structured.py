"""What a checker knows of typed answers and tools; checked by mypy and basedpyright, never run."""

from dataclasses import dataclass
from typing import Any, assert_type

from pydantic import BaseModel

from corechat import ChatRequest, ChatResponse, Client
from corechat._tools import ToolRun
from corechat.responses import ParsedChatResponse


class Invoice(BaseModel):
    """A type of an answer."""

    total: float


@dataclass
class Person:
    """Another one."""

    name: str


def add(a: int, b: int) -> int:
    """Add."""
    return a + b


def typed(client: Client, request: ChatRequest) -> None:
    by_keywords = client.complete(messages=[], model="m", response_format=Invoice)
    assert_type(by_keywords, ParsedChatResponse[Invoice])
    assert_type(by_keywords.parsed, Invoice)
    assert_type(by_keywords.parsed.total, float)
    assert_type(by_keywords.text, str)
    by_request = client.complete(request, response_format=Person, strict=False, timeout=5)
    assert_type(by_request.parsed, Person)
    assert_type(client.complete(request, response_format=list[Invoice]).parsed, list[Invoice])
    assert_type(client.complete(request, response_format=Invoice | None).parsed, Invoice | None)


def plain(client: Client, request: ChatRequest) -> None:
    by_format = client.complete(messages=[], model="m", response_format={"type": "json_object"})
    assert_type(by_format, ChatResponse)
    assert_type(client.complete(request), ChatResponse)
    schema: dict[str, Any] = {"type": "object", "properties": {}}
    assert_type(client.complete(request, response_format=schema), ChatResponse)


def tools(client: Client, request: ChatRequest) -> None:
    assert_type(client.complete(request, tools=[add, {"type": "browser_search"}]), ChatResponse)
    assert_type(client.run_tools(request, [add]), ToolRun)
