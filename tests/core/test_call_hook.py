"""The hook around a whole call: what it sees, what it may change, and what it cannot break."""

import gc
import weakref
from collections.abc import Callable, Generator
from typing import Any

import pytest
from pydantic import BaseModel

from corechat import BadRequestError, ChatRequest, ChatResponse, PluginError, StructuredOutputError
from corechat.plugins import PROVIDERS, Provider, hookimpl
from corechat.plugins._named import NamedPlugins
from tests.core.support import MESSAGES, ScriptedTransport, answer, client_over, completion

BUSY = answer(b"", 503, {"retry-after": "0"})


class Watcher:
    """Keeps what it is told, and how each call ended."""

    def __init__(self) -> None:
        self.asked: list[ChatRequest] = []
        self.ended: list[object] = []
        self.told: list[tuple[str, str]] = []
        self.attempts = 0

    @hookimpl(wrapper=True)
    def corechat_complete(
        self, request: ChatRequest, headers: dict[str, str], provider: Provider, url: str
    ) -> Generator[None, ChatResponse, ChatResponse]:
        """Look at the call, and add a header."""
        self.asked.append(request)
        self.told.append((provider.name, url))
        headers["X-Trace"] = f"call {len(self.asked)}"
        try:
            response = yield
        except BaseException as error:
            self.ended.append(error)
            raise
        self.ended.append(response)
        return response

    @hookimpl(wrapper=True)
    def corechat_send(self) -> Generator[None, Any, Any]:
        """Count the attempts inside a call."""
        assert len(self.asked) == len(self.ended) + 1
        self.attempts += 1
        return (yield)


def test_a_call_is_seen_once_with_its_attempts_inside() -> None:
    watcher = Watcher()
    client = client_over(ScriptedTransport(BUSY, answer()), plugins=[watcher])
    reply = client.complete(model="m", messages=MESSAGES)
    assert [one.model for one in watcher.asked] == ["m"]
    assert watcher.ended == [reply]
    assert watcher.attempts == reply.http.attempts == 2


def test_a_hook_is_told_the_endpoint_without_its_query() -> None:
    watcher = Watcher()
    url = "https://api.example.com/v1"
    client_over(ScriptedTransport(), plugins=[watcher]).complete(messages=MESSAGES)
    assert watcher.told == [("custom", f"{url}/chat/completions")]


def test_a_header_that_a_hook_sets_goes_out_on_every_attempt_beside_the_callers() -> None:
    transport, mine = ScriptedTransport(BUSY, answer()), {"X-Mine": "1"}
    client = client_over(transport, plugins=[Watcher()])
    client.complete(messages=MESSAGES, headers=mine)
    sent = [request.headers for request in transport.requests]
    assert [one["x-trace"] for one in sent] == ["call 1", "call 1"]
    assert [one["x-mine"] for one in sent] == ["1", "1"]
    assert mine == {"X-Mine": "1"}


def test_a_hook_sees_the_error_that_the_caller_sees() -> None:
    watcher = Watcher()
    client = client_over(ScriptedTransport(), plugins=[watcher])
    with pytest.raises(StructuredOutputError) as caught:
        client.complete(messages=MESSAGES, response_format=Resident)
    assert watcher.ended[0] is caught.value


def test_each_round_of_tools_is_a_call() -> None:
    def weather(city: str) -> str:
        return f"sunny in {city}"

    called = {"name": "weather", "arguments": '{"city": "Paris"}'}
    message = {
        "role": "assistant",
        "content": None,
        "tool_calls": [{"id": "1", "type": "function", "function": called}],
    }
    asks = answer(completion(choices=[{"message": message, "finish_reason": "tool_calls"}]))
    watcher, transport = Watcher(), ScriptedTransport(asks, answer())
    client = client_over(transport, plugins=[watcher])
    client.run_tools(ChatRequest(messages=MESSAGES, model="m"), [weather])
    assert len(watcher.asked) == len(watcher.ended) == 2
    assert [one.headers["x-trace"] for one in transport.requests] == ["call 1", "call 2"]


def test_a_hook_without_wrapper_may_change_the_request() -> None:
    class Cheaper:
        @hookimpl
        def corechat_complete(
            self, request: ChatRequest, complete: Callable[[ChatRequest], ChatResponse]
        ) -> ChatResponse:
            return complete(request.replace(model="small"))

    transport = ScriptedTransport()
    client_over(transport, plugins=[Cheaper()]).complete(model="large", messages=MESSAGES)
    assert b'"model":"small"' in transport.requests[0].body


def test_a_hook_may_answer_in_corechats_place() -> None:
    kept = client_over(ScriptedTransport()).complete(messages=MESSAGES)

    class Cache:
        @hookimpl
        def corechat_complete(self) -> ChatResponse:
            return kept

    transport = ScriptedTransport()
    assert client_over(transport, plugins=[Cache()]).complete(messages=MESSAGES) is kept
    assert transport.requests == []


@pytest.mark.parametrize("broken", ["raise ValueError('boom')", "return 5", "return None"])
def test_a_hook_that_breaks_is_a_plugin_error_and_nothing_is_tried_again(broken: str) -> None:
    scope: dict[str, Any] = {"hookimpl": hookimpl}
    source = f"@hookimpl(wrapper=True)\ndef corechat_complete():\n    yield\n    {broken}"
    exec(source, scope)  # noqa: S102 - our own
    module = type("Module", (), {"corechat_complete": staticmethod(scope["corechat_complete"])})
    transport = ScriptedTransport()
    with pytest.raises(PluginError, match="may have been billed"):
        client_over(transport, plugins=[module]).complete(messages=MESSAGES)
    assert len(transport.requests) == 1


class Resident(BaseModel):
    """Where a person lives."""

    city: str


def test_an_error_that_has_passed_a_hook_does_not_linger() -> None:
    client = client_over(ScriptedTransport(answer(b"", 400)), plugins=[Watching()])

    def fail() -> weakref.ref[BadRequestError]:
        try:
            client.complete(messages=MESSAGES)
        except BadRequestError as error:
            return weakref.ref(error)
        raise AssertionError

    fail()
    gc.collect()
    gc.disable()
    try:
        assert fail()() is None
    finally:
        gc.enable()


class Watching:
    """Looks on."""

    @hookimpl(wrapper=True)
    def corechat_complete(self) -> Generator[None, ChatResponse, ChatResponse]:
        """Do nothing."""
        return (yield)


def test_no_hook_runs_around_a_call_unless_one_was_asked_for() -> None:
    provider = PROVIDERS["groq"]
    assert NamedPlugins().around(provider, "https://h") is None
    assert NamedPlugins([type("Empty", (), {})]).around(provider, "https://h") is None
