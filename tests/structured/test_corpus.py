"""Real traffic: what real models answered to real schemas and real tools."""

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from corechat._providers.schema_rules import GROQ, OPENAI
from corechat._structured import OutputType, strict_schema
from corechat._tools import validate_call
from corechat.errors import (
    InvalidToolArgumentsError,
    RequestValidationError,
    StructuredOutputError,
    UnknownToolError,
)
from corechat.responses import ChatResponse

pytestmark = pytest.mark.corpus


def answered(folder: Path) -> Iterator[tuple[str, dict[str, Any], ChatResponse]]:
    """Give the host, the request's body and the answer of each chat completion."""
    for line in (folder / "dev.jsonl").read_text("utf-8").splitlines():
        one = json.loads(line)
        body, response = one["request"]["body"], one["response"]
        answer = response["body"]
        if not isinstance(body, dict) or not isinstance(answer, dict):
            continue
        if 200 <= response["status"] < 300:
            try:
                yield one["host"], body, ChatResponse.model_validate_json(json.dumps(answer))
            except ValidationError:
                continue  # no chat completion


def test_every_tool_call_validates_or_gives_one_of_the_two_errors(
    corpus_dir: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    counts: Counter[str] = Counter()
    for _, body, response in answered(corpus_dir):
        for choice in response.choices:
            calls = choice.message.tool_calls
            for call in calls if isinstance(calls, list) else []:
                counts["calls"] += 1
                try:
                    validate_call(call, body.get("tools") or [], response=response)
                    counts["valid"] += 1
                except (InvalidToolArgumentsError, UnknownToolError) as error:
                    counts[type(error).__name__] += 1
    with capsys.disabled():
        print(f"\ncorpus: tool calls: {dict(counts)}")  # noqa: T201 - for the closing note
    errors = counts["InvalidToolArgumentsError"] + counts["UnknownToolError"]
    assert counts["calls"] == counts["valid"] + errors
    assert counts["valid"] > 0.9 * counts["calls"] > 0


def test_every_structured_answer_validates_or_gives_the_error(
    corpus_dir: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    counts: Counter[str] = Counter()
    for _, body, response in answered(corpus_dir):
        form = body.get("response_format")
        if not isinstance(form, dict) or form.get("type") not in ("json_schema", "json_object"):
            continue
        output = OutputType.of(form)
        for number in range(len(response.choices)):
            counts[form["type"]] += 1
            try:
                output.parse(response, choice=number)
                counts[f"{form['type']}: valid"] += 1
            except StructuredOutputError as error:
                counts[f"{form['type']}: {error.reason}"] += 1
    with capsys.disabled():
        print(f"\ncorpus: structured answers: {dict(counts)}")  # noqa: T201 - for the closing note
    assert counts["json_schema: valid"] > 0.8 * counts["json_schema"] > 0


def test_every_strict_schema_that_a_provider_took_is_one_that_we_send(
    corpus_dir: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    taken: dict[str, tuple[str, Any]] = {}
    for host, body, _ in answered(corpus_dir):
        form = body.get("response_format")
        offered = [(form or {}).get("json_schema")] if isinstance(form, dict) else []
        offered += [one.get("function") for one in body.get("tools") or []]
        for one in offered:
            if isinstance(one, dict) and one.get("strict") is True:
                schema = one.get("schema", one.get("parameters"))
                taken[host + json.dumps(schema)] = (host, schema)
    rules = {"api.openai.com": OPENAI, "api.groq.com": GROQ}
    ours = [(rules[host], schema) for host, schema in taken.values() if host in rules]
    refused = []
    for one, schema in ours:
        try:
            strict_schema(schema, one, subject="corpus")
        except RequestValidationError as error:
            refused.append(error.problems)
    with capsys.disabled():
        print(f"\ncorpus: strict schemas taken by OpenAI and Groq: {len(ours)}")  # noqa: T201
    assert ours
    assert refused == []
