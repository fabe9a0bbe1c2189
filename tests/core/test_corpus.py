"""Real traffic: every request is sayable, every completion lossless, everything else refused."""

import json
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest

from corechat import (
    APIError,
    APIResponseValidationError,
    ChatRequest,
    ChatResponse,
    Client,
    CorechatError,
)
from corechat._http.messages import Headers, HttpResponse
from corechat.testing._kit.connection import Connection
from corechat.testing._kit.server import LoopbackServer
from tests.core.corpus import Recorded, as_request, read_corpus, strictly
from tests.core.support import client_of, on_the_wire, serve_by

pytestmark = [pytest.mark.corpus, pytest.mark.filterwarnings("error")]
REQUEST_ID = "req_corpus"


@pytest.fixture(scope="module")
def corpus(corpus_dir: Path) -> tuple[Recorded, ...]:
    return read_corpus(corpus_dir)


@pytest.fixture(scope="module")
def server(corpus: tuple[Recorded, ...]) -> Iterator[LoopbackServer]:
    """Answer the n-th request with the n-th recorded response."""
    responses = iter(corpus)

    def script(connection: Connection) -> None:
        while True:
            connection.read_request()
            one = next(responses)
            fields = Headers({"content-type": one.content_type or "", "x-request-id": REQUEST_ID})
            connection.send(on_the_wire(HttpResponse(one.status, fields, one.raw)))

    with serve_by(script) as server:
        yield server


def exchange(client: Client, one: Recorded) -> ChatResponse | CorechatError:
    try:
        return client.complete(as_request(one.sent), max_retries=0)
    except CorechatError as error:
        return error


def test_the_corpus_is_whole(corpus: tuple[Recorded, ...]) -> None:
    assert len(corpus) >= 1500
    assert sum(one.is_completion for one in corpus) >= 1400


def test_every_real_exchange_goes_through_a_socket_unchanged_both_ways(
    corpus: tuple[Recorded, ...], server: LoopbackServer
) -> None:
    wrong = []
    with client_of(server) as client:
        for number, one in enumerate(corpus):
            outcome = exchange(client, one)
            arrived = server.received[number].body
            if strictly(json.loads(arrived)) != strictly(one.sent):
                wrong.append((one.id, "the request arrived changed"))
            if problem := judge(one, outcome):
                wrong.append((one.id, problem))
    assert wrong == []
    assert len(server.received) == len(corpus)
    assert len(server.connections) == 1


def judge(one: Recorded, outcome: ChatResponse | CorechatError) -> str | None:
    if one.is_completion:
        return judge_completion(one, outcome)
    if isinstance(outcome, ChatResponse):
        return "what is no completion was handed out"
    if not 200 <= one.status < 300:
        good = isinstance(outcome, APIError) and outcome.status_code == one.status
        return None if good else f"status {one.status} gave {outcome!r}"
    if not isinstance(outcome, APIResponseValidationError):
        return f"no completion gave {outcome!r}"
    told = (outcome.status_code, outcome.content_type or "", outcome.request_id)
    beginning = "".join(one.raw.decode()[:50].split())
    shown = "".join(outcome.excerpt.split()).startswith(beginning)
    good = told == (one.status, one.content_type or "", REQUEST_ID) and shown
    return None if good else f"the error does not tell what came: {vars(outcome)}"


def judge_completion(one: Recorded, outcome: ChatResponse | CorechatError) -> str | None:
    if not isinstance(outcome, ChatResponse):
        return f"a completion was refused: {outcome}"
    if outcome.request_id != REQUEST_ID or outcome.http.status != one.status:
        return "how it came is not told"
    python = outcome.model_dump(exclude_unset=True)
    text = outcome.model_dump_json(exclude_unset=True)
    if not strictly(python) == strictly(json.loads(text)) == strictly(one.body):
        return "it does not dump back to the server's JSON"
    return None


def test_every_real_answer_can_be_repeated_in_the_next_request(
    corpus: tuple[Recorded, ...],
) -> None:
    known = {"role", "content", "tool_calls", "function_call", "refusal", "audio", "reasoning"}
    for one in corpus:
        if not one.is_completion:
            continue
        message = ChatResponse.model_validate_json(one.raw).message
        for repeated in (message.to_request(), message.to_request(reasoning=True)):
            request = as_request(one.sent)
            longer = request.replace(messages=[*request.messages, repeated])
            sent = json.loads(longer.to_json())["messages"][-1]
            assert set(sent) <= known, one.id
            assert sent["role"] == "assistant"
            content = message.content  # a request takes a text or a list
            assert sent["content"] == ([content] if isinstance(content, dict) else content)
            for call, said in zip(
                sent.get("tool_calls", []), message.tool_calls or [], strict=True
            ):
                called = call.get("function") or call["custom"]
                assert (call["id"], called["name"]) == (said.id, said.name)
                written = called.get("arguments", called.get("input"))
                if written != said.arguments:  # a server that parses it wants an object
                    assert not is_json_object(said.arguments)
                    assert is_json_object(written)


def is_json_object(text: str) -> bool:
    try:
        return isinstance(json.loads(text), dict)
    except ValueError:
        return False


def test_real_requests_are_values(corpus: tuple[Recorded, ...]) -> None:
    for one in corpus[::10]:
        request = as_request(one.sent)
        shuffled = json.loads(json.dumps(one.sent, sort_keys=True))
        assert as_request(shuffled) == request, one.id
        assert hash(as_request(shuffled)) == hash(request)


def test_nothing_about_real_answers_warns(corpus: tuple[Recorded, ...]) -> None:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        for one in corpus:
            if one.is_completion:
                reply = ChatResponse.model_validate_json(one.raw)
                reply.model_dump()
                reply.model_dump_json()
                repr(reply)
    assert caught == []


def test_real_bodies_need_extra_body_only_for_top_level_fields(
    corpus: tuple[Recorded, ...],
) -> None:
    unknown = {name for one in corpus for name in one.sent if name not in ChatRequest.model_fields}
    assert len(unknown) < 40, sorted(unknown)
