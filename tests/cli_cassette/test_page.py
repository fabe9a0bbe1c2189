"""``corechat cassette show --html``: one page, escaped, that runs and loads nothing."""

import json
import re
from html.parser import HTMLParser
from pathlib import Path

from tests.cassettes.support import chat, interaction, write
from tests.cli_cassette.support import run

ROOT = Path(__file__).resolve().parents[2]
VOID = frozenset({"meta"})
LOADING = frozenset({"src", "srcset", "href", "action", "data", "poster", "style"})


class Page(HTMLParser):
    """Read a page: its text, its elements, and what it links to."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: set[str] = set()
        self.loads: list[str] = []
        self.ids: set[str] = set()
        self.said = ""
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        if tag not in VOID:
            self.open.append(tag)
        for name, value in attrs:
            assert not name.startswith("on")
            if name in LOADING:
                self.loads.append(str(value))
            if name == "id":
                self.ids.add(str(value))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] != "style":
            self.said += data


def page_of(cassette: Path, tmp_path: Path, *words: object) -> Page:
    out = tmp_path / "page.html"
    result = run("show", cassette, "--html", out, *words)
    assert result.exit_code == 0, result.output
    text = out.read_text("utf-8")
    page = Page(text)
    assert not page.tags & {"script", "link", "img", "iframe", "object", "form", "base"}
    assert all(re.fullmatch(r"#i\d+", target) for target in page.loads)
    assert {target.removeprefix("#") for target in page.loads} <= page.ids
    assert "url(" not in text
    assert "@import" not in text
    return page


def test_a_page_tells_the_conversation_the_tools_and_the_usage(tmp_path: Path) -> None:
    said = page_of(ROOT / "cassettes" / "tools.json", tmp_path).said
    for words in (
        "What's the weather like in Berlin today?",
        '→ get_weather({"city": "Berlin"})',
        "temperature 0",
        '"parameters": {',
        "= 183 tokens",
        "tool_calls",
        "1.964 s",
        "2 interactions",
    ):
        assert words in said, words


def test_errors_are_on_the_page(tmp_path: Path) -> None:
    page = page_of(ROOT / "cassettes" / "errors.json", tmp_path)
    assert "→ 400 Bad Request" in page.said
    assert "Field 'n'" in page.said


def test_whatever_was_said_is_text(tmp_path: Path) -> None:
    evil = "</div><script>alert(1)</script><img src=x onerror=alert(1)>\"'&amp;\x1b[2J\u202e"
    sent = chat(evil, evil=evil, tools=[{"function": {"name": evil}}])
    sent["messages"][0]["role"] = '"><script>'
    recorded = interaction(sent, evil, url=f"https://x.example/{evil}/chat/completions")
    recorded["response"]["headers"]["x-request-id"] = [evil]
    path = write(tmp_path / "a<b>.json", recorded)
    said = page_of(path, tmp_path).said
    assert said.count("<script>alert(1)</script>") > 4
    assert "\x1b" not in said
    assert "\u202e" not in said


def test_every_cassette_here_and_of_the_corpus_has_a_page(tmp_path: Path, corpus_dir: Path) -> None:
    for path in [*(ROOT / "cassettes").glob("*.json"), *(corpus_dir / "yaml").iterdir()]:
        assert page_of(path, tmp_path).said


def test_one_interaction_can_be_picked(tmp_path: Path) -> None:
    path = write(tmp_path / "a.json", *(interaction(chat(f"q{n}"), f"a{n}") for n in range(3)))
    said = page_of(path, tmp_path, "-n", 2).said
    assert "q1" in said
    assert "q0" not in said


def test_a_page_is_written_anew_and_no_other_file_is_replaced(tmp_path: Path) -> None:
    path = write(tmp_path / "a.json", interaction(chat("q"), "a"))
    for _ in range(2):
        page_of(path, tmp_path)
    before = path.read_bytes()
    result = run("show", path, "--html", path)
    assert result.exit_code == 1
    assert "is not such a page" in result.stderr
    assert path.read_bytes() == before
    nowhere = run("show", path, "--html", tmp_path / "no" / "page.html")
    assert nowhere.exit_code == 1
    assert nowhere.stderr.count("\n") == 1


def test_a_transcript_in_a_pipe_is_plain_lines_with_who_speaks(tmp_path: Path) -> None:
    long = "word " * 100 + "\nsecond line"
    path = write(tmp_path / "a.json", interaction(chat(long), "answer"))
    lines = run("show", path).stdout.splitlines()
    assert f"user\t{'word ' * 100}" in lines
    assert "user\tsecond line" in lines
    assert "assistant\tanswer" in lines
    assert json.loads(path.read_text())["version"] == 1
