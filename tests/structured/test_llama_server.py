"""Each type of the table through the grammar of a real server, and back."""

from collections.abc import Iterator
from typing import Any

import pytest

from corechat import Client
from corechat._providers.schema_rules import GROQ, LLAMACPP, OPENAI, UNKNOWN, SchemaRules
from corechat._structured import OutputType
from corechat.errors import StructuredOutputError
from corechat.responses import ChatResponse
from tests.servers.llama_server import LlamaServer
from tests.structured.types_table import CASES, LOOSE, Case

ACCEPTED = [case for case in CASES if case.refused_at is None]


def named(case: Case) -> str:
    return case.name


@pytest.fixture(scope="module")
def client(llama_server: LlamaServer) -> Iterator[Client]:
    with Client(base_url=llama_server.base_url, max_retries=0) as client:
        yield client


def ask(client: Client, response_format: dict[str, Any]) -> ChatResponse:
    return client.complete(
        model="tiny",
        messages=[{"role": "user", "content": "Go on."}],
        response_format=response_format,
        temperature=0,
        seed=1,
        max_completion_tokens=500,
    )


@pytest.mark.parametrize("case", CASES, ids=named)
def test_llamacpps_rules_give_a_schema_that_the_server_takes_and_answers(
    client: Client, case: Case
) -> None:
    output = OutputType.of(case.tp)
    response = ask(client, output.response_format(LLAMACPP))
    assert response.finish_reason == "stop"
    output.parse(response)


@pytest.mark.parametrize("case", ACCEPTED, ids=named)
@pytest.mark.parametrize("rules", [OPENAI, GROQ], ids=lambda rules: rules.name)
def test_what_is_strict_elsewhere_is_taken_by_this_server_too(
    client: Client, case: Case, rules: SchemaRules
) -> None:
    response = ask(client, OutputType.of(case.tp).response_format(rules))
    assert response.finish_reason == "stop"


@pytest.mark.parametrize("case", LOOSE, ids=named)
def test_where_the_grammar_does_not_make_sure_the_reader_says_it(
    client: Client, case: Case
) -> None:
    output = OutputType.of(case.tp)
    response = ask(client, output.response_format(LLAMACPP))
    try:
        output.parse(response)
    except StructuredOutputError as error:
        reason = error.reason
    else:
        reason = "wrong_shape"
    assert reason == "wrong_shape"


DIGITS = {"type": "object", "properties": {"a": {"type": "string", "pattern": r"^\d{2}$"}}}


def test_the_rules_make_the_server_keep_to_what_it_would_pass_over(client: Client) -> None:
    output = OutputType.of({**DIGITS, "required": ["a"]})
    with pytest.raises(StructuredOutputError):
        output.parse(ask(client, output.response_format(UNKNOWN)))
    assert output.parse(ask(client, output.response_format(LLAMACPP))) == {"a": "11"}


def test_an_answer_cut_at_the_bound_on_tokens_is_told(client: Client) -> None:
    response = client.complete(
        model="tiny",
        messages=[{"role": "user", "content": "Go on."}],
        response_format=OutputType.of(str).response_format(LLAMACPP),
        max_completion_tokens=4,
    )
    with pytest.raises(StructuredOutputError) as caught:
        OutputType.of(str).parse(response)
    assert caught.value.reason == "length"
    assert caught.value.text == response.text
    assert caught.value.usage == response.usage
