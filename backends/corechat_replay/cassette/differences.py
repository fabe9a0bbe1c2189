"""Differences: which recordings come nearest to a request, and what is different in them."""

import heapq
import json
import os
from collections.abc import Iterator, Sequence

from corechat._errors.text import escape_controls
from corechat.transport import HttpRequest
from corechat_replay.cassette.matching import Matching
from corechat_replay.interaction import Interaction, JsonPath, JsonValue, flatten, path_name

_NEAREST = 2
_LINES = 4
_VALUE = 48
_CONTEXT = 12
_URL_WEIGHT = 1000  # another endpoint is farther than any difference in the body
_MISSING = object()

_Fields = dict[JsonPath, JsonValue]


def describe_nearest(
    request: HttpRequest, interactions: Sequence[Interaction], matching: Matching
) -> list[str]:
    """Describe how the nearest recordings differ from a request that was not found.

    The lines, at most four a recording and a note for what was left out, are such as
    ``"#3 messages[1].content: 'Name 3 colors' → 'Name 4 colors'"``, the recorded value first.
    """
    sent = dict(flatten(matching.comparable(request.body)))
    lines: list[str] = []
    for interaction in heapq.nsmallest(
        _NEAREST, interactions, key=lambda each: _distance(request, sent, each, matching)
    ):
        number = interaction.number + 1
        found = list(_lines(request, sent, interaction, matching))
        lines += [f"#{number} {line}" for line in found[:_LINES]]
        if len(found) > _LINES:
            lines.append(f"#{number} has {len(found) - _LINES} more")
    return lines


def _distance(
    request: HttpRequest, sent: _Fields, interaction: Interaction, matching: Matching
) -> int:
    address = not matching.same_url(request.url, interaction.request.url)
    method = request.method != interaction.request.method
    return len(list(_changes(sent, interaction, matching))) + _URL_WEIGHT * (address + method)


def _lines(
    request: HttpRequest, sent: _Fields, interaction: Interaction, matching: Matching
) -> Iterator[str]:
    if request.method != interaction.request.method:
        yield f"method: {interaction.request.method} → {request.method}"
    if not matching.same_url(request.url, interaction.request.url):
        yield f"URL: {_cut(interaction.request.url)} → {_cut(request.url)}"
    for path, before, after in _changes(sent, interaction, matching):
        yield f"{_cut(path_name(path)) or 'body'}: {_pair(before, after)}"


def _changes(
    sent: _Fields, interaction: Interaction, matching: Matching
) -> Iterator[tuple[JsonPath, object, object]]:
    recorded = dict(flatten(matching.comparable(interaction.request.body)))
    for path in {**recorded, **sent}:
        before, after = recorded.get(path, _MISSING), sent.get(path, _MISSING)
        if before != after or type(before) is not type(after):  # JSON's true is not 1
            yield path, before, after


def _pair(before: object, after: object) -> str:
    start = 0
    if isinstance(before, str) and isinstance(after, str):
        start = len(os.path.commonprefix([before, after]))  # noqa: RUF071 - texts, no paths
    return f"{_show(before, start)} → {_show(after, start)}"


def _show(value: object, start: int) -> str:
    if value is _MISSING:
        return "absent"
    if not isinstance(value, str):
        return _cut(json.dumps(value, ensure_ascii=False))
    first = max(0, min(start - _CONTEXT, len(value) - _VALUE))
    shown = escape_controls(value[first : first + _VALUE])
    left = "…" if first else ""
    right = "…" if first + _VALUE < len(value) else ""
    return f"{left}{shown!r}{right}"


def _cut(text: str) -> str:
    clean = escape_controls(text)
    return clean if len(clean) <= 2 * _VALUE else clean[: 2 * _VALUE - 1] + "…"
