"""One span a call, by the GenAI conventions, and an event an attempt."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from opentelemetry.semconv._incubating.attributes import (
    gen_ai_attributes,
    http_attributes,
)
from opentelemetry.semconv.attributes import error_attributes, server_attributes
from opentelemetry.trace import SpanKind, StatusCode
from pydantic import BaseModel

from corechat import (
    APITimeoutError,
    AuthenticationError,
    ChatRequest,
    Client,
    CorechatError,
    RateLimitError,
    StructuredOutputError,
)
from corechat.transport import (
    ConnectionFailure,
    TimeoutFailure,
)
from tests.core.support import (
    KEY,
    MESSAGES,
    ScriptedTransport,
    answer,
    client_over,
    completion,
)
from tests.otel.kept import Kept

BUSY = answer({"error": {"message": "slow down"}}, 429, {"retry-after": "0"})
FULL = completion(
    usage={
        "prompt_tokens": 30,
        "completion_tokens": 20,
        "total_tokens": 50,
        "prompt_tokens_details": {"cached_tokens": 16},
        "completion_tokens_details": {"reasoning_tokens": 7},
    }
)
TOOLS = [{"type": "function", "function": {"name": "f"}}]
EVERYTHING = ChatRequest(
    model="llama",
    messages=MESSAGES,
    temperature=0,
    top_p=0.5,
    max_completion_tokens=64,
    frequency_penalty=0.25,
    presence_penalty=-0.25,
    seed=7,
    stop=["END", "STOP"],
    n=2,
    response_format={"type": "json_object"},
)


def test_a_call_is_one_client_span_with_the_conventions_attributes(kept: Kept) -> None:
    client = client_over(ScriptedTransport(answer(FULL)), plugins=[kept.plugin()])
    client.complete(EVERYTHING)
    assert kept.span.name == "chat llama"
    assert kept.span.kind is SpanKind.CLIENT
    assert kept.span.status.status_code is StatusCode.UNSET
    assert kept.attributes == {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "custom",
        "server.address": "api.example.com",
        "server.port": 443,
        "gen_ai.request.model": "llama",
        "gen_ai.request.temperature": 0.0,
        "gen_ai.request.top_p": 0.5,
        "gen_ai.request.max_tokens": 64,
        "gen_ai.request.frequency_penalty": 0.25,
        "gen_ai.request.presence_penalty": -0.25,
        "gen_ai.request.seed": 7,
        "gen_ai.request.stop_sequences": ("END", "STOP"),
        "gen_ai.request.choice.count": 2,
        "gen_ai.output.type": "json",
        "gen_ai.response.id": "chatcmpl-1",
        "gen_ai.response.model": "some-model",
        "gen_ai.response.finish_reasons": ("stop",),
        "gen_ai.usage.input_tokens": 30,
        "gen_ai.usage.output_tokens": 20,
        "gen_ai.usage.cache_read.input_tokens": 16,
        "gen_ai.usage.reasoning.output_tokens": 7,
    }
    assert kept.attempts == [{"http.response.status_code": 200}]


def test_only_what_was_set_and_told_is_there(kept: Kept) -> None:
    bare = completion(id=None, model=None, usage=None)
    bare["choices"][0]["finish_reason"] = None
    client = client_over(ScriptedTransport(answer(bare)), plugins=[kept.plugin()])
    client.complete(messages=MESSAGES)
    assert kept.span.name == "chat"
    assert set(kept.attributes) == {
        "gen_ai.operation.name",
        "gen_ai.provider.name",
        "server.address",
        "server.port",
    }


def names_of(*modules: Any) -> set[str]:
    return {value for one in modules for value in vars(one).values() if isinstance(value, str)}


def test_every_name_is_one_of_the_installed_conventions_or_begins_with_corechat(
    kept: Kept,
) -> None:
    known = names_of(gen_ai_attributes, http_attributes, error_attributes, server_attributes)
    client = client_over(ScriptedTransport(BUSY, answer(FULL)), plugins=[kept.plugin(content=True)])
    client.complete(EVERYTHING, tools=TOOLS)
    failing = client_over(ScriptedTransport(BUSY), plugins=[kept.plugin()], max_retries=0)
    with pytest.raises(RateLimitError):
        failing.complete(EVERYTHING)
    used = {name for span in kept.spans for name in span.attributes or {}}
    used |= {
        name for span in kept.spans for event in span.events for name in event.attributes or {}
    }
    assert "gen_ai.tool.definitions" in used
    assert {name for name in used - known if not name.startswith("corechat.")} == set()


@pytest.mark.parametrize(
    ("options", "name", "host"),
    [
        ({"provider": "groq"}, "groq", "api.groq.com"),
        ({"provider": "mistral"}, "mistral_ai", "api.mistral.ai"),
        ({"provider": "gemini"}, "gcp.gemini", "generativelanguage.googleapis.com"),
        ({"provider": "ollama"}, "ollama", "127.0.0.1"),
        ({"base_url": "https://api.groq.com/openai/v1"}, "groq", "api.groq.com"),
        ({"base_url": "http://127.0.0.1:11434/v1"}, "custom", "127.0.0.1"),
        (
            {"provider": "azure-openai", "base_url": "https://me.openai.azure.com"},
            "azure.ai.openai",
            "me.openai.azure.com",
        ),
    ],
)
def test_a_provider_has_the_conventions_name(
    kept: Kept, options: dict[str, Any], name: str, host: str
) -> None:
    client = Client(ScriptedTransport(), api_key=KEY, plugins=[kept.plugin()], **options)
    client.complete(model="m", messages=MESSAGES)
    assert kept.attributes["gen_ai.provider.name"] == name
    assert kept.attributes["server.address"] == host


def test_every_attempt_is_an_event_with_its_own_time(kept: Kept) -> None:
    lost = ConnectionFailure("reset", sent=True)
    client = client_over(ScriptedTransport(BUSY, lost, answer()), plugins=[kept.plugin()])
    client.complete(model="m", messages=MESSAGES)
    assert kept.attempts == [
        {"http.response.status_code": 429, "error.type": "429"},
        {"http.request.resend_count": 1, "error.type": "ConnectionFailure"},
        {"http.request.resend_count": 2, "http.response.status_code": 200},
    ]
    assert {event.name for event in kept.span.events} == {"corechat.attempt"}
    seconds = [
        dict(event.attributes or {})["corechat.attempt.duration"] for event in kept.span.events
    ]
    span = kept.span
    assert span.end_time is not None
    assert span.start_time is not None
    assert 0 < sum(float(str(one)) for one in seconds) <= (span.end_time - span.start_time) / 1e9
    assert span.status.status_code is StatusCode.UNSET


def test_a_call_that_fails_has_the_class_of_its_error_and_no_words_of_the_server(
    kept: Kept,
) -> None:
    refused = answer({"error": {"message": "you wrote: a secret prompt"}}, 401)
    client = client_over(ScriptedTransport(refused), plugins=[kept.plugin()])
    with pytest.raises(AuthenticationError, match="secret prompt"):
        client.complete(model="m", messages=MESSAGES)
    assert kept.attributes["error.type"] == "AuthenticationError"
    assert kept.span.status.status_code is StatusCode.ERROR
    assert kept.span.status.description == "HTTP 401"
    assert "secret prompt" not in kept.text()


def test_a_call_that_runs_out_of_time_says_so(kept: Kept) -> None:
    client = client_over(
        ScriptedTransport(TimeoutFailure("no answer")), plugins=[kept.plugin()], max_retries=0
    )
    with pytest.raises(APITimeoutError) as caught:
        client.complete(model="m", messages=MESSAGES)
    assert kept.attributes["error.type"] == "APITimeoutError"
    assert kept.span.status.description == str(caught.value)


class Clock:
    """A clock that goes when it is told to."""

    now = 0.0

    def advance(self, seconds: float) -> None:
        """Let seconds pass."""
        self.now += seconds


class Resident(BaseModel):
    """Where a person lives."""

    city: str


def test_an_answer_that_does_not_fit_its_type_keeps_its_tokens_in_the_span(kept: Kept) -> None:
    client = client_over(ScriptedTransport(), plugins=[kept.plugin()])
    with pytest.raises(StructuredOutputError):
        client.complete(model="m", messages=MESSAGES, response_format=Resident)
    assert kept.attributes["error.type"] == "StructuredOutputError"
    assert kept.attributes["gen_ai.usage.output_tokens"] == 2
    assert kept.attributes["gen_ai.response.finish_reasons"] == ("stop",)
    assert "Hello!" not in kept.text()


def test_an_interrupt_ends_the_span(kept: Kept) -> None:
    client = client_over(ScriptedTransport(KeyboardInterrupt()), plugins=[kept.plugin()])
    with pytest.raises(KeyboardInterrupt):
        client.complete(model="m", messages=MESSAGES)
    assert kept.attributes["error.type"] == "KeyboardInterrupt"
    assert kept.attempts == [{"error.type": "KeyboardInterrupt"}]


def test_the_span_is_a_child_of_the_callers_and_its_context_goes_to_the_server(kept: Kept) -> None:
    transport = ScriptedTransport(BUSY, answer())
    client = client_over(transport, plugins=[kept.plugin()])
    with kept.tracers.get_tracer("mine").start_as_current_span("mine") as mine:
        client.complete(model="m", messages=MESSAGES)
    call = kept.spans[0]
    assert call.parent is not None
    assert call.parent.span_id == mine.get_span_context().span_id
    context = call.get_span_context()
    assert context is not None
    parent = f"00-{context.trace_id:032x}-{context.span_id:016x}-"
    sent = [one.headers["traceparent"] for one in transport.requests]
    assert [one.startswith(parent) for one in sent] == [True, True]


def test_a_traceparent_of_the_callers_own_stays(kept: Kept) -> None:
    transport = ScriptedTransport()
    client = client_over(transport, plugins=[kept.plugin()])
    client.complete(model="m", messages=MESSAGES, headers={"Traceparent": "00-mine"})
    assert transport.requests[0].headers.get_list("traceparent") == ["00-mine"]


def test_calls_of_many_threads_keep_apart(kept: Kept) -> None:
    def ask(number: int) -> None:
        turns = ScriptedTransport(*[BUSY] * (number % 3), answer())
        client_over(turns, plugins=[plugin]).complete(model=f"m{number}", messages=MESSAGES)

    plugin = kept.plugin()
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(ask, range(24)))
    found = {span.name: len(span.events) for span in kept.spans}
    assert found == {f"chat m{number}": number % 3 + 1 for number in range(24)}


@pytest.mark.parametrize("content", [True, False])
def test_the_key_is_nowhere(kept: Kept, *, content: bool) -> None:
    said = {"error": {"message": f"bad key {KEY}", "code": KEY}}
    turns = ScriptedTransport(answer(said, 401))
    client = client_over(turns, plugins=[kept.plugin(content=content)], headers={"X-Own": "x"})
    with pytest.raises(CorechatError):
        client.complete(model="m", messages=MESSAGES)
    echo = ScriptedTransport(answer(completion(f"your key is {KEY}")))
    client_over(echo, plugins=[kept.plugin(content=content)]).complete(model="m", messages=MESSAGES)
    assert KEY in str(turns.requests[0].headers.pairs)
    assert KEY not in kept.text()
