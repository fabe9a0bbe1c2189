"""The replay transport: what it answers, in which order, and what a miss says."""

import json
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from corechat._http.messages import Headers, HttpRequest
from corechat.errors import CassetteError, ConfigurationError, UnmatchedRequestError
from corechat.plugins._making import make_transport
from corechat.transport import TransportOptions
from corechat_replay.factories import replay
from tests.cassettes.support import DEADLINE, URL, ask, chat, content, interaction, write


def test_the_same_request_in_another_spelling_gets_its_ask(tmp_path: Path) -> None:
    sent = chat("Grüße 🙂", temperature=1, seed=7)
    cassette = write(tmp_path / "a.yaml", interaction(sent, "hello"))
    other = json.dumps(dict(reversed(sent.items())) | {"temperature": 1.0}, indent=3)
    for text in (other, json.dumps(sent, ensure_ascii=False)):
        transport = replay(TransportOptions(), cassette=cassette)
        response = transport.send(HttpRequest("post", URL, Headers(), text.encode()), DEADLINE)
        assert response.status == 200
        assert content(response) == "hello"


def test_another_prompt_never_gets_an_old_ask(tmp_path: Path) -> None:
    cassette = write(tmp_path / "a.yaml", interaction(chat("Name 3 colors"), "red"))
    transport = replay(TransportOptions(), cassette=cassette)
    with pytest.raises(UnmatchedRequestError) as caught:
        ask(transport, chat("Name 4 colors"))
    line = "#1 messages[0].content: 'Name 3 colors' → 'Name 4 colors'"
    assert caught.value.differences == (line,)
    assert line in str(caught.value)
    assert str(cassette) in str(caught.value)


def test_identical_requests_play_in_recorded_order_and_then_say_so(tmp_path: Path) -> None:
    twice = [interaction(chat("q"), "first"), interaction(chat("q"), "second")]
    transport = replay(TransportOptions(), cassette=write(tmp_path / "a.json", *twice))
    assert [ask(transport, chat("q")), ask(transport, chat("q"))] == ["first", "second"]
    with pytest.raises(UnmatchedRequestError, match="played 2 of 2"):
        ask(transport, chat("q"))


def test_recordings_spelt_as_the_request_come_first_and_then_the_others(tmp_path: Path) -> None:
    spelt = [interaction(chat("q"), text) for text in ("1", "2", "3")]
    spelt[1]["request"]["body"] = json.dumps(chat("q"), indent=1)
    transport = replay(TransportOptions(), cassette=write(tmp_path / "a.json", *spelt))
    indented = HttpRequest("POST", URL, Headers(), json.dumps(chat("q"), indent=1).encode())
    plain = HttpRequest("POST", URL, Headers(), json.dumps(chat("q")).encode())
    assert [content(transport.send(sent, DEADLINE)) for sent in (indented, plain, indented)] == [
        "2",
        "1",
        "3",
    ]
    for sent in (indented, plain):
        with pytest.raises(UnmatchedRequestError, match="played 3 of 3"):
            transport.send(sent, DEADLINE)
    assert transport.unplayed() == ()


def test_the_last_recording_repeats_if_asked(tmp_path: Path) -> None:
    twice = [interaction(chat("q"), "first"), interaction(chat("q"), "second")]
    cassette = write(tmp_path / "a.json", *twice)
    transport = replay(TransportOptions(), cassette=cassette, repeat_last=True)
    answers = [ask(transport, chat("q")) for _ in range(4)]
    assert answers == ["first", "second", "second", "second"]


def test_the_endpoint_is_that_of_the_first_chat_interaction(tmp_path: Path) -> None:
    models = interaction(None, "models", "https://x.example/v1/models")
    azure = "https://a.example/openai/deployments/d/chat/completions?api-version=1#stream"
    cassette = write(tmp_path / "a.json", models, interaction(chat("q"), "a", azure))
    transport = replay(TransportOptions(), cassette=cassette)
    assert transport.endpoint == "https://a.example/openai/deployments/d?api-version=1"
    assert ask(transport, chat("q"), azure.removesuffix("#stream")) == "a"


@pytest.mark.parametrize(
    ("ignore", "recorded", "sent"),
    [
        (["user"], chat("q", user="a"), chat("q")),
        (
            ["metadata.trace"],
            chat("q", metadata={"trace": 1, "x": 2}),
            chat("q", metadata={"x": 2}),
        ),
        (
            ["messages.*.name"],
            chat("q"),
            {"model": "m", "messages": [{"role": "user", "content": "q", "name": "n"}]},
        ),
    ],
)
def test_ignored_fields_do_not_take_part(
    tmp_path: Path, ignore: list[str], recorded: object, sent: object
) -> None:
    cassette = write(tmp_path / "a.json", interaction(recorded, "yes"))
    with pytest.raises(UnmatchedRequestError):
        ask(replay(TransportOptions(), cassette=cassette), sent)
    assert ask(replay(TransportOptions(), cassette=cassette, ignore=ignore), sent) == "yes"


def test_the_base_url_can_be_left_out_of_the_match(tmp_path: Path) -> None:
    cassette = write(tmp_path / "a.json", interaction(chat("q"), "yes"))
    other = "http://127.0.0.1:8080/v1/chat/completions"
    with pytest.raises(UnmatchedRequestError, match="URL: https"):
        ask(replay(TransportOptions(), cassette=cassette), chat("q"), other)
    transport = replay(TransportOptions(), cassette=cassette, match_base_url=False)
    assert ask(transport, chat("q"), other) == "yes"


def test_a_wolfram_key_takes_no_part_in_the_match(tmp_path: Path) -> None:
    def with_key(key: str) -> dict[str, Any]:
        tools = {"wolfram_settings": {"authorization": key}}
        return chat("q", compound_custom={"tools": tools})

    cassette = write(tmp_path / "a.json", interaction(with_key("[hidden]"), "yes"))
    assert ask(replay(TransportOptions(), cassette=cassette), with_key("real")) == "yes"
    with pytest.raises(UnmatchedRequestError) as caught:
        ask(replay(TransportOptions(), cassette=cassette), with_key("real") | {"n": 2})
    assert "real" not in str(caught.value)


def test_sixteen_threads_play_each_interaction_exactly_once(tmp_path: Path) -> None:
    recorded = [interaction(chat(f"q{i % 50}"), str(i)) for i in range(1000)]
    transport = replay(TransportOptions(), cassette=write(tmp_path / "a.json", *recorded))
    barrier = threading.Barrier(16)

    def work(worker: int) -> list[str]:
        barrier.wait()
        return [ask(transport, chat(f"q{i % 50}")) for i in range(worker, 1000, 16)]

    with ThreadPoolExecutor(16) as pool:
        played = Counter(number for part in pool.map(work, range(16)) for number in part)
    assert played == Counter(str(i) for i in range(1000))
    assert transport.unplayed() == ()


def test_what_was_not_played_is_listed_in_order(tmp_path: Path) -> None:
    recorded = [interaction(chat(name), name) for name in ("a", "b", "a", "c")]
    transport = replay(TransportOptions(), cassette=write(tmp_path / "a.json", *recorded))
    ask(transport, chat("a"))
    assert [item.number for item in transport.unplayed()] == [1, 2, 3]


def test_a_replay_without_a_cassette_says_how_to_name_one() -> None:
    with pytest.raises(ConfigurationError, match="cassette="):
        replay(TransportOptions())


def test_a_missing_cassette_says_which(tmp_path: Path) -> None:
    with pytest.raises(CassetteError, match="no cassette at") as caught:
        replay(TransportOptions(), cassette=tmp_path / "none.json")
    assert caught.value.path == str(tmp_path / "none.json")


@pytest.mark.parametrize("ignore", ["user", [""], ["a..b"]])
def test_a_bad_ignore_list_is_refused(tmp_path: Path, ignore: Any) -> None:
    cassette = write(tmp_path / "a.json")
    with pytest.raises(ConfigurationError, match="ignore="):
        replay(TransportOptions(), cassette=cassette, ignore=ignore)


@pytest.mark.parametrize("cassette", [None, 3, b"a.json", ["a.json"]])
def test_a_cassette_is_named_by_the_path_of_its_file(cassette: Any) -> None:
    with pytest.raises(ConfigurationError, match="cassette"):
        make_transport("replay", replay, TransportOptions(), {"cassette": cassette})
