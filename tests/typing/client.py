"""What a checker knows of the calls; checked by mypy and basedpyright, never run."""

from typing import assert_type

import corechat
from corechat import (
    ChatRequest,
    ChatResponse,
    Client,
    Outcome,
    Outcomes,
    ParsedChatResponse,
    StopWhen,
)
from corechat.responses import Choice, HttpInfo, Message, RateLimits, ToolCall, Usage
from corechat.transport import Deadline, HttpRequest, HttpResponse, Transport


def complete(client: Client, request: ChatRequest) -> None:
    by_request = client.complete(request, timeout=5, max_retries=0, extra_body={"debug": True})
    assert_type(by_request, ChatResponse)
    by_keywords = client.complete(
        model="m",
        messages=[{"role": "user", "content": "Hi"}],
        temperature=1,
        stop="x",
        timeout=5.0,
        headers={"X-Name": "value"},
    )
    assert_type(by_keywords, ChatResponse)
    drop_in = client.chat.completions.create(
        model="m",
        messages=[{"role": "user", "content": "Hi"}],
        tools=[{"type": "browser_search"}],
        extra_headers={"X-Name": "value"},
        extra_body={"debug": True},
        timeout=5.0,
    )
    assert_type(drop_in, ChatResponse)


def many(client: Client, request: ChatRequest) -> None:
    plain = client.map([request, ("a", request)], concurrency=8, stop_when=StopWhen(errors=1))
    assert_type(plain, Outcomes[ChatResponse])
    for outcome in plain:
        assert_type(outcome, Outcome[ChatResponse])
        assert_type(outcome.response, ChatResponse | None)
        assert_type(outcome.error, corechat.CorechatError | None)
        assert_type(outcome.result().text, str)
    parameters = ({"model": "m", "messages": [{"role": "user", "content": str(n)}]} for n in (1, 2))
    for typed in client.map(parameters, response_format=int, on_outcome=print):
        assert_type(typed, Outcome[ParsedChatResponse[int]])
        assert_type(typed.result().parsed, int)
    client.map([request], concurency=8)  # type: ignore[call-overload]  # pyright: ignore[reportCallIssue]


def mistakes(client: Client, request: ChatRequest) -> None:
    client.complete(request, temprature=1)  # type: ignore[call-overload]  # pyright: ignore[reportCallIssue]
    client.complete(model="m")  # type: ignore[call-overload]  # pyright: ignore[reportCallIssue]
    client.chat.completions.create(messages=[], temperature="hot")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    corechat.Client(timeout="5")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


def answer(reply: ChatResponse) -> None:
    assert_type(reply.text, str)
    assert_type(reply.message, Message)
    assert_type(reply.tool_calls, list[ToolCall])
    assert_type(reply.finish_reason, str | None)
    assert_type(reply.request_id, str | None)
    assert_type(reply.rate_limits, RateLimits)
    assert_type(reply.rate_limits.reset_tokens, float | None)
    assert_type(reply.http, HttpInfo)
    assert_type(reply.http.elapsed, float)
    assert_type(reply.choices, list[Choice])
    assert_type(reply.choices[0].message.reasoning, str | None)
    assert_type(reply.usage, Usage | None)
    if reply.usage is not None:
        assert_type(reply.usage.total_tokens, int | None)
        assert_type(reply.usage.queue_time, float | None)


def errors() -> None:
    try:
        pass
    except corechat.RateLimitError as error:
        assert_type(error.retry_after, float | None)
        assert_type(error.status_code, int)
    except corechat.APIConnectionError as error:
        assert_type(error.response_started, bool)
    except corechat.RefusedToolCallError as error:
        assert_type(error.status_code, int)
        assert_type(error.arguments, str)
        assert_type(error.failed_generation, str | None)
    except corechat.APIError as error:
        assert_type(error.status_code, int | None)


class OwnTransport:
    """A transport is whatever has the two methods."""

    def send(self, request: HttpRequest, deadline: Deadline) -> HttpResponse:
        """Answer."""
        return HttpResponse(200, request.headers, b"{}", truncated=deadline.expired)

    def close(self) -> None:
        """Do nothing."""


def own_transport() -> None:
    transport: Transport = OwnTransport()
    with Client(transport) as client:
        assert_type(client, Client)
    Client(OwnTransport(), base_url="http://127.0.0.1:1")
    Client(object())  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
