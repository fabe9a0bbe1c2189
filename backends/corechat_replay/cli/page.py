"""One self-contained page of a cassette: what a reviewer reads beside the diff.

It runs no script and loads nothing: its policy forbids both (Content Security Policy Level 3).
"""

from collections.abc import Iterable, Iterator, Sequence
from html import escape

from corechat._errors.text import escape_controls
from corechat._version import __version__
from corechat_replay.cli.common import counted
from corechat_replay.cli.transcript import Said, Transcript, Turn

_HEAD = "<!doctype html>\n<!-- corechat cassette show --html"
_POLICY = "default-src 'none'; style-src 'unsafe-inline'"
_KNOWN_ROLES = frozenset({"system", "developer", "user", "assistant", "tool", "error"})
_STYLE = """
:root { color-scheme: light dark; --back: #f6f7f9; --card: #fff; --text: #1c2024; --dim: #5b6570;
  --line: #d9dee4; --user: #0b62a8; --assistant: #1a7240; --tool: #8a5a00; --error: #b3261e;
  --call: #eef3f8; }
@media (prefers-color-scheme: dark) { :root { --back: #14171a; --card: #1d2125; --text: #e6e9ec;
  --dim: #9aa5b1; --line: #363d45; --user: #74b8f2; --assistant: #6fd196; --tool: #e5b454;
  --error: #ff8a80; --call: #262c33; } }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 1.5rem 1rem 4rem; max-width: 60rem; background: var(--back);
  color: var(--text); font: 16px/1.5 system-ui, sans-serif; }
h1 { font-size: 1.3rem; margin: 0 0 .25rem; overflow-wrap: anywhere; }
nav ol { padding-left: 2rem; } nav li { overflow-wrap: anywhere; }
a { color: var(--user); text-decoration: none; } a:hover { text-decoration: underline; }
article { background: var(--card); border: 1px solid var(--line); border-radius: 8px;
  margin: 1.5rem 0; padding: 1rem 1.25rem; }
h2 { font: 600 .95rem/1.4 ui-monospace, monospace; margin: 0 0 .5rem; overflow-wrap: anywhere; }
.bad { color: var(--error); }
.dim { color: var(--dim); font-size: .85rem; }
.turn { border-left: 3px solid var(--line); padding: 0 0 0 .9rem; margin: .9rem 0; }
.turn > b { font-size: .8rem; letter-spacing: .03em; color: var(--dim); }
.user { border-color: var(--user); } .user > b { color: var(--user); }
.assistant { border-color: var(--assistant); } .assistant > b { color: var(--assistant); }
.tool { border-color: var(--tool); } .tool > b { color: var(--tool); }
.error { border-color: var(--error); } .error > b { color: var(--error); }
.text, .reasoning, .refusal, pre { margin: .15rem 0; white-space: pre-wrap;
  overflow-wrap: anywhere; }
.reasoning { color: var(--dim); font-style: italic; } .refusal { color: var(--error); }
pre { font: .85rem/1.45 ui-monospace, monospace; background: var(--call); border-radius: 6px;
  padding: .4rem .6rem; }
summary { cursor: pointer; }
@media print { article { break-inside: avoid; } }
"""


def write_page(name: str, transcripts: Sequence[Transcript], notes: Sequence[str]) -> str:
    """Write the page.

    Args:
        name: what the cassette is called.
        transcripts: its interactions.
        notes: what else is to be said of it.
    """
    return "\n".join(_page(name, transcripts, notes)) + "\n"


def is_page(data: bytes) -> bool:
    """Tell whether the bytes of a file are such a page."""
    return data.startswith(_HEAD.encode())


def _page(name: str, transcripts: Sequence[Transcript], notes: Sequence[str]) -> Iterator[str]:
    yield f"{_HEAD}, {__version__} -->"
    yield '<html lang="en"><head><meta charset="utf-8">'
    yield f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
    yield '<meta name="viewport" content="width=device-width, initial-scale=1">'
    yield f"<title>{_text(name)}</title><style>{_STYLE}</style></head><body>"
    yield f'<header><h1>{_text(name)}</h1><div class="dim">'
    yield f"{counted(len(transcripts), 'interaction')}</div></header>"
    if len(transcripts) > 1:
        yield "<nav><ol>"
        for number, each in enumerate(transcripts, 1):
            yield f'<li{_bad(each)}><a href="#i{number}">{_text(_summary(each))}</a></li>'
        yield "</ol></nav>"
    yield "<main>"
    for number, each in enumerate(transcripts, 1):
        yield from _article(number, each)
    yield "</main>"
    yield from (f'<p class="bad">{_text(note)}</p>' for note in notes)
    yield "</body></html>"


def _article(number: int, transcript: Transcript) -> Iterator[str]:
    yield f'<article id="i{number}"><h2{_bad(transcript)}>{_text(transcript.title)}</h2>'
    yield from _line(transcript.parameters)
    for name, definition in transcript.definitions.items():
        yield f'<details class="dim"><summary>{_text(name)}</summary>'
        yield f"<pre>{_text(definition)}</pre></details>"
    for turn in transcript.turns:
        yield _turn(turn)
    yield from _line(transcript.facts)
    yield "</article>"


def _turn(turn: Turn) -> str:
    word = turn.role.partition(" ")[0]
    role = word if word in _KNOWN_ROLES else "other"
    said = "".join(map(_said, turn.parts))
    return f'<section class="turn {role}"><b>{_text(turn.role)}</b>{said}</section>'


def _said(said: Said) -> str:
    if said.kind == "call":
        return f"<pre>{_text(str(said))}</pre>"
    return f'<div class="{said.kind}" dir="auto">{_text(str(said))}</div>'


def _line(parts: Iterable[str]) -> Iterator[str]:
    text = " · ".join(parts)
    if text:
        yield f'<div class="dim">{_text(text)}</div>'


def _summary(transcript: Transcript) -> str:
    asked = [turn.text for turn in transcript.turns if turn.role == "user"]
    line = " ".join((asked[-1] if asked else transcript.title).split())
    return line if len(line) <= 100 else f"{line[:99]}…"  # noqa: PLR2004 - a line of a screen


def _bad(transcript: Transcript) -> str:
    return ' class="bad"' if transcript.is_error else ""


def _text(text: str) -> str:
    return escape(escape_controls(text))
