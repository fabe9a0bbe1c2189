"""`Client.map` over real sockets: order, laziness, failures, bounds, and the way it ends."""

import asyncio
import gc
import itertools
import os
import pickle
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

import corechat
from corechat import ChatRequest, Client, Outcome, StopWhen
from corechat.transport import HttpResponse
from tests.core.support import KEY, answer, client_of, completion
from tests.many.support import ask, echo, many

BACKENDS = ["httpx", "httpx2", "aiohttp", "pyreqwest"]


@pytest.fixture(params=BACKENDS)
def client(request: pytest.FixtureRequest) -> Iterator[Client]:
    """Give a client of a server that says what it was told."""
    with many() as server, client_of(server, backend=request.param) as client:
        yield client


def texts(outcomes: Any) -> list[str]:
    return [outcome.result().text for outcome in outcomes]


def threads() -> list[str]:
    return [one.name for one in threading.enumerate() if one.name.startswith("corechat-map")]


def wait_for(condition: Any, seconds: float = 5.0) -> bool:
    end = time.monotonic() + seconds
    while not condition() and time.monotonic() < end:
        time.sleep(0.01)
    return bool(condition())


def test_outcomes_come_in_the_order_of_the_requests(client: Client) -> None:
    waits = ["0.3", "0", "0.1", *"abcdefgh"]
    assert texts(client.map(map(ask, waits), concurrency=4)) == waits


def test_outcomes_come_as_they_come_where_order_does_not_matter(client: Client) -> None:
    slow_first = ["0.5", *"abcdefgh"]
    came = texts(client.map(map(ask, slow_first), concurrency=4, ordered=False))
    assert sorted(came) == sorted(slow_first)
    assert came[-1] == "0.5"


def test_an_outcome_tells_request_key_attempts_and_time() -> None:
    request = ChatRequest(**ask("0.05"))
    with many() as server, client_of(server) as client:
        plain, keyed = client.map([request, ("mine", ask("x"))])
    assert plain.request is request
    assert plain.key == 0
    assert plain.attempts == 1
    assert 0.05 <= plain.elapsed < 10
    assert plain.error is None
    assert keyed.key == "mine"
    assert keyed.request == ask("x")
    assert keyed.usage == keyed.result().usage
    assert pickle.loads(pickle.dumps(keyed)) == keyed  # noqa: S301 - our own


def test_endless_requests_are_read_as_they_are_needed() -> None:
    read = itertools.count()
    with many() as server, client_of(server) as client:
        outcomes = client.map((ask(f"n{n}") for n in read), concurrency=4)
        assert next(read) == 0  # nothing was read before it is iterated
        first = list(itertools.islice(outcomes, 100))
        outcomes.close()
    assert [one.result().text for one in first] == [f"n{n}" for n in range(1, 101)]
    assert next(read) <= 100 + 8 * 4 + 2


def test_a_slow_iterable_does_not_keep_back_what_has_come() -> None:
    def slowly() -> Iterator[Any]:
        for text in "abc":
            yield ask(text)
            time.sleep(0.3)
        raise AssertionError("read further than asked")

    with many() as server, client_of(server) as client, client.map(slowly()) as outcomes:
        assert next(outcomes).result().text == "a"
        assert next(outcomes).result().text == "b"


def test_one_failure_stops_nothing_and_is_an_outcome() -> None:
    def handler(parameters: dict[str, Any]) -> HttpResponse:
        if parameters["messages"][0]["content"] == "bad":
            return answer({"error": {"message": "No."}}, 400)
        return echo(parameters)

    wrong: list[Any] = [
        ask("a"),
        ask("bad"),
        {"model": "m", "mesages": []},
        {"model": "m", "messages": [], "timeout": 3},
        {1: 2},
        None,
        "text",
        ("key", 7),
        ask("z"),
    ]
    with many(handler) as server, client_of(server) as client:
        outcomes = list(client.map(wrong))
    assert [type(one.error).__name__ for one in outcomes[1:-1]] == [
        "BadRequestError",
        *["RequestValidationError"] * 6,
    ]
    assert outcomes[7].key == "key"
    assert texts([outcomes[0], outcomes[-1]]) == ["a", "z"]
    assert outcomes[1].attempts == 1
    assert outcomes[2].attempts == 0
    with pytest.raises(corechat.BadRequestError):
        outcomes[1].result()


def test_what_an_iterable_raises_comes_after_what_was_sent() -> None:
    def broken() -> Iterator[Any]:
        yield ask("0.1")
        yield ask("b")
        raise ValueError("a damaged line")

    got = []
    with many() as server, client_of(server) as client:
        outcomes = client.map(broken())
        with pytest.raises(ValueError, match="a damaged line"):
            got.extend(outcomes)
        got += [one.result().text for one in outcomes]
    assert texts(got) == ["0.1", "b"]


def test_what_on_outcome_raises_comes_out_and_nothing_is_lost() -> None:
    told: list[str] = []

    def once(outcome: Outcome) -> None:
        if not told:
            told.append("broken")
            raise OSError("disk full")
        told.append(outcome.result().text)

    with many() as server, client_of(server) as client:
        outcomes = client.map(map(ask, "abc"), on_outcome=once)
        with pytest.raises(OSError, match="disk full"):
            next(outcomes)
        assert texts(outcomes) == ["a", "b", "c"]
    assert sorted(told) == ["a", "b", "broken", "c"]


def test_on_outcome_is_told_as_they_come_in_the_callers_thread() -> None:
    told: list[tuple[str, int]] = []
    with many() as server, client_of(server) as client:
        outcomes = client.map(
            map(ask, ["0.4", "a"]),
            on_outcome=lambda one: told.append((one.result().text, threading.get_ident())),
        )
        assert texts(outcomes) == ["0.4", "a"]
    assert told == [("a", threading.get_ident()), ("0.4", threading.get_ident())]


def test_it_stops_at_so_many_errors_and_hands_out_what_was_in_flight() -> None:
    def handler(_: dict[str, Any]) -> HttpResponse:
        return answer({"error": {"message": "No."}}, 400)

    with many(handler) as server, client_of(server) as client:
        endless = (ask(n) for n in itertools.count())
        outcomes = client.map(endless, concurrency=4, stop_when=StopWhen(errors=10))
        ended = list(outcomes)
        sent = len(server.received)
    assert outcomes.stopped == "10 errors"
    assert 10 <= len(ended) == sent <= 14
    assert outcomes.failed == outcomes.done == len(ended)


def test_it_stops_at_so_many_tokens_and_says_what_is_left() -> None:
    with many() as server, client_of(server) as client:
        requests = [("a", ask("a")), *((n, ask("0.05")) for n in range(1000))]
        outcomes = client.map(requests, concurrency=2, stop_when=StopWhen(tokens=5 * 20))
        ended = list(outcomes)
    assert outcomes.stopped is not None
    assert outcomes.stopped.endswith("tokens used")
    assert 100 <= outcomes.tokens <= 5 * 22
    assert outcomes.tokens == 5 * len(ended)
    answered = {one.key for one in ended}
    assert len(outcomes.unfinished) <= 2
    assert answered.isdisjoint(key for key, _ in outcomes.unfinished)


def test_at_the_deadline_of_all_the_calls_in_flight_end_too() -> None:
    started = time.monotonic()
    with many() as server, client_of(server) as client:
        outcomes = client.map(
            map(ask, ["a", "3", "3", "b"] * 10), concurrency=2, stop_when=StopWhen(seconds=0.5)
        )
        ended = list(outcomes)
        assert time.monotonic() - started < 2.5
        errors = [one.error for one in ended if one.error]
    assert ended[0].result().text == "a"
    assert [type(error) for error in errors] == [corechat.APITimeoutError] * 2
    assert outcomes.stopped == "0.5 seconds passed"


def test_stop_ends_it_in_order(client: Client) -> None:
    outcomes = client.map(map(ask, itertools.cycle("abc")), concurrency=4)
    first = next(outcomes)
    outcomes.stop("enough")
    keys = [first.key, *(one.key for one in outcomes)]
    assert keys == sorted(keys)
    assert outcomes.stopped == "enough"
    assert len(keys) < 40
    left = [key for key, _ in outcomes.unfinished]
    assert sorted([*keys, *left]) == list(range(len(keys) + len(left)))


@pytest.mark.parametrize("end", ["read to the end", "left", "closed", "deleted"])
def test_threads_end_with_it(end: str) -> None:
    assert wait_for(lambda: threads() == [])
    with many() as server, client_of(server) as client:
        outcomes = client.map(map(ask, itertools.islice(itertools.cycle("ab"), 50)), concurrency=8)
        if end == "read to the end":
            assert len(list(outcomes)) == 50
            assert threads() == []
        elif end == "left":
            with outcomes:
                next(outcomes)
        else:
            next(outcomes)
            if end == "closed":
                outcomes.close()
            else:
                del outcomes
                gc.collect()
        assert wait_for(lambda: threads() == [])


def test_slow_first_answers_do_not_hold_the_others_for_long() -> None:
    with many() as server, client_of(server) as client:
        started = time.monotonic()
        assert len(list(client.map([ask("2.5")] * 8, concurrency=8))) == 8
        assert time.monotonic() - started < 4.9


def test_the_concurrency_is_kept() -> None:
    lock = threading.Lock()
    at_once, most = 0, 0

    def handler(_: dict[str, Any]) -> HttpResponse:
        nonlocal at_once, most
        with lock:
            at_once += 1
            most = max(most, at_once)
        time.sleep(0.02)
        with lock:
            at_once -= 1
        return answer()

    with many(handler) as server, client_of(server) as client:
        assert len(list(client.map([ask("x")] * 60, concurrency=6))) == 60
    assert most == 6


class Point(BaseModel):
    """What is asked for."""

    x: int


def test_a_type_for_all_answers() -> None:
    def handler(parameters: dict[str, Any]) -> HttpResponse:
        return answer(completion(parameters["messages"][0]["content"]))

    with many(handler) as server, client_of(server, unsupported="send") as client:
        asked = [ask('{"x": 1}'), ChatRequest(**ask('{"x": 2}')), ask("nothing")]
        good, by_request, bad = client.map(asked, response_format=Point)
    assert good.result().parsed == Point(x=1)
    assert by_request.result().parsed == Point(x=2)
    assert isinstance(bad.error, corechat.StructuredOutputError)
    assert bad.usage is not None
    assert bad.usage.total_tokens == 5


def test_headers_and_fields_for_all(client: Client) -> None:
    received: list[dict[str, Any]] = []

    def handler(parameters: dict[str, Any]) -> HttpResponse:
        received.append(parameters)
        return answer()

    del client
    with many(handler) as server, client_of(server) as own:
        outcomes = own.map(
            [ask("a"), ChatRequest(**ask("b"))], headers={"X-Run": "7"}, extra_body={"debug": True}
        )
        assert all(one.response for one in outcomes)
        assert [one.values("X-Run") for one in server.received] == [["7"], ["7"]]
    assert [one["debug"] for one in received] == [True, True]


@pytest.mark.parametrize(
    "wrong",
    [
        {"concurrency": 0},
        {"concurrency": True},
        {"stop_when": 5},
        {"executor": 5},
        {"timeout": -1},
        {"max_retries": -1},
        {"temperature": 1},
    ],
)
def test_options_are_checked_before_anything_is_sent(wrong: dict[str, Any]) -> None:
    with Client(base_url="http://127.0.0.1:9/v1", api_key=KEY) as client:
        with pytest.raises(corechat.ConfigurationError):
            client.map([ask("a")], **wrong)
        for requests in (ask("a"), "text", ChatRequest(**ask("a")), 7):
            with pytest.raises(corechat.ConfigurationError):
                client.map(requests)  # type: ignore[arg-type]
    with pytest.raises(corechat.ConfigurationError):
        StopWhen(errors=0)


def test_it_works_inside_a_running_event_loop(client: Client) -> None:
    async def main() -> list[str]:
        return texts(client.map(map(ask, "abc")))

    assert asyncio.run(main()) == ["a", "b", "c"]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
@pytest.mark.parametrize("backend", ["httpx", "httpx2", "aiohttp"])  # pyreqwest promises no fork
def test_it_works_after_a_fork(backend: str) -> None:
    with many() as server, client_of(server, backend=backend) as client:
        assert texts(client.map(map(ask, "abc"))) == ["a", "b", "c"]
        child = os.fork()
        if not child:
            os._exit(0 if texts(client.map(map(ask, "def"))) == ["d", "e", "f"] else 1)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def test_it_records_and_replays(tmp_path: Path) -> None:
    path = tmp_path / "many.json"
    asked = [ask(f"n{n}") for n in range(50)]
    with many() as server, client_of(server, record=path) as client:
        first = texts(client.map(asked, concurrency=16))
    with Client("replay", cassette=path) as client:
        assert texts(client.map(asked, concurrency=16)) == first
        missed = next(client.map([ask("never")]))
    assert isinstance(missed.error, corechat.UnmatchedRequestError)


def test_a_closed_client_gives_errors_not_surprises() -> None:
    client = Client(base_url="http://127.0.0.1:9/v1", api_key=KEY)
    client.close()
    outcome = next(client.map([ask("a")]))
    assert isinstance(outcome.error, corechat.ConfigurationError)


def test_a_slow_head_does_not_hold_up_what_has_room_behind_it() -> None:
    last_came = threading.Event()

    def handler(parameters: dict[str, Any]) -> HttpResponse:
        text = parameters["messages"][0]["content"]
        if text == "slow":
            return answer(completion("in time" if last_came.wait(10) else "late"))
        if text == "last":
            last_came.set()
        time.sleep(0.05)
        return answer(completion(text))

    def told(_: object) -> None:
        time.sleep(0.1)  # meanwhile all the others in flight come

    asked = [ask(text) for text in ("slow", "a", "b", "c", "last")]
    with many(handler) as server, client_of(server) as client:
        outcomes = list(client.map(asked, concurrency=2, on_outcome=told))
    assert outcomes[0].result().text == "in time"
