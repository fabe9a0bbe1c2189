"""What a checker knows of requests; checked by mypy and basedpyright, never run."""

from typing import Any, assert_type

from corechat import ChatRequest, ChatResponse
from corechat.requests import (
    AssistantMessage,
    FunctionDefinition,
    ImagePart,
    ImageUrl,
    JsonSchemaFormat,
    RequestMessage,
    ResponseFormat,
    SystemMessage,
    TextPart,
    Tool,
    ToolMessage,
    UserMessage,
)


def build() -> ChatRequest:
    return ChatRequest(
        model="m",
        messages=[
            SystemMessage(content="Be brief."),
            {"role": "user", "content": "Hi"},
            UserMessage(content=(TextPart(text="Hi"), ImagePart(image_url=ImageUrl(url="u")))),
            ToolMessage(content="42", tool_call_id="1"),
        ],
        tools=[Tool(type="function", function=FunctionDefinition(name="f"))],
        response_format=ResponseFormat(
            type="json_schema", json_schema=JsonSchemaFormat(name="n", schema={})
        ),
        logit_bias={"50256": -100},
        temperature=0,
    )


def from_wider_types(history: list[dict[str, str]], tools: list[dict[str, Any]]) -> None:
    ChatRequest(messages=history, tools=tools, extra_body={"new": [1]})


def use(request: ChatRequest, reply: ChatResponse) -> None:
    assert_type(request.replace(model="n"), ChatRequest)
    assert_type(request.messages, tuple[RequestMessage, ...])
    assert_type(request.to_json(), bytes)
    assert_type(request.temperature, int | float | None)
    assert_type(reply.message.to_request(), AssistantMessage)
    request.replace(messages=[*request.messages, reply.message.to_request()])
    request.replace(modle="n")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    ChatRequest(messages=[], n="1")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
