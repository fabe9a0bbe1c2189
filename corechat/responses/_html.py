"""What a notebook shows in place of a representation: a small table, escaped."""

from collections.abc import Iterable
from html import escape

from corechat._errors.text import escape_controls

_MOST = 10_000
_STYLE = "text-align:left;vertical-align:top;white-space:pre-wrap"


def html_table(rows: Iterable[tuple[str, object]]) -> str:
    """Write rows of a name and a value as an HTML table; what is None is left out.

    Args:
        rows: names and values; a long value is cut.
    """
    told = "".join(
        f'<tr><th style="{_STYLE}">{_cell(name)}</th><td style="{_STYLE}">{_cell(value)}</td></tr>'
        for name, value in rows
        if value is not None and value != ""
    )
    return f"<table>{told}</table>"


def _cell(value: object) -> str:
    text = str(value)
    return escape(escape_controls(text if len(text) <= _MOST else f"{text[:_MOST]}…"))
