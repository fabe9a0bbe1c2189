"""Two histograms, by the GenAI conventions: seconds a call, and tokens."""

import pytest
from opentelemetry.semconv._incubating.metrics import gen_ai_metrics

from corechat import APIConnectionError, StructuredOutputError
from corechat.transport import ConnectionFailure
from tests.core.support import MESSAGES, ScriptedTransport, answer, client_over, completion
from tests.otel.kept import Kept

SECONDS = gen_ai_metrics.GEN_AI_CLIENT_OPERATION_DURATION
TOKENS = gen_ai_metrics.GEN_AI_CLIENT_TOKEN_USAGE
COMMON = {
    "gen_ai.operation.name": "chat",
    "gen_ai.provider.name": "custom",
    "gen_ai.request.model": "m",
    "server.address": "api.example.com",
    "server.port": 443,
}
ANSWERED = {**COMMON, "gen_ai.response.model": "some-model"}


def test_a_call_is_measured_in_seconds_and_tokens(kept: Kept) -> None:
    client = client_over(ScriptedTransport(), plugins=[kept.plugin()])
    for _ in range(3):
        client.complete(model="m", messages=MESSAGES)
    (seconds,) = kept.points(SECONDS)
    assert seconds["attributes"] == ANSWERED
    assert seconds["count"] == 3
    assert seconds["explicit_bounds"][:3] == [0.01, 0.02, 0.04]
    assert seconds["explicit_bounds"][-1] == 81.92
    tokens = {point["attributes"].pop("gen_ai.token.type"): point for point in kept.points(TOKENS)}
    assert {kind: point["sum"] for kind, point in tokens.items()} == {"input": 9, "output": 6}
    assert tokens["input"]["attributes"] == ANSWERED
    assert tokens["input"]["explicit_bounds"][:3] == [1, 4, 16]
    assert tokens["input"]["explicit_bounds"][-1] == 67108864


def test_a_call_that_fails_is_measured_with_the_class_of_its_error(kept: Kept) -> None:
    lost = ScriptedTransport(ConnectionFailure("refused"))
    client = client_over(lost, plugins=[kept.plugin()], max_retries=0)
    with pytest.raises(APIConnectionError):
        client.complete(model="m", messages=MESSAGES)
    (seconds,) = kept.points(SECONDS)
    assert seconds["attributes"] == {**COMMON, "error.type": "APIConnectionError"}
    assert kept.points(TOKENS) == []


def test_tokens_of_an_answer_that_did_not_fit_are_measured(kept: Kept) -> None:
    client = client_over(ScriptedTransport(), plugins=[kept.plugin()])
    with pytest.raises(StructuredOutputError):
        client.complete(model="m", messages=MESSAGES, response_format=list[int])
    assert sum(point["sum"] for point in kept.points(TOKENS)) == 5
    (seconds,) = kept.points(SECONDS)
    assert seconds["attributes"] == {**ANSWERED, "error.type": "StructuredOutputError"}


def test_a_server_that_counts_no_tokens_is_measured_in_seconds_only(kept: Kept) -> None:
    turns = ScriptedTransport(answer(completion(usage=None)))
    client_over(turns, plugins=[kept.plugin()]).complete(model="m", messages=MESSAGES)
    assert len(kept.points(SECONDS)) == 1
    assert kept.points(TOKENS) == []
