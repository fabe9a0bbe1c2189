"""Every way in which cassettes are met in the wild, and each real one of the corpus."""

import gzip
import json
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import brotli
import pytest
import yaml
import zstandard

from corechat import Client
from corechat._http.content_coding import decode_content
from corechat._http.messages import HttpResponse
from corechat.errors import CassetteError
from corechat.transport import TransportOptions
from corechat_replay.cassette.reader import load, parse
from corechat_replay.factories import replay
from corechat_replay.interaction import Cassette
from tests.cassettes.support import DEADLINE, URL, chat, completion, content

SENT, GOT = chat("Grüße 🙂"), completion("yes")
SENT_TEXT, GOT_TEXT = json.dumps(SENT), json.dumps(GOT)


def plain(response: HttpResponse) -> bytes:
    coding = response.headers.get("content-encoding")
    return decode_content(response.body, coding, 2**25) if coding else response.body


def v1(request: dict[str, Any], response: dict[str, Any]) -> dict[str, Any]:
    request = {"method": "POST", "uri": URL, "headers": {}} | request
    response = {"status": {"code": 200, "message": "OK"}, "headers": {}} | response
    return {"version": 1, "interactions": [{"request": request, "response": response}]}


def as_yaml(tree: object) -> bytes:
    return yaml.dump(tree, allow_unicode=True).encode()


ISTR = "? !!python/object/apply:multidict._multidict.istr\n      - Content-Type\n      : - text/x\n"
DIALECTS: dict[str, bytes] = {
    "text": as_yaml(v1({"body": SENT_TEXT}, {"body": {"string": GOT_TEXT}})),
    "json text": json.dumps(v1({"body": SENT_TEXT}, {"body": {"string": GOT_TEXT}})).encode(),
    "a byte order mark": b"\xef\xbb\xbf"
    + as_yaml(v1({"body": SENT_TEXT}, {"body": {"string": GOT_TEXT}})),
    "binary": as_yaml(v1({"body": SENT_TEXT.encode()}, {"body": {"string": GOT_TEXT.encode()}})),
    "mapping body": as_yaml(v1({"body": SENT}, {"body": {"string": GOT_TEXT}})),
    "parsed_body": as_yaml(v1({"parsed_body": SENT}, {"parsed_body": GOT})),
    "old httpx content": as_yaml(
        {
            "version": 1,
            "interactions": [
                {
                    "request": {"method": "POST", "uri": URL, "headers": {}, "body": SENT_TEXT},
                    "response": {
                        "content": GOT_TEXT,
                        "http_version": "HTTP/1.1",
                        "status_code": 200,
                        "headers": {"content-type": "application/json"},
                    },
                }
            ],
        }
    ),
    "literal blocks": (
        "interactions:\n- request:\n    method: POST\n"
        f"    uri: {URL}\n    headers: {{}}\n    body: |-\n      "
        + json.dumps(SENT, indent=2, ensure_ascii=False).replace("\n", "\n      ")
        + "\n  response:\n    status: {code: 200, message: OK}\n    headers: {}\n    body:\n"
        "      string: |-\n        " + json.dumps(GOT, indent=2).replace("\n", "\n        ") + "\n"
    ).encode(),
    "istr header names": (
        f"interactions:\n- request:\n    method: POST\n    uri: {URL}\n"
        f"    body: '{SENT_TEXT}'\n    headers:\n      {ISTR}"
        "  response:\n    status: {code: 200, message: OK}\n"
        f"    headers:\n      {ISTR}    body:\n      string: '{GOT_TEXT}'\n"
    ).encode(),
    "a single interaction": json.dumps(
        {
            "request": {"method": "POST", "url": URL, "headers": {"A": "b"}, "body": SENT_TEXT},
            "response": {"status": {"code": 200}, "headers": {"C": "d"}, "body": GOT_TEXT},
        }
    ).encode(),
}


@pytest.mark.parametrize("dialect", DIALECTS)
def test_every_dialect_plays_the_same_answer(dialect: str) -> None:
    cassette = parse(DIALECTS[dialect], "a.yaml")
    (interaction,) = cassette.interactions
    assert (interaction.request.method, interaction.request.url) == ("POST", URL)
    assert json.loads(interaction.request.body) == SENT
    assert interaction.response.status == 200
    assert json.loads(interaction.response.body) == GOT
    assert interaction.response.headers["content-length"] == str(len(interaction.response.body))


CODERS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "deflate": zlib.compress,
    "br": brotli.compress,
    "zstd": zstandard.compress,
}


@pytest.mark.parametrize("coding", CODERS)
def test_compressed_bodies_stay_as_received_and_keep_their_coding(coding: str) -> None:
    packed = CODERS[coding](GOT_TEXT.encode())
    headers = {"content-encoding": [coding], "transfer-encoding": ["chunked"]}
    tree = v1({"body": SENT_TEXT}, {"headers": headers, "body": {"string": packed}})
    (interaction,) = parse(as_yaml(tree), "a.yaml").interactions
    assert interaction.response.body == packed
    assert interaction.response.headers["content-encoding"] == coding
    assert interaction.response.headers["content-length"] == str(len(packed))
    assert "transfer-encoding" not in interaction.response.headers
    assert json.loads(plain(interaction.response)) == GOT


@pytest.mark.parametrize("coding", CODERS)
@pytest.mark.parametrize("body", [GOT_TEXT, GOT_TEXT.encode()])
def test_a_body_that_was_decoded_loses_its_coding(coding: str, body: str | bytes) -> None:
    headers = {"Content-Encoding": coding, "content-length": ["7"]}
    tree = v1({"body": SENT_TEXT}, {"headers": headers, "body": {"string": body}})
    (interaction,) = parse(as_yaml(tree), "a.yaml").interactions
    assert "content-encoding" not in interaction.response.headers
    assert interaction.response.headers.get_list("content-length") == [str(len(GOT_TEXT))]
    assert json.loads(interaction.response.body) == GOT


def test_an_interaction_with_another_api_does_not_get_in_the_way() -> None:
    odd = {"request": {"method": "GET", "uri": "https://x.example/stream"}, "response": None}
    binary = {
        "request": {"method": "POST", "uri": "https://x.example/upload", "body": b"\xff\xfe"},
        "response": {"status": {"code": 204}, "headers": {"n": [1, None, True]}, "body": {}},
    }
    tree = v1({"body": SENT_TEXT}, {"body": {"string": GOT_TEXT}})
    tree["interactions"] = [odd, binary, *tree["interactions"]]
    cassette = parse(as_yaml(tree), "a.yaml")
    assert [each.number for each in cassette.interactions] == [1, 2]
    assert cassette.interactions[0].response.headers.get_list("n") == ["1", "true"]
    assert cassette.skipped == ("interaction 1 of 3: 'response' is absent",)


def test_every_cassette_of_the_corpus_loads_and_replays(corpus_dir: Path) -> None:
    files = sorted((corpus_dir / "yaml").iterdir())
    assert len(files) >= 25
    for path in files:
        transport = replay(TransportOptions(), cassette=path)
        assert transport.cassette.skipped == ()
        assert transport.endpoint.startswith("https://")
        tree = yaml.load(path.read_bytes(), yaml.CSafeLoader)
        for recorded, interaction in zip(
            tree["interactions"], transport.cassette.interactions, strict=True
        ):
            response = transport.send(interaction.request, DEADLINE)
            assert response == interaction.response
            json_or_stream = plain(response).decode()
            body = recorded["response"].get("body", {}).get("string")
            if isinstance(body, str):
                assert json_or_stream == body
        assert transport.unplayed() == ()


def rebuilt(line: dict[str, Any]) -> tuple[bytes, object, object]:
    sent, got = line["request"]["body"], line["response"]["body"]
    status, reason = line["response"]["status"], line["response"]["reason"]
    text = got if isinstance(got, str) else json.dumps(got)
    request: dict[str, Any] = {"method": line["request"]["method"], "uri": line["request"]["uri"]}
    request["headers"] = line["request"]["headers"]
    response: dict[str, Any] = {"headers": line["response"]["headers"]}
    dialect = line["dialect"]
    code = {"code": status, "message": reason}
    if "parsed_body" in dialect:
        tree: object = v1(
            request | {"parsed_body": sent}, response | {"status": code, "parsed_body": got}
        )
    elif "dict-body" in dialect:
        tree = v1(request | {"body": sent}, response | {"status": code, "parsed_body": got})
    elif "old-content" in dialect:
        tree = v1(request | {"body": json.dumps(sent)}, {})
        tree["interactions"][0]["response"] = response | {"status_code": status, "content": text}
    elif dialect == "single":
        flat = response | {"status": code, "body": text}
        tree = {"request": request | {"body": json.dumps(sent)}, "response": flat}
        return json.dumps(tree).encode(), sent, got
    else:
        packed: Any = text
        if "bytes" in dialect:
            response["headers"] = response["headers"] | {"content-encoding": ["gzip"]}
            packed = gzip.compress(text.encode())
        tree = v1(
            request | {"body": json.dumps(sent)},
            response | {"status": code, "body": {"string": packed}},
        )
    return yaml.dump(tree, Dumper=yaml.CSafeDumper, allow_unicode=True).encode(), sent, got


def test_the_traffic_of_the_corpus_replays_in_the_dialect_it_was_found_in(corpus_dir: Path) -> None:
    seen: set[str] = set()
    with (corpus_dir / "dev.jsonl").open() as lines:
        for number, text in enumerate(lines):
            line = json.loads(text)
            if line["dialect"] in seen and number % 4:
                continue  # each dialect, and a quarter of the rest, in some seconds
            seen.add(line["dialect"])
            data, sent, got = rebuilt(line)
            (interaction,) = parse(data, "a.yaml").interactions
            assert json.loads(interaction.request.body) == sent, line["id"]
            body = plain(interaction.response).decode()
            assert (body if isinstance(got, str) else json.loads(body)) == got, line["id"]
            assert interaction.response.status == line["response"]["status"]
    assert len(seen) == 8


def test_a_file_is_left_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_bytes(b"interactions: [")
    with pytest.raises(CassetteError):
        load(path)
    assert path.read_bytes() == b"interactions: ["


def test_an_empty_list_of_interactions_is_a_cassette() -> None:
    assert parse(b"interactions: []\nversion: 1\n", "a") == Cassette("a", ())


def test_content_is_shown_as_text() -> None:
    (interaction,) = parse(DIALECTS["text"], "a").interactions
    assert content(interaction.response) == "yes"


@pytest.mark.parametrize("escape", ["\\ud83d", "\\uDE00", "\\ud83d\\ud83d"])
@pytest.mark.parametrize("style", ["JSON", "YAML", "YAML with the slow parser"])
def test_half_a_surrogate_pair_is_the_replacement_character(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, escape: str, style: str
) -> None:
    sent = chat("half")
    tree = v1({"parsed_body": sent}, {"parsed_body": completion("Hi @")})
    text = json.dumps(tree).replace("@", escape)
    if style != "JSON":  # what stands at the top is not in braces then
        text = "version: 1\ninteractions: " + json.dumps(tree["interactions"]).replace("@", escape)
    if style == "YAML with the slow parser":
        monkeypatch.delattr(yaml, "CSafeLoader")
    path = tmp_path / "a.yaml"
    path.write_text(text)
    with Client("replay", cassette=path) as client:
        assert client.complete(**sent).text == "Hi " + "\ufffd" * escape.count("u")
