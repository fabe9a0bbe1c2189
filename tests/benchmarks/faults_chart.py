"""Draw how many faults each client handles, as an SVG without any library."""

from collections.abc import Mapping, Sequence
from html import escape

_COLOURS = ("#d62728", "#ff7f0e", "#7f3fbf", "#e0b000", "#17a0b0", "#c070a0", "#888888")
_HANDLED = "#2c8c3c"
_LEFT, _WIDTH, _HEIGHT, _GAP = 90, 600, 26, 12


def draw(wrong: Mapping[str, Mapping[str, int]], met: int, kinds: Sequence[str]) -> str:
    """Draw one bar a client: what it handled, and what it did wrong, by kind.

    Args:
        wrong: client to kind to count.
        met: how many faults each met.
        kinds: the kinds, in order.

    Returns:
        The SVG.
    """
    parts: list[str] = []
    scale = _WIDTH / met
    for row, (client, counts) in enumerate(wrong.items()):
        top = row * (_HEIGHT + _GAP) + _GAP
        good = met - sum(counts.values())
        parts.append(_text(_LEFT - 8, top + 18, client, anchor="end"))
        bars = [
            (_HANDLED, good),
            *zip(_COLOURS, (counts.get(kind, 0) for kind in kinds), strict=True),
        ]
        left = float(_LEFT)
        for colour, count in bars:
            parts.append(_bar(left, top, count * scale, colour))
            left += count * scale
        parts.append(_text(_LEFT + 8, top + 18, f"{good} of {met}", colour="#ffffff"))
    bottom = len(wrong) * (_HEIGHT + _GAP) + 2 * _GAP
    labels = [("handled", _HANDLED), *zip(kinds, _COLOURS, strict=True)]
    for number, (label, colour) in enumerate(labels):
        left, top = _LEFT + (number % 4) * 150, bottom + (number // 4) * 20
        parts += [_bar(left, top, 12, colour, 12), _text(left + 18, top + 11, label)]
    height = bottom + 50
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{_LEFT + _WIDTH + 20}" height="{height}" '
        f'font-family="sans-serif" font-size="13">\n{"".join(parts)}</svg>\n'
    )


def _bar(left: float, top: float, width: float, colour: str, height: int = _HEIGHT) -> str:
    return (
        f'<rect x="{left:.1f}" y="{top}" width="{width:.1f}" height="{height}" fill="{colour}"/>\n'
    )


def _text(
    left: float, top: float, text: str, *, anchor: str = "start", colour: str = "#333"
) -> str:
    return (
        f'<text x="{left}" y="{top}" text-anchor="{anchor}" fill="{colour}">{escape(text)}</text>\n'
    )
