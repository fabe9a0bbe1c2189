"""Answers that think aloud, or stand in a Markdown fence, read with lenient=True."""

import json
import time
from typing import Any

import pytest
from pydantic import BaseModel

from corechat._structured import OutputType
from tests.structured.answers import answer, failure


class Point(BaseModel):
    a: int


DRAFT = '```json\n{"a": 9}\n```'
RIGHT = '```json\n{"a": 1}\n```'

READ = [
    '{"a": 1}',
    f"draft:\n{DRAFT}\n</think>\n{RIGHT}",
    f"<think>{DRAFT}</think>\n{RIGHT}",
    f"<think>{DRAFT}</think><think>{DRAFT}</think>{RIGHT}",
    f'<think budget="5">\n{DRAFT}\n</think>\n{RIGHT}',
    f"<thinking>{DRAFT}</thinking>{RIGHT}",
    f"<THINK>{DRAFT}</THINK>{RIGHT}",
    f"<thought>{DRAFT}</thought>{RIGHT}",
    f"<reasoning>{DRAFT}</reasoning>{RIGHT}",
    f"<seed:think>{DRAFT}</seed:think>{RIGHT}",
    f"<antThinking>{DRAFT}</antThinking>{RIGHT}",
    f"[THINK]{DRAFT}[/THINK]{RIGHT}",
    f"◁think▷{DRAFT}◁/think▷{RIGHT}",
    f"<|channel|>analysis<|message|>{DRAFT}<|end|><|start|>assistant<|channel|>final<|message|>{RIGHT}",
    '{"a": 9}</think>{"a": 1}',
    '<think>{"a": 9}</think>\n\n{"a": 1}\n',
    f"{RIGHT}\n<think>was it? {DRAFT}",
    '```python\nprint({"a": 9})\n```\nSo:\n```json\n{"a": 1}\n```',
    '```json\n{"b": 9}\n```\nor\n```json\n{"a": 1}\n```',
    "```\n[9]\n```\n" + RIGHT,
    '```json\n{"a": 1}```',
    '```json{"a": 1}```',
    '```json {"a": 1} ```',
    '``` {"a": 1} ```',
    'It is ```json {"a": 1}``` then.',
    '```json\r\n{"a": 1}\r\n```\r\n',
    '```json\r{"a": 1}\r```',
    '````json\n{"a": 1}\n````',
    f"````md\n{RIGHT}\n````",
    '~~~json\n{"a": 1}\n~~~',
    '~~~~\n{"a": 1}\n~~~~~',
    '```json title="a.json" {1}\n{"a": 1}\n```',
    '```application/json\n{"a": 1}\n```',
    '```{.json}\n{"a": 1}\n```',
    '   ```json\n   {"a": 1}\n   ```',
    '```json\n{"a": 1}\n',
    '```json\n{"a": 1}',
    '\ufeff{"a": 1}',
    '\ufeff```json\n{"a": 1}\n```',
    '\xa0{"a": 1}\xa0',
    '```json\n\xa0\xa0{"a":\xa01}\n```',
    '\u200b{"a": 1}',
    '```JSON\n{"a": 1}\n```',
]


@pytest.mark.parametrize("text", READ)
def test_the_value_is_read_where_it_stands(text: str) -> None:
    assert OutputType.of(Point).parse(answer(text), lenient=True) == Point(a=1)


@pytest.mark.parametrize(
    "value", ["</think>", "```", "a\n```json\n{}\n```", "<think>", "<b>x</b>", "~~~", "\xa0"]
)
@pytest.mark.parametrize("around", ["{}", "<think>hm</think>{}", "```json\n{}\n```"])
def test_marks_inside_of_a_text_do_not_end_it(value: str, around: str) -> None:
    output = OutputType.of(dict[str, str])
    written = {"value": value}
    said = around.replace("{}", json.dumps(written))
    assert output.parse(answer(said), lenient=True) == written


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (f"<think>{DRAFT}", "invalid_json"),
        (f"<think>{DRAFT}</think>", "invalid_json"),
        (f"<think>{DRAFT}</think>I do not know.", "invalid_json"),
        (f"{DRAFT}</think> no", "invalid_json"),
        ('```json\n{"b": 1}\n```', "wrong_shape"),
        ('<think>x</think>{"b": 1}', "wrong_shape"),
        ("nothing", "invalid_json"),
        ('```json\n{"a": \n```', "invalid_json"),
    ],
)
def test_what_is_not_the_value_is_told_and_a_draft_is_not_taken(text: str, reason: str) -> None:
    assert failure(Point, answer(text), lenient=True).reason == reason


@pytest.mark.parametrize("tp", [list[int], int | str, dict[str, Any], {"type": "object"}])
def test_other_types_are_read_leniently_too(tp: Any) -> None:
    value = {"value": [1]} if tp == list[int] else {"value": 1}
    expected = value if isinstance(tp, dict) or tp == dict[str, Any] else value["value"]
    text = f"hm</think>```json\n{str(value).replace(chr(39), chr(34))}\n```"
    assert OutputType.of(tp).parse(answer(text), lenient=True) == expected


def test_a_text_of_many_marks_takes_no_more_than_a_moment() -> None:
    started = time.process_time()
    for mark in ("```json\n{", "</think>", "<think>", "~~~ "):
        failure(Point, answer(mark * 20_000), lenient=True)
    assert time.process_time() - started < 10
