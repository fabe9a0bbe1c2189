"""The cassettes replay as the conversations that were recorded, here and in vcrpy."""

import functools
import json
import re
import tempfile
from pathlib import Path
from typing import Any

import pytest
import vcr.serialize  # type: ignore[import-untyped]  # it ships no stubs
from vcr.serializers import (  # type: ignore[import-untyped]
    jsonserializer,
    yamlserializer,
)

import corechat
from tests.tools.conversations import CONVERSATIONS, MODEL, ORIGIN

CASSETTES = Path(__file__).parents[2] / "cassettes"


def connect(cassette: Path, path: str) -> corechat.Client:
    """Make a client that replays."""
    return corechat.Client("replay", cassette=cassette, base_url=f"{ORIGIN}{path}", max_retries=0)


def interactions(name: str) -> list[dict[str, Any]]:
    """Read a cassette without corechat."""
    found: list[dict[str, Any]] = json.loads((CASSETTES / f"{name}.json").read_bytes())[
        "interactions"
    ]
    return found


def test_every_cassette_has_its_conversation() -> None:
    assert {path.stem for path in CASSETTES.glob("*.json")} == set(CONVERSATIONS)


@pytest.mark.parametrize("name", CONVERSATIONS)
def test_a_recorded_conversation_can_be_held_again(name: str) -> None:
    CONVERSATIONS[name](functools.partial(connect, CASSETTES / f"{name}.json"))


@pytest.mark.parametrize("name", CONVERSATIONS)
def test_vcrpy_reads_the_cassette_as_json_and_as_yaml(name: str) -> None:
    text = (CASSETTES / f"{name}.json").read_text(encoding="utf-8")
    for serializer in (jsonserializer, yamlserializer):
        requests, responses, *_ = vcr.serialize.deserialize(text, serializer)
        assert [request.uri for request in requests] == [
            interaction["request"]["uri"] for interaction in interactions(name)
        ]
        assert len(responses) == len(requests)


@pytest.mark.parametrize("name", CONVERSATIONS)
def test_a_cassette_holds_no_key_and_no_trace_of_the_machine(name: str) -> None:
    text = (CASSETTES / f"{name}.json").read_text(encoding="utf-8")
    assert not re.search("authorization|bearer|cookie|api.key|gguf", text, re.IGNORECASE)
    assert str(Path.home()) not in text
    assert tempfile.gettempdir() not in text
    for interaction in interactions(name):
        assert interaction["request"]["uri"].startswith(f"{ORIGIN}/")
        assert set(interaction["request"]) == {"method", "uri", "body", "headers"}
        answer = json.loads(interaction["response"]["body"]["string"])
        assert answer.get("model", MODEL) == MODEL
