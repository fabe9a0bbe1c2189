"""write_report: a run's figures and plots as one HTML page that needs nothing beside it."""

import io
from collections.abc import Iterable
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from corechat._batch.summary import Summary
from corechat._errors.before import BatchError, MissingDependencyError

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_BINS = 60
_STYLE: dict[Any, Any] = {
    "svg.fonttype": "none",
    "svg.hashsalt": "corechat",
    "axes.grid": True,
    "grid.alpha": 0.3,
}
_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width">
<title>{title}</title>
<style>
body {{ font: 15px/1.5 system-ui, sans-serif; max-width: 70rem; margin: 2rem auto; }}
table {{ border-collapse: collapse; }}
td {{ padding: .15rem 1.5rem .15rem 0; border-bottom: 1px solid #ddd; }}
td + td {{ text-align: right; font-variant-numeric: tabular-nums; }}
svg {{ width: 100%; height: auto; font-family: system-ui, sans-serif; }}
</style>
</head>
<body>
<h1>{title}</h1>
<table>
{rows}
</table>
{plots}
</body>
</html>
"""


def write_report(
    page: Path, title: str, summary: Summary, figures: Iterable[tuple[str, object]]
) -> None:
    """Write the page.

    Args:
        page: the file to write.
        title: what its heading says.
        summary: the run.
        figures: names and values of its table.

    Raises:
        MissingDependencyError: matplotlib is not installed.
        BatchError: the run has not one call, or the page cannot be written.
    """
    if not summary.latencies:
        raise BatchError("This run has not ended a call yet: there is nothing to plot.")
    rows = "\n".join(
        f"<tr><td>{escape(name.replace('_', ' '))}</td><td>{escape(str(value))}</td></tr>"
        for name, value in figures
    )
    text = _PAGE.format(title=escape(title), rows=rows, plots=_draw(summary))
    try:
        page.write_text(text, encoding="utf-8")
    except OSError as error:
        raise BatchError(f"{page} cannot be written: {error.strerror}.", path=str(page)) from None


def _draw(summary: Summary) -> str:
    """Return the plots as SVG."""
    try:
        from matplotlib import rc_context  # noqa: PLC0415 - optional
        from matplotlib.figure import Figure  # noqa: PLC0415 - optional
    except ImportError:
        raise MissingDependencyError(
            "A report needs matplotlib, which is not installed: pip install 'corechat[report]'."
        ) from None
    drawn = io.StringIO()
    with rc_context(_STYLE):
        figure = Figure(figsize=(12, 8), layout="constrained")
        axes: Any = figure.subplots(2, 2)
        _plot_latencies(axes[0][0], summary)
        _plot_throughput(axes[0][1], summary)
        _plot_tokens(axes[1][0], summary)
        _plot_errors(axes[1][1], summary)
        nothing = {"Date": None, "Creator": None, "Format": None, "Type": None}
        figure.savefig(drawn, format="svg", metadata=nothing)
    return drawn.getvalue().partition("<svg")[1] + drawn.getvalue().partition("<svg")[2]


def _plot_latencies(axes: "Axes", summary: Summary) -> None:
    axes.hist(summary.latencies, bins=_BINS, color="#4c78a8")
    for percent, color in ((50, "#54a24b"), (90, "#f58518"), (99, "#e45756")):
        value = summary.percentile(percent)
        axes.axvline(value, color=color, label=f"p{percent}: {value:.3g} s")
    axes.set(title="Latency, retries included", xlabel="seconds", ylabel="calls")
    axes.legend()


def _plot_throughput(axes: "Axes", summary: Summary) -> None:
    bins = max(1, min(_BINS, len(summary.ends)))
    width = summary.seconds / bins or 1.0
    weights = [1 / width] * len(summary.ends)
    span = (0.0, summary.seconds or 1.0)
    axes.hist(summary.ends, bins=bins, range=span, weights=weights, color="#4c78a8")
    axes.set(title="Throughput", xlabel="seconds of the run", ylabel="calls a second")


def _plot_tokens(axes: "Axes", summary: Summary) -> None:
    axes.hist(summary.tokens, bins=_BINS, color="#72b7b2")
    axes.set(
        title=f"Tokens: {summary.prompt_tokens} of prompts, {summary.completion_tokens} of answers",
        xlabel="tokens of an answer",
        ylabel="calls",
    )


def _plot_errors(axes: "Axes", summary: Summary) -> None:
    named = summary.errors.most_common(12)[::-1]
    axes.barh([name for name, _ in named], [count for _, count in named], color="#e45756")
    axes.set(title=f"Errors: {summary.errors.total()}", xlabel="calls")
    if not named:
        axes.set(yticks=[], xticks=[])
