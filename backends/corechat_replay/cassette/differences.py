"""Differences: which recordings come nearest to a request, and what is different in them."""

import heapq
import json
from collections.abc import Iterator, Sequence

from corechat._errors.text import escape_controls
from corechat.transport import HttpRequest
from corechat_replay.cassette.matching import Matching
from corechat_replay.interaction import Interaction, JsonValue

_NEAREST = 2
_LINES = 4
_VALUE = 48
_CONTEXT = 12
_URL_WEIGHT = 1000  # another endpoint is farther than any difference in the body
_MISSING = object()

_Path = tuple[str | int, ...]
_Fields = dict[_Path, object]


def describe_nearest(
    request: HttpRequest, interactions: Sequence[Interaction], matching: Matching
) -> list[str]:
    """Describe how the nearest recordings differ from a request that was not found.

    The lines, at most four a recording and a note for what was left out, are such as
    ``"#3 messages[1].content: 'Name 3 colors' → 'Name 4 colors'"``, the recorded value first.
    """
    sent = _flatten(matching.comparable(request.body))
    distances = (
        (_distance(request, sent, interaction, matching), interaction.number, interaction)
        for interaction in interactions
    )
    lines: list[str] = []
    for _, number, interaction in heapq.nsmallest(_NEAREST, distances, key=lambda item: item[:2]):
        found = list(_lines(request, sent, interaction, matching))
        lines += [f"#{number + 1} {line}" for line in found[:_LINES]]
        if len(found) > _LINES:
            lines.append(f"#{number + 1} has {len(found) - _LINES} more")
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
        yield f"{_name(path)}: {_pair(before, after)}"


def _changes(
    sent: _Fields, interaction: Interaction, matching: Matching
) -> Iterator[tuple[_Path, object, object]]:
    recorded = _flatten(matching.comparable(interaction.request.body))
    for path in {**recorded, **sent}:
        before, after = recorded.get(path, _MISSING), sent.get(path, _MISSING)
        if before != after or type(before) is not type(after):  # JSON's true is not 1
            yield path, before, after


def _flatten(value: JsonValue) -> _Fields:
    flat: _Fields = {}
    pending: list[tuple[_Path, JsonValue]] = [((), value)]
    while pending:
        path, item = pending.pop()
        if isinstance(item, dict) and item:
            pending += [((*path, key), item[key]) for key in reversed(item)]
        elif isinstance(item, list) and item:
            pending += [((*path, i), item[i]) for i in reversed(range(len(item)))]
        else:
            flat[path] = item
    return flat


def _name(path: _Path) -> str:
    steps = (f"[{step}]" if isinstance(step, int) else f".{step}" for step in path)
    return _cut("".join(steps).removeprefix(".")) or "body"


def _pair(before: object, after: object) -> str:
    if isinstance(before, str) and isinstance(after, str):
        start = next(
            (i for i, (a, b) in enumerate(zip(before, after, strict=False)) if a != b),
            min(len(before), len(after)),
        )
        return f"{_window(before, start)} → {_window(after, start)}"
    return f"{_show(before)} → {_show(after)}"


def _window(text: str, start: int) -> str:
    if len(text) <= _VALUE:
        return repr(escape_controls(text))
    first = max(0, min(start - _CONTEXT, len(text) - _VALUE))
    shown = escape_controls(text[first : first + _VALUE])
    left = "…" if first else ""
    right = "…" if first + _VALUE < len(text) else ""
    return f"{left}{shown!r}{right}"


def _show(value: object) -> str:
    if value is _MISSING:
        return "absent"
    if isinstance(value, str):
        return _window(value, 0)
    return _cut(json.dumps(value, ensure_ascii=False))


def _cut(text: str) -> str:
    clean = escape_controls(text)
    return clean if len(clean) <= 2 * _VALUE else clean[: 2 * _VALUE - 1] + "…"
