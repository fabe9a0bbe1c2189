"""FakeTransport: answers written by hand go through the client's own retries, errors and types."""

import pickle
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from pydantic import BaseModel

import corechat
from corechat import ChatRequest, Client
from corechat.testing import Answer, FakeTransport, error_response, tool_call
from corechat.transport import ConnectionFailure, Headers, HttpResponse
from tests.core.support import run_python

ASK: Any = {"model": "m", "messages": [{"role": "user", "content": "The capital of France?"}]}


@pytest.fixture(autouse=True)
def _offline(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take the keys out of the environment, and make a rest between two attempts an error."""
    for name in ("GROQ_API_KEY", "OPENAI_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(time, "sleep", lambda seconds: pytest.fail(f"slept {seconds} s"))


def ask(transport: FakeTransport, **options: Any) -> corechat.ChatResponse:
    return Client(transport, **options).complete(**ASK)


def test_a_text_is_what_the_model_says() -> None:
    reply = ask(FakeTransport("Paris."))
    assert (reply.text, reply.finish_reason, reply.model) == ("Paris.", "stop", "m")
    assert reply.usage is not None
    assert reply.usage.total_tokens == 2
    assert (reply.http.status, reply.http.attempts) == (200, 1)


def test_a_client_needs_no_key_whatever_its_provider() -> None:
    assert ask(FakeTransport("Paris."), provider="openai").text == "Paris."


def test_an_answer_of_the_client_can_be_answered_again() -> None:
    first = ask(FakeTransport("Paris."))
    again = ask(FakeTransport(first))
    assert again.model_dump(exclude_unset=True) == first.model_dump(exclude_unset=True)


def test_a_mapping_is_the_body_as_it_stands() -> None:
    body: dict[str, object] = {"choices": [{"message": {"content": "Paris."}}], "x_new": 1}
    reply = ask(FakeTransport(body))
    assert reply.model_dump(exclude_unset=True) == body
    with pytest.raises(corechat.APIResponseValidationError):
        ask(FakeTransport({"choices": []}))


def test_an_http_response_is_given_back_byte_for_byte() -> None:
    with pytest.raises(corechat.APIResponseValidationError, match="not JSON"):
        ask(FakeTransport(HttpResponse(200, Headers(), b"<html>")))


class City(BaseModel):
    name: str


def test_a_model_is_what_a_response_format_asked_for() -> None:
    client = Client(FakeTransport(City(name="Paris")))
    assert client.complete(**ASK, response_format=City).parsed == City(name="Paris")


def test_tool_calls_are_run_and_their_results_are_sent() -> None:
    def population(city: str) -> int:
        return len(city)

    calls = [tool_call("population", city="Paris"), tool_call("population", city="Bonn")]
    fake = FakeTransport(calls, tool_call("population", city="Rom"), "5, 4 and 3.")
    run = Client(fake).run_tools(ChatRequest(**ASK), [population])
    assert (run.response.text, run.rounds) == ("5, 4 and 3.", 3)
    results = [m for m in fake.requests[-1].messages if isinstance(m, corechat.ToolMessage)]
    assert [(m.tool_call_id, m.content) for m in results] == [
        ("call-1-0", "5"),
        ("call-1-1", "4"),
        ("call-2-0", "3"),
    ]


def test_a_status_is_the_error_that_it_is_for_a_real_server() -> None:
    with pytest.raises(corechat.RateLimitError, match="Too Many Requests") as caught:
        ask(FakeTransport(429), max_retries=0)
    assert (caught.value.status_code, caught.value.attempts) == (429, 1)
    with pytest.raises(corechat.CapacityExceededError, match="status 498"):
        ask(FakeTransport(498), max_retries=0)


def test_an_error_response_has_headers_and_the_fields_of_the_error() -> None:
    fake = FakeTransport(
        error_response(
            429, "Slow down.", code="rate_limit_exceeded", headers={"Retry-After": "700"}
        )
    )
    with pytest.raises(corechat.RateLimitError, match=r"Slow down\.") as caught:
        ask(fake)
    assert (caught.value.code, caught.value.retry_after) == ("rate_limit_exceeded", 700.0)
    assert len(fake.requests) == 1, "a wait that does not fit the deadline is not begun"


def test_retries_take_the_next_answer_and_do_not_rest() -> None:
    fake = FakeTransport(error_response(429, headers={"Retry-After": "20"}), 503, "Paris.")
    assert ask(fake).http.attempts == 3
    assert fake.unused() == ()
    one, two, three = (sent.headers["idempotency-key"] for sent in fake.http_requests)
    assert one == two == three


def test_where_the_answers_end_a_retry_gets_the_last_one_again() -> None:
    fake = FakeTransport(503)
    with pytest.raises(corechat.InternalServerError) as caught:
        ask(fake, max_retries=2)
    assert (caught.value.attempts, len(fake.requests)) == (3, 3)


@pytest.mark.parametrize(
    ("error", "raised", "attempts"),
    [
        (TimeoutError(), corechat.APITimeoutError, 1),
        (ConnectionRefusedError("refused"), corechat.APIConnectionError, 3),
        (ConnectionFailure("cut", bytes_received=True), corechat.APIConnectionError, 1),
        (corechat.ResponseTooLargeError("too large", limit=1), corechat.ResponseTooLargeError, 1),
        (KeyboardInterrupt(), KeyboardInterrupt, 1),
    ],
)
def test_an_exception_is_the_failure_of_a_transport(
    error: BaseException, raised: type[BaseException], attempts: int
) -> None:
    fake = FakeTransport(error)
    with pytest.raises(raised):
        ask(fake, max_retries=2)
    assert len(fake.requests) == attempts


def test_a_callable_sees_the_request_and_answers_it() -> None:
    def upper(request: ChatRequest) -> Answer:
        text = request.messages[-1].content
        return str(text).upper() if request.model == "m" else 404

    assert ask(FakeTransport(upper)).text == "THE CAPITAL OF FRANCE?"


def test_a_callable_may_fail_as_a_network_does() -> None:
    def fail(_: ChatRequest) -> Answer:
        raise TimeoutError

    with pytest.raises(corechat.APITimeoutError):
        ask(FakeTransport(fail))


def test_what_an_assertion_in_a_callable_says_is_told_with_its_traceback() -> None:
    def check(request: ChatRequest) -> Answer:
        assert request.temperature == 0, "a temperature"
        return "Paris."

    with pytest.raises(corechat.ConfigurationError, match="AssertionError: a temperature") as error:
        ask(FakeTransport(check))
    assert isinstance(error.value.__cause__, AssertionError)


def test_what_was_sent_is_kept_as_values_and_as_bytes() -> None:
    fake = FakeTransport("Paris.", "Rome.")
    client = Client(fake, headers={"X-Team": "blue"})
    request = ChatRequest(**ASK, temperature=0.5)
    client.complete(request)
    client.complete(**ASK, extra_body={"new_field": 1})
    assert fake.requests == [request, ChatRequest(**ASK, extra_body={"new_field": 1})]
    assert fake.http_requests[0].headers["x-team"] == "blue"
    assert "authorization" not in fake.http_requests[0].headers
    assert fake.http_requests[0].url == "https://fake.invalid/v1/chat/completions"
    assert fake.http_requests[0].body == request.to_json()


def test_what_an_extra_body_says_unchecked_is_kept() -> None:
    fake = FakeTransport("Paris.")
    Client(fake).complete(**ASK, extra_body={"temperature": 9, "new_field": 1})
    assert fake.requests[0].model == "m"
    assert fake.requests[0].extra_body == {"temperature": 9, "new_field": 1}


def test_being_asked_too_often_is_an_error_that_says_what_was_asked() -> None:
    fake = FakeTransport("Paris.").when("Italy", "Rome.")
    client = Client(fake)
    client.complete(**ASK)
    with pytest.raises(corechat.UnmatchedRequestError) as caught:
        client.complete(**ASK)
    assert caught.value.message == (
        "This FakeTransport has no answer for request 2, 'The capital of France?': of 2 given, "
        "1 are unused. Give it one more, or say repeat_last=True."
    )
    with pytest.raises(corechat.UnmatchedRequestError):
        ask(FakeTransport())


def test_the_last_answer_may_be_repeated() -> None:
    client = Client(FakeTransport("Paris.", "Rome.", repeat_last=True))
    assert [client.complete(**ASK).text for _ in range(4)] == ["Paris.", "Rome.", "Rome.", "Rome."]


def test_answers_by_match_come_first_and_the_others_in_order() -> None:
    fake = FakeTransport("who knows").when("France", 503, "Paris.")
    fake.when(lambda request: request.model == "big", "Rome.", repeat_last=True)
    client = Client(fake)
    assert client.complete(**ASK).text == "Paris."
    parts: Any = [{"type": "text", "text": "France"}]
    big: Any = {"model": "big", "messages": [{"role": "user", "content": parts}]}
    assert [client.complete(**big).text for _ in range(2)] == ["Rome.", "Rome."]
    assert fake.unused() == ("who knows",)
    assert client.complete(**ASK).text == "who knows"


def test_each_of_many_threads_gets_its_own_answer() -> None:
    texts = [f"answer {number}" for number in range(200)]
    client = Client(FakeTransport(*texts))
    with ThreadPoolExecutor(8) as pool:
        got = list(pool.map(lambda _: client.complete(**ASK).text, texts))
    assert sorted(got) == sorted(texts)


def test_it_notes_that_it_was_closed() -> None:
    fake = FakeTransport("Paris.")
    with Client(fake):
        assert not fake.closed
    assert fake.closed


@pytest.mark.parametrize("answer", [ValueError("x"), 200, True, str, None, [], ["a"], b"x"])
def test_what_cannot_be_an_answer_is_refused_when_it_is_given(answer: Any) -> None:
    with pytest.raises(corechat.ConfigurationError, match="A FakeTransport cannot answer"):
        FakeTransport(answer)
    with pytest.raises(corechat.ConfigurationError, match="A FakeTransport cannot answer"):
        ask(FakeTransport(lambda _: answer))


def test_errors_pickle_as_those_of_a_real_server_do() -> None:
    with pytest.raises(corechat.RateLimitError) as caught:
        ask(FakeTransport(429))
    assert pickle.loads(pickle.dumps(caught.value)).status_code == 429  # noqa: S301 - our own


def test_the_double_imports_neither_the_kit_nor_an_http_library(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.undo()  # to wait for another interpreter is to sleep
    code = (
        "import sys\n"
        "from corechat import Client\n"
        "from corechat.testing import FakeTransport\n"
        "question = [{'role': 'user', 'content': 'q'}]\n"
        "Client(FakeTransport('a')).complete(model='m', messages=question)\n"
        "heavy = {'corechat.testing._kit', 'httpx', 'ssl', 'asyncio', 'yaml', 'pytest'}\n"
        "print(*heavy & set(sys.modules))"
    )
    assert run_python(code).stdout.decode().strip() == ""
