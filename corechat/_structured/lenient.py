"""Read a value out of an answer that thinks aloud first, or stands in a Markdown fence."""

import re
from collections.abc import Iterator
from itertools import islice
from typing import Any

from corechat._structured.readers import Reader, UnreadableError

_NAMES = (
    r"(?:\w{1,16}:)?(?:ant)?(?:think(?:ing)?|thoughts?|reason(?:ing)?|reflect(?:ion)?|analysis"
    r"|scratch_?pad|(?:inner_?)?monologue|chain_?of_?thought|cot|rationale)"
)
_BEGIN = re.compile(rf"<{_NAMES}(?:\s[^<>]*)?>|\[THINK\]|◁think▷", re.IGNORECASE)
_END = re.compile(
    rf"</\s*{_NAMES}\s*>|\[/THINK\]|◁/think▷|<\|channel\|>final(?:[^<]*)<\|message\|>",
    re.IGNORECASE,
)
"""How models end their thinking; the last ones are Mistral's, Kimi's and gpt-oss' ways."""

_TICKS = re.compile(r"`{3,}|~{3,}")
_INFO_LINE = re.compile(r"[^\r\n]*[\r\n]+")
_INFO_WORD = re.compile(r"[ \t]*[\w.+-]*[ \t]*")
_MOST_CANDIDATES = 200
_BLANK = " \t\r\n\f\v\xa0\ufeff\u200b\u2060"


def read_leniently(text: str, read: Reader) -> Any:
    """Read the first part of an answer that the reader takes, or raise what is wrong with it.

    What follows thinking comes first, then each Markdown fence in what follows the last of it.
    """
    failures: list[UnreadableError] = []
    for candidate in islice(_candidates(text), _MOST_CANDIDATES):
        try:
            return read(candidate)
        except UnreadableError as error:
            failures.append(error)
    raise next((one for one in failures if one.is_json), failures[0])


def _candidates(text: str) -> Iterator[str]:
    yield text
    after = 0
    for end in _END.finditer(text):
        after = end.end()
        yield from _spaced(text[after:])
    again = _BEGIN.search(text, after)  # thinking that was cut, or an afterthought
    before = again.start() if again else len(text)
    yield from _spaced(text[after:before])
    for inside in _fenced(text, after, before):
        yield from _spaced(inside)


def _spaced(text: str) -> Iterator[str]:
    """Give a text without a byte order mark and other blanks that JSON does not have."""
    text = text.strip(_BLANK)
    yield text
    if "\xa0" in text:
        yield text.replace("\xa0", " ")


def _fenced(text: str, after: int, before: int) -> Iterator[str]:
    """Give what each fence may hold: as CommonMark closes it, within the line, or not closed."""
    # a fence that begins before `after` but ends behind it has that mark in a text of its JSON
    marks = list(_TICKS.finditer(text))
    for number, opening in enumerate(marks):
        if opening.start() >= before:
            break
        ends = (
            mark.start()
            for mark in marks[number + 1 :]
            if mark[0][0] == opening[0][0]
            and len(mark[0]) >= len(opening[0])
            and mark.start() >= after
        )
        for end in (*islice(ends, 4), len(text)):
            inside = text[opening.end() : end]
            for info in (_INFO_LINE, _INFO_WORD):
                found = info.match(inside)
                if found:
                    yield inside[found.end() :]
