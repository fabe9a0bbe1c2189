"""Dispatch: one call's attempts over real sockets: what is tried again, when, what is logged."""

import gc
import logging
import time
from types import SimpleNamespace
from typing import Any

import pytest

from corechat import (
    APIConnectionError,
    APIResponseValidationError,
    APIStatusError,
    APITimeoutError,
    BadRequestError,
    ChatRequest,
    Client,
    InternalServerError,
    RateLimitError,
    ResponseTooLargeError,
)
from corechat.testing._kit.connection import Connection
from corechat.testing._kit.replies import head
from corechat.testing._kit.scripts import then_close, then_reset, then_wait
from corechat.transport import (
    ConnectionFailure,
    Deadline,
    HttpRequest,
    HttpResponse,
    TimeoutFailure,
    TooLargeFailure,
)
from tests.core.support import (
    KEY,
    MESSAGES,
    RESET,
    ScriptedTransport,
    answer,
    client_of,
    client_over,
    on_the_wire,
    serve,
    serve_by,
)

REQUEST = ChatRequest(messages=MESSAGES, model="m")
NOW = {"retry-after": "0"}


def busy(status: int = 503, **headers: str) -> Any:
    fields = {name.replace("_", "-"): value for name, value in headers.items()}
    return answer({"error": {"message": "busy"}}, status, NOW | fields)


@pytest.mark.parametrize("status", [408, 409, 425, 429, 498, 500, 502, 503, 504, 529])
def test_a_busy_server_is_asked_again(status: int) -> None:
    with serve(busy(status), busy(status), answer()) as server:
        reply = client_of(server).complete(REQUEST)
    assert reply.http.attempts == 3
    assert len(server.received) == 3
    assert len({one.values("idempotency-key")[0] for one in server.received}) == 1
    assert len({one.body for one in server.received}) == 1


@pytest.mark.parametrize("status", [300, 302, 307, 400, 401, 403, 404, 413, 422, 451])
def test_a_final_status_is_raised_at_once_and_no_redirect_is_followed(status: int) -> None:
    turn = busy(status, location="/elsewhere")
    with serve(turn) as server, pytest.raises(APIStatusError) as caught:
        client_of(server).complete(REQUEST)
    assert caught.value.status_code == status
    assert caught.value.attempts == 1
    assert len(server.received) == 1


def test_the_error_after_the_last_attempt_counts_them() -> None:
    with serve(busy()) as server, pytest.raises(InternalServerError) as caught:
        client_of(server, max_retries=3).complete(REQUEST)
    assert caught.value.attempts == len(server.received) == 4


@pytest.mark.parametrize(
    "headers", [{"retry-after": "0.3"}, {"retry-after-ms": "300"}, {"retry-after": "300ms"}]
)
def test_a_wait_that_the_server_asks_for_is_kept(headers: dict[str, str]) -> None:
    with serve(answer(b"", 429, headers), answer()) as server:
        start = time.monotonic()
        client_of(server).complete(REQUEST)
    assert time.monotonic() - start >= 0.3


def test_a_wait_longer_than_the_deadline_is_raised_at_once_with_its_length() -> None:
    with serve(answer(b"", 429, {"retry-after": "9m38.016s"})) as server:
        start = time.monotonic()
        with pytest.raises(RateLimitError) as caught:
            client_of(server, timeout=30.0).complete(REQUEST)
    assert time.monotonic() - start < 10
    assert caught.value.retry_after == pytest.approx(578.016)
    assert len(server.received) == 1


def test_a_wait_that_stands_in_the_body_is_obeyed_like_the_header() -> None:
    for words, slept in (("Please try again in 15m.", 0), ("Please try again in 12ms.", 1)):
        limited = answer({"error": {"message": words}}, 429)
        transport = ScriptedTransport(limited, answer())
        client = client_over(transport)
        if slept:
            assert client.complete(REQUEST).http.attempts == 2
            continue
        with pytest.raises(RateLimitError) as caught:
            client.complete(REQUEST)
        assert caught.value.retry_after == 900
        assert len(transport.requests) == 1


def test_a_request_larger_than_its_limit_is_not_asked_again() -> None:
    words = {"error": {"message": "Limit 7000, Used 0, Requested 12903."}}
    with serve(answer(words, 429, NOW)) as server, pytest.raises(RateLimitError):
        client_of(server).complete(REQUEST)
    assert len(server.received) == 1


def test_the_servers_own_verdict_is_obeyed() -> None:
    with serve(busy(400, x_should_retry="true"), answer()) as server:
        assert client_of(server).complete(REQUEST).http.attempts == 2
    with serve(busy(503, x_should_retry="false")) as server, pytest.raises(InternalServerError):
        client_of(server).complete(REQUEST)
    assert len(server.received) == 1


@pytest.mark.parametrize("body", [b"", b"<html>", b'{"error": "overloaded"}', b'{"choices": []}'])
def test_a_2xx_is_never_asked_again(body: bytes) -> None:
    response = answer(b" " + body, 200, {"x-should-retry": "true", **NOW})
    with serve(response) as server, pytest.raises(APIResponseValidationError):
        client_of(server).complete(REQUEST)
    assert len(server.received) == 1


@pytest.mark.parametrize("breaks", [then_close, then_reset])
def test_a_2xx_whose_body_breaks_off_is_never_asked_again_and_says_why(breaks: Any) -> None:
    cut = on_the_wire(answer())[:-10]
    with serve_by(breaks(cut)) as server, pytest.raises(APIConnectionError) as caught:
        client_of(server).complete(REQUEST)
    assert len(server.received) == 1
    assert caught.value.response_started
    assert "may have been billed" in caught.value.message
    assert caught.value.attempts == 1


def test_a_timeout_is_the_whole_calls_and_its_error_says_how_long_it_took() -> None:
    with serve_by(then_wait(b"")) as server:
        start = time.monotonic()
        with pytest.raises(APITimeoutError) as caught:
            client_of(server, timeout=0.5).complete(REQUEST)
        assert 0.5 <= time.monotonic() - start < 5
    assert not caught.value.response_started
    assert "127.0.0.1" in caught.value.message
    with serve_by(then_wait(head(200, [("Content-Length", "10")]))) as server:
        with pytest.raises(APITimeoutError) as caught:
            client_of(server, timeout=0.5).complete(REQUEST)
        assert caught.value.response_started
        assert "may have been billed" in caught.value.message
    assert len(server.received) == 1


def test_retries_and_waits_share_the_deadline() -> None:
    with serve(answer(b"", 503, {"retry-after": "0.4"})) as server:
        start = time.monotonic()
        with pytest.raises(InternalServerError):
            client_of(server, timeout=1.0, max_retries=100).complete(REQUEST)
        assert time.monotonic() - start < 5
        assert 2 <= len(server.received) <= 3


def test_a_reset_before_any_byte_of_an_answer_is_asked_again() -> None:
    with serve(RESET, RESET, answer()) as server:
        reply = client_of(server, max_retries=3).complete(REQUEST)
    assert reply.http.attempts == 3
    with serve(RESET) as server, pytest.raises(APIConnectionError) as caught:
        client_of(server, max_retries=0).complete(REQUEST)
    assert caught.value.attempts == len(server.received) == 1


def test_a_reset_on_a_reused_connection_is_tried_once_on_a_fresh_one_without_retries() -> None:
    with serve(answer(), RESET, answer(), RESET, RESET) as server:
        client = client_of(server, max_retries=0)
        assert client.complete(REQUEST).http.attempts == 1
        assert client.complete(REQUEST).http.attempts == 2
        with pytest.raises(APIConnectionError):
            client.complete(REQUEST)
        assert len(server.received) == 5
        assert server.received[2].connection == 1


def test_a_connection_that_is_refused_is_tried_again_and_told() -> None:
    with serve(answer()) as server:
        url = f"{server.url}/v1"
    with pytest.raises(APIConnectionError, match=r"127\.0\.0\.1") as caught:
        Client(base_url=url, max_retries=1, timeout=20.0).complete(REQUEST)
    assert caught.value.attempts == 2
    assert not caught.value.response_started


def test_the_quota_of_a_client_ends_a_retry_storm() -> None:
    transport = ScriptedTransport(busy())
    client = client_over(transport, max_retries=2)
    for _ in range(60):
        with pytest.raises(InternalServerError):
            client.complete(REQUEST)
    assert len(transport.requests) == 60 + 100  # 500 tokens, 5 a retry


def test_a_success_gives_tokens_back() -> None:
    transport = ScriptedTransport(*[busy()] * 101, answer(), answer(), answer(), answer(), busy())
    client = client_over(transport, max_retries=100)
    with pytest.raises(InternalServerError):
        client.complete(REQUEST)
    assert len(transport.requests) == 101
    for _ in range(4):
        client.complete(REQUEST)
    with pytest.raises(InternalServerError):  # 4 tokens are no retry
        client.complete(REQUEST)
    assert len(transport.requests) == 106


def test_a_failure_is_told_in_the_words_of_the_tree() -> None:
    for failure, kind, billed in (
        (ConnectionFailure("lost", status=200), APIConnectionError, True),
        (ConnectionFailure("lost", status=400), APIConnectionError, False),
        (TimeoutFailure("late", status=200), APITimeoutError, True),
        (TimeoutFailure("late", sent=True), APITimeoutError, False),
    ):
        with pytest.raises(kind) as caught:
            client_over(ScriptedTransport(failure)).complete(REQUEST)
        assert type(caught.value) is kind
        assert ("may have been billed" in caught.value.message) is billed
        assert failure.message in caught.value.message
    too_large = TooLargeFailure("the response body is over 5 bytes", limit=5, status=200)
    with pytest.raises(ResponseTooLargeError) as over:
        client_over(ScriptedTransport(too_large)).complete(REQUEST)
    assert (over.value.limit, over.value.status_code) == (5, 200)


def everything_logged(caplog: pytest.LogCaptureFixture) -> str:
    parts = []
    for record in caplog.records:
        parts += [record.getMessage(), str(record.msg), repr(record.args), repr(record.exc_info)]
        parts += [repr(value) for value in vars(record).values()]
    return "\n".join(parts)


def test_the_log_tells_each_attempt_and_never_what_was_said(
    caplog: pytest.LogCaptureFixture,
) -> None:
    gc.collect()  # clients of other tests close now, and not in the middle of this call
    ids = {"x-request-id": "req_77", "x-marker": "marker-response-header"}
    turns = (answer(b"marker-error-body", 503, NOW | ids), RESET, answer(headers=ids))
    with caplog.at_level(logging.DEBUG), serve(*turns) as server:
        client = Client(
            base_url=f"{server.url}/v1?query=marker-query",
            api_key=f"marker-key-{KEY}",
            headers={"X-A": "marker-client-header"},
        )
        client.complete(
            messages=[{"role": "user", "content": "marker-prompt"}],
            headers={"X-B": "marker-call-header"},
            extra_body={"marker-field": "marker-extra"},
        )
        client.close()
    text = everything_logged(caplog)
    assert "marker" not in text
    assert KEY not in text
    ours = [record for record in caplog.records if record.name == "corechat"]
    lines = [record.getMessage() for record in ours]
    attempts = [line for line in lines if line.startswith("POST")]
    assert [f"attempt {n}" in line for n, line in enumerate(attempts, 1)] == [True] * 3
    assert all("127.0.0.1" in line for line in attempts)
    assert "503" in attempts[0]
    assert "req_77" in attempts[0]
    assert "ConnectionFailure" in attempts[1]
    assert "200" in attempts[2]
    assert any("again" in line for line in lines)
    assert {record.levelno for record in ours} <= {logging.DEBUG, logging.INFO}
    assert all(record.exc_info is None for record in ours)


def test_a_log_line_tells_the_attempts_own_time_and_the_calls(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 100.0

    def advance(seconds: float) -> None:
        nonlocal now
        now += seconds

    class Slow(ScriptedTransport):
        def send(self, request: HttpRequest, deadline: Deadline) -> HttpResponse:
            advance(2.0 + len(self.requests))
            return super().send(request, deadline)

    clock = SimpleNamespace(monotonic=lambda: now, sleep=lambda _: advance(30.0))
    monkeypatch.setattr("corechat._call.attempts.time", clock)
    with caplog.at_level(logging.INFO, "corechat"):
        client_over(Slow(busy(), answer())).complete(REQUEST)
    first, _, second = [record.getMessage() for record in caplog.records]
    assert "503 in 2.000 s, attempt 1, 2.000 s into the call" in first
    assert "200 in 3.000 s, attempt 2, 35.000 s into the call" in second


def test_a_request_id_that_holds_the_key_or_controls_is_cleaned_in_the_log(
    caplog: pytest.LogCaptureFixture,
) -> None:
    evil = answer(headers={"x-request-id": f"\x1b[2J{KEY}\n" + "x" * 5000})
    with caplog.at_level(logging.DEBUG):
        client_over(ScriptedTransport(evil)).complete(REQUEST)
    text = everything_logged(caplog)
    assert KEY not in text
    assert "\x1b" not in text
    assert len(text) < 5000


def test_a_call_without_logging_logs_nothing(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        client_over(ScriptedTransport(busy(), answer())).complete(REQUEST)
    assert caplog.records == []


def test_an_error_body_of_a_server_that_never_ends_is_cut() -> None:
    def endless(connection: Connection) -> None:
        connection.read_request()
        connection.send(head(400, [("Content-Type", "text/plain")]))
        connection.pour(b"no", 8 * 1024 * 1024)

    with serve_by(endless) as server, pytest.raises(BadRequestError) as caught:
        client_of(server, timeout=10.0).complete(REQUEST)
    assert len(str(caught.value.body)) == 64 * 1024
