"""Damaged and hostile files: each is a CassetteError that says where, and costs nothing."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
import yaml

from corechat.errors import CassetteError, MissingDependencyError
from corechat_replay.cassette.files import resolve
from corechat_replay.cassette.reader import load, parse
from corechat_replay.cassette.yaml_reader import read_yaml
from tests.cassettes.support import chat, interaction, write

CHAT = "https://x.example/v1/chat/completions"
ALIASES = "".join(
    f"{chr(98 + i)}: &{chr(98 + i)} [{','.join(['*' + chr(97 + i)] * 9)}]\n" for i in range(12)
)
DEEP = 20_000


def one(request: str, response: str) -> bytes:
    head = f'"method": "POST", "uri": "{CHAT}"'
    text = f'{{"interactions": [{{"request": {{{head}{request}}}, "response": {response}}}]}}'
    return text.encode()


BAD: dict[str, tuple[bytes, str]] = {
    "nothing": (b"", "empty"),
    "white space": (b" \n\n", "empty"),
    "no UTF-8": (b"version: 1\ninteractions:\n- \xff", "line 3: byte 27 is not UTF-8"),
    "UTF-16": ("interactions: []".encode("utf-16"), "not UTF-8"),
    "a list": (b"- request: {}\n", "a list stands at the top"),
    "a JSON list": (b"[]", "a list stands at the top"),
    "a text": (b"hello", "not a mapping"),
    "another mapping": (b"a: 1", "no 'interactions'"),
    "interactions null": (b"interactions: null", "'interactions' is not a list"),
    "another version": (b"version: 2\ninteractions: []", "version is '2'"),
    "cut JSON": (b'{"interactions":\n[{"request":\n{"meth', "line 3"),
    "cut YAML": (b"interactions:\n- request:\n    body: 'abc", "line 3, column "),
    "a tab for indentation": (b"interactions:\n\t- a", "line 2"),
    "two documents": (b"a: 1\n---\nb: 2", "line 2"),
    "a control character": (b"interactions: \x01", "damaged YAML"),
    "nested JSON lists": (b"[" * DEEP + b"]" * DEEP, "line 1"),
    "nested JSON in a body": (one(', "body": ' + "[" * DEEP + "]" * DEEP, "{}"), "line 1"),
    "a body of 150 levels": (one(', "body": ' + "[" * 150 + "]" * 150, "{}"), "deeper than 100"),
    "nested YAML lists": (b"interactions: " + b"[" * DEEP + b"]" * DEEP, "line 1"),
    "nested YAML mappings": (b"x: " + b"{a: " * DEEP + b"}" * DEEP, "line 1"),
    "YAML lists of 150 levels": (b"a: 1\nb: " + b"[" * 150 + b"]" * 150, "line 2: the document is"),
    "YAML mappings of 150 levels": (b"x: " + b"{a: " * 150 + b"}" * 150, "deeper than 100"),
    "nested YAML blocks": ("\n".join(" " * n + "- " for n in range(300)).encode(), "deeper than"),
    "an alias bomb": (f"a: &a [x]\n{ALIASES}interactions: *m".encode(), "aliases stand for over"),
    "an alias bomb of text": (
        b"a: &a [" + b"x" * 1_000_000 + b"]\ninteractions: [" + b"*a, " * 100 + b"]",
        "aliases stand for over",
    ),
    "an alias of itself": (b"interactions: &a [*a]", "deeper than 100"),
    "an alias of what holds it": (b"interactions: &a {b: [{c: *a}]}", "deeper than 100"),
    "levels behind aliases": (
        b"a: &a " + b"[" * 60 + b"]" * 60 + b"\ninteractions: " + b"[" * 50 + b"*a" + b"]" * 50,
        "deeper than 100",
    ),
    "an alias without an anchor": (b"interactions: [*a]", "line 1, column 16"),
    "a merge key": (b"a: &a {b: c}\ninteractions: []\nd: {<<: *a}", "line 3: a merge key"),
    "a Python object": (b"interactions: !!python/object/apply:os.getcwd []", "!!python/object"),
    "a Python name": (b"interactions: !!python/name:os.getcwd", "line 1: the tag"),
    "an unknown tag": (b"interactions: !ruby/object:Foo {}", "'!ruby/object:Foo' is refused"),
    "istr for a value": (
        b"interactions: !!python/object/apply:multidict._multidict.istr [a]",
        "refused",
    ),
    "Ruby's form": (b"http_interactions: []", "no 'interactions'"),
    "no base64": (b"interactions: !!binary 'a*b'", "not Base64"),
    "a key that is a list": (b"? [a]\n: b", "line 1: a key is not text"),
    "a huge YAML number": (b"interactions: " + b"9" * 100_000, "this is not a number"),
    "a sexagesimal bomb": (b"interactions: 1" + b":59" * 500_000, "is not a list"),
    "a huge JSON number": (one(', "body": ' + "9" * 100_000, "{}"), "line 1"),
    "no request": (b'{"interactions": [{"response": {}}]}', "interaction 1 of 1: 'request' is"),
    "an interaction that is a text": (b'{"interactions": ["x"]}', "not a mapping"),
    "no method": (
        b'{"interactions": [{"request": {"uri": "/chat/completions"}, "response": {}}]}',
        "no method",
    ),
    "no uri": (b'{"interactions": [{"request": {"method": "GET"}, "response": {}}]}', "no uri"),
    "no response": (one("", "null"), "interaction 1 of 1: 'response' is absent"),
    "no status": (one("", '{"body": {"string": ""}}'), "no status code"),
    "a status out of range": (one("", '{"status": 999, "body": ""}'), "no status code"),
    "a status that is true": (one("", '{"status": true, "body": ""}'), "no status code"),
    "no response body": (one("", '{"status": 200}'), "'response' has no body"),
    "an odd body": (one("", '{"status": 200, "body": {"file": "x"}}'), "has no 'string'"),
    "a number for a body": (one("", '{"status": 200, "body": 5}'), "neither text nor bytes"),
    "headers that are a text": (one(', "headers": "x"', "{}"), "'headers' of the request"),
    "a header that is a list": (one(', "headers": {"a": [[1]]}', "{}"), "not text"),
    "a binary file": (b"\x7fELF\0\0\0", "byte 4 is NUL: this is not text"),
}


@pytest.mark.parametrize("case", BAD)
def test_a_bad_file_is_a_cassette_error_that_says_where(case: str, tmp_path: Path) -> None:
    data, says = BAD[case]
    path = tmp_path / "bad.yaml"
    path.write_bytes(data)
    started = time.monotonic()
    with pytest.raises(CassetteError) as caught:
        load(path)
    assert time.monotonic() - started < 20
    assert says in str(caught.value)
    assert str(path) in str(caught.value)
    assert len(str(caught.value)) <= 1000
    assert caught.value.path == str(path)
    assert caught.value.__cause__ is None
    assert path.read_bytes() == data


def test_loading_deep_nesting_does_not_crash_a_small_stack() -> None:
    code = (
        "import threading\n"
        "from corechat.errors import CassetteError\n"
        "from corechat_replay.cassette.reader import parse\n"
        "def work():\n"
        "    for data in (b'[' * 10**6, b'x: ' + b'[' * 10**6, b'{\"a\":' * 10**5):\n"
        "        try: parse(data, 'a')\n"
        "        except CassetteError: print('refused')\n"
        "threading.stack_size(256 * 1024)\n"
        "thread = threading.Thread(target=work); thread.start(); thread.join()\n"
    )
    run = subprocess.run(  # noqa: S603 - our own code
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=60
    )
    assert (run.returncode, run.stdout.split()) == (0, ["refused"] * 3), run.stderr


def test_a_directory_a_pipe_and_a_missing_file_are_refused(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "pipe")
    for name, says in (
        ("folder", "directory"),
        ("pipe", "not a regular file"),
        ("none", "no cassette"),
        ("folder/none/x", "no cassette"),
        ("bad\0name", "cannot be read"),
    ):
        with pytest.raises(CassetteError, match=says):
            load(tmp_path / name)


def test_a_file_over_the_bound_is_refused_unread(tmp_path: Path) -> None:
    path = tmp_path / "big.json"
    with path.open("wb") as file:
        file.truncate(32 * 1024 * 1024 + 1)
    with pytest.raises(CassetteError, match="over 32 MB"):
        load(path)


def test_a_link_out_of_its_folder_is_refused_and_one_within_is_followed(tmp_path: Path) -> None:
    outside = write(tmp_path / "outside.json", interaction(chat("q"), "a"))
    folder = tmp_path / "cassettes"
    folder.mkdir()
    (folder / "out.json").symlink_to(outside)
    write(folder / "real.json", interaction(chat("q"), "a"))
    (folder / "within.json").symlink_to("real.json")
    (folder / "circle.json").symlink_to("circle.json")
    for name in ("out.json", "circle.json"):
        with pytest.raises(CassetteError, match="symbolic link out of its folder"):
            load(folder / name)
    assert len(load(folder / "within.json").interactions) == 1


def test_a_name_stays_inside_its_folder(tmp_path: Path) -> None:
    folder = tmp_path / "cassettes"
    (folder / "sub").mkdir(parents=True)
    (folder / "away").symlink_to(tmp_path)
    assert resolve(folder, "sub/a.json") == folder / "sub" / "a.json"
    assert resolve(folder, "sub/../a.json").parent.samefile(folder / "sub" / "..")
    for name in ("../a.json", "sub/../../a.json", "/etc/passwd", "away/a.json", "a\0b"):
        with pytest.raises(CassetteError, match="leads out of the cassette folder"):
            resolve(folder, name)


@pytest.mark.parametrize("text", ["interactions: []", '{"interactions": [], }'])
def test_yaml_without_pyyaml_says_what_to_install(
    text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "yaml", None)
    if text.startswith("{"):
        with pytest.raises(CassetteError, match="line 1"):
            parse(text.encode(), "a.yaml")
    else:
        with pytest.raises(MissingDependencyError, match=r"pip install 'corechat\[yaml\]'"):
            parse(text.encode(), "a.yaml")
    json_text = json.dumps({"interactions": []}).encode()
    assert parse(json_text, "a.yaml").interactions == ()


def test_json_in_a_yaml_file_with_yaml_habits_is_read() -> None:
    text = '{"interactions": [], "note": !!binary "YQ==", } # trailing'
    assert parse(text.encode(), "a.yaml").interactions == ()


def test_a_pyyaml_without_its_c_loader_reads_and_refuses_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delattr(yaml, "CSafeLoader")
    assert read_yaml("a: [1, 2.5, true, null, 0x1F, 'x', 2020-01-01, yes, -1.0e+2]") == {
        "a": [1, 2.5, True, None, "0x1F", "x", "2020-01-01", "yes", -100.0]
    }
    assert read_yaml("b: !!binary YQ==") == {"b": b"a"}
    for case, (data, _) in BAD.items():
        if not data.lstrip().startswith((b"{", b"[")):
            with pytest.raises(CassetteError):
                parse(data, case)


def test_aliases_stand_for_what_is_written_at_their_anchor() -> None:
    text = "a: &a {n: [1, &b x, !!binary YQ==]}\n? *b\n: *a\nc: [*a, *b]\n'<': &d\ne: *d"
    shared = {"n": [1, "x", b"a"]}
    assert read_yaml(text) == {"a": shared, "x": shared, "c": [shared, "x"], "<": None, "e": None}


def test_yaml_is_read_as_the_safe_loader_reads_it(corpus_dir: Path) -> None:
    for path in sorted((corpus_dir / "yaml").iterdir()):
        text = path.read_text()
        assert read_yaml(text) == yaml.load(text, yaml.CSafeLoader)
