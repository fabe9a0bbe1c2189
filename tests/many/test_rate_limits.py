"""A server on loopback enforces its limits, and `map` keeps them before it meets them."""

import time
from typing import Any

import pytest

import corechat
from corechat import Client
from corechat.transport import HttpResponse
from tests.core.support import answer, client_of
from tests.many.limits import Limits, Steady, Window
from tests.many.support import ask, limited, many

KINDS = [Steady, Window]


@pytest.mark.parametrize("kind", KINDS)
def test_limits_of_requests_and_tokens_are_kept_and_used(kind: type[Steady | Window]) -> None:
    limits = Limits(requests=kind(2000, 20), tokens=kind(600, 1))  # 50 requests of 12 a second
    with many(limited(limits)) as server, client_of(server) as client:
        started = time.monotonic()
        outcomes = list(client.map([ask("Hello.")] * 300, concurrency=32))
        took = time.monotonic() - started
    assert all(one.response for one in outcomes)
    # how few is held by the clock of test_governor.py; here a busy machine delays what limits tell
    assert limits.refused <= 0.05 * len(outcomes)
    allowed = 50 * (took + 1)  # what a server that is idle at first lets through at once, too
    assert limits.admitted >= 0.95 * (allowed - 50)
    assert sum(one.waited for one in outcomes) > 0
    assert max(one.elapsed for one in outcomes) < took / 2  # waiting is none of the call's time


def test_a_wait_for_a_limit_takes_none_of_a_calls_own_time() -> None:
    limits = Limits(requests=Window(5, 1.5))
    with many(limited(limits)) as server, client_of(server, timeout=1.0) as client:
        outcomes = list(client.map([ask("a")] * 12))
    assert [one.error for one in outcomes] == [None] * 12


def test_a_retry_after_holds_all_threads_of_a_client() -> None:
    sent: list[float] = []

    def handler(_: dict[str, Any]) -> HttpResponse:
        sent.append(time.monotonic())
        if len(sent) == 1:
            return answer({"error": {"message": "Slow down."}}, 429, {"retry-after": "0.8"})
        time.sleep(0.05)
        return answer()

    with many(handler) as server, client_of(server) as client:
        outcomes = list(client.map([ask("a")] * 20, concurrency=8))
    assert all(one.response for one in outcomes)
    early = [at for at in sent if at < sent[0] + 0.75]
    assert len(early) <= 8  # those in flight
    assert max(one.attempts for one in outcomes) == 2


def test_limits_are_the_clients_for_all_its_maps() -> None:
    limits = Limits(requests=Window(10, 1.0))
    with many(limited(limits)) as server, client_of(server) as client:
        for _ in range(4):
            assert all(one.response for one in client.map([ask("a")] * 10))
    assert limits.refused <= 4  # not more than one a map


def test_a_request_larger_than_the_limit_holds_nobody() -> None:
    def handler(parameters: dict[str, Any]) -> HttpResponse:
        if parameters["messages"][0]["content"] == "large":
            said = "Request too large for model `m`: Limit 6000, Requested 7000."
            return answer({"error": {"message": said}}, 429, {"retry-after": "60"})
        return answer()

    with many(handler) as server, client_of(server) as client:
        started = time.monotonic()
        outcomes = list(client.map(map(ask, ["a", "large", *"bcdef"])))
        assert time.monotonic() - started < 10
    assert [type(one.error) for one in outcomes].count(corechat.RateLimitError) == 1


def test_who_does_not_want_it_meets_the_limits() -> None:
    limits = Limits(requests=Window(5, 2.0))
    with many(limited(limits)) as server, client_of(server, max_retries=0) as client:
        outcomes = list(client.map([ask("a")] * 10, keep_rate_limits=False))
    failed = [one.error for one in outcomes if one.error]
    assert len(failed) >= 5
    assert all(isinstance(one, corechat.RateLimitError) for one in failed)


def test_a_recording_of_limits_is_not_waited_for(tmp_path: Any) -> None:
    path = tmp_path / "limits.json"
    told = {"x-ratelimit-remaining-requests": "0", "x-ratelimit-reset-requests": "2h"}
    asked = [ask(n) for n in range(8)]
    with many(lambda _: answer(headers=told)) as server, client_of(server, record=path) as client:
        for parameters in asked:
            client.complete(**parameters)
    with Client("replay", cassette=path) as client:
        assert all(one.response for one in client.map(asked))


def test_an_error_tells_the_limits_and_the_headers_as_an_answer_does() -> None:
    headers = {
        "retry-after": "7",
        "x-ratelimit-limit-tokens": "6000",
        "x-ratelimit-remaining-tokens": "0",
        "x-ratelimit-reset-tokens": "7.5s",
        "set-cookie": "secret=1",
    }
    refused = answer({"error": {"message": "Slow down."}}, 429, headers)
    with (
        many(lambda _: refused) as server,
        client_of(server, max_retries=0) as client,
        pytest.raises(corechat.RateLimitError) as caught,
    ):
        client.complete(**ask("a"))
    error = caught.value
    assert error.rate_limits.limit_tokens == 6000
    assert error.rate_limits.remaining_tokens == 0
    assert error.rate_limits.reset_tokens == 7.5
    assert error.headers["Retry-After"] == "7"
    assert "secret" not in str(error.headers.pairs)
