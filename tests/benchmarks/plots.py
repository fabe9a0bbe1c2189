"""The plots of docs/performance, drawn by matplotlib: readable on a light and on a dark page."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import matplotlib as mpl
from clients import CORE, GROQ
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from run import Results

_INK = "#7d8590"  # stands out on white and on black
_OURS = "#2f81f7"
_BARE = "#8b949e"
_PEERS = "#db6d28"
_STEPS = ("#2f81f7", "#3fb950", "#a371f7", "#d29922")
_LINES = {
    "corechat httpx": ("#2f81f7", "o", "-"),
    "corechat httpx2": ("#3fb950", "s", "-"),
    "corechat aiohttp": ("#a371f7", "^", "-"),
    "corechat pyreqwest": ("#00a8a8", "D", "-"),
    "httpx, bare": ("#8b949e", "x", "--"),
    GROQ: ("#db6d28", "v", "--"),
    "openai-python": ("#e5534b", "P", "--"),
}
_STYLE = {
    "svg.fonttype": "none",
    "svg.hashsalt": "corechat",
    "savefig.transparent": True,
    "font.family": "sans-serif",
    "font.size": 10,
    "axes.titlesize": 11,
    "text.color": _INK,
    "axes.labelcolor": _INK,
    "axes.edgecolor": _INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "axes.grid": True,
    "grid.color": _INK,
    "grid.alpha": 0.25,
    "xtick.color": _INK,
    "ytick.color": _INK,
    "legend.frameon": False,
    "legend.labelcolor": _INK,
}


@contextmanager
def _saved(path: Path, columns: int, width: float, height: float) -> Iterator[Sequence[Axes]]:
    """Give the axes of a figure that is written in the end."""
    figure, axes = plt.subplots(1, columns, figsize=(width, height), squeeze=False)
    yield list(axes[0])
    figure.tight_layout()
    figure.savefig(path, metadata={"Date": None})
    plt.close(figure)


def _colour(name: str) -> str:
    if name.startswith("corechat"):
        return _OURS
    return _BARE if "bare" in name or "pydantic" in name else _PEERS


def _bars(
    axes: Axes, title: str, spreads: dict[str, Sequence[float]], form: str = "{:.0f}"
) -> None:
    """Draw a bar for each name, with its range, and its figure beside it."""
    names = list(spreads)
    medians = [spread[0] for spread in spreads.values()]
    errors = [
        [max(spread[0] - spread[1], 0) for spread in spreads.values()],
        [max(spread[2] - spread[0], 0) for spread in spreads.values()],
    ]
    axes.barh(names, medians, color=[_colour(name) for name in names], height=0.7)
    axes.errorbar(medians, names, xerr=errors, fmt="none", ecolor=_INK, elinewidth=1)
    for name, spread in spreads.items():
        axes.annotate(
            form.format(spread[0]),
            (max(spread[0], spread[2]), name),
            xytext=(4, 0),
            textcoords="offset points",
            va="center",
            fontsize=9,
        )
    axes.set_title(title)
    axes.invert_yaxis()
    axes.grid(visible=False, axis="y")
    axes.margins(x=0.16, y=0.02)


def _cpu(folder: Path, found: Results) -> None:
    with _saved(folder / "cpu.svg", 2, 10, 4.6) as both:
        for axes, case, asked in zip(
            both, ("small", "large"), ("3 messages", "20 messages and 5 tools"), strict=True
        ):
            spreads = {name: of["us"] for name, of in found[case].items() if name != CORE}
            _bars(axes, f"CPU µs of one call: {asked}", spreads)
        both[1].set_yticklabels([])


def _cases(folder: Path, found: Results) -> None:
    """Draw each case's ratio to groq-python."""
    names = [name for name in found["small"] if name not in {CORE, GROQ}]
    marks = "osD^vP"
    with _saved(folder / "cases.svg", 1, 8, 4.6) as (axes,):
        for mark, (case, of) in zip(marks, found.items(), strict=False):
            ratios = [of[name]["to"][GROQ][0] for name in names]
            axes.plot(ratios, names, mark, label=case, markersize=6, alpha=0.85)
        axes.axvline(1, color=_PEERS, linewidth=1)
        axes.set_xscale("log")
        axes.xaxis.set_major_formatter("{x:g}")
        axes.set_xlabel("CPU of one call to that of groq-python, by case")
        axes.invert_yaxis()
        axes.legend(loc="center left", bbox_to_anchor=(1, 0.5))


def _core(folder: Path, found: Results) -> None:
    cases = ("small", "tool-call", "large", "text")
    with _saved(folder / "core.svg", 1, 8, 2.6) as (axes,):
        left = [0.0] * len(cases)
        for step, colour in zip(("check", "encode", "dispatch", "decode"), _STEPS, strict=True):
            widths = [max(found[case][step][0], 0.0) for case in cases]
            axes.barh(cases, widths, left=left, color=colour, label=step, height=0.6)
            left = [at + width for at, width in zip(left, widths, strict=True)]
        axes.invert_yaxis()
        axes.grid(visible=False, axis="y")
        axes.set_title("The core alone: CPU µs of one call")
        axes.legend(loc="center left", bbox_to_anchor=(1, 0.5))


def _draw_lines(axes: Axes, lines: dict[str, dict[float, float]]) -> None:
    for name, points in lines.items():
        colour, mark, dashes = _LINES[name]
        axes.plot(
            list(points), list(points.values()), dashes, color=colour, marker=mark, label=name
        )
    axes.set_xscale("log")
    axes.set_yscale("log")
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_minor_formatter("")


def _threads(folder: Path, found: Results) -> None:
    lines = {
        name: {float(count): of[name]["rate"][0] for count, of in found.items()}
        for name in found["1"]
    }
    with _saved(folder / "threads.svg", 1, 8, 4) as (axes,):
        _draw_lines(axes, lines)
        axes.set_xticks([float(count) for count in found], list(found))
        axes.yaxis.set_major_formatter("{x:g}")
        axes.set_xlabel("threads on one client")
        axes.set_title("Calls a second, of a server that takes 20 ms")
        axes.legend(loc="center left", bbox_to_anchor=(1, 0.5))


def _replay(folder: Path, found: Results) -> None:
    shown = {
        "vcrpy": found["peers"]["vcrpy"],
        "cassetter": found["peers"].get("cassetter", {}),
        "corechat, as sent": found["transport"]["small, same bytes"],
        "corechat, spelt otherwise": found["transport"]["small, other spelling"],
    }
    looks = (("#e5534b", "v--"), ("#db6d28", "P--"), ("#2f81f7", "o-"), ("#3fb950", "s-"))
    with _saved(folder / "replay.svg", 1, 8, 3.6) as (axes,):
        for (name, of), (colour, look) in zip(shown.items(), looks, strict=True):
            values = [each[0] if isinstance(each, list) else each for each in of.values()]
            axes.plot([int(size) for size in of], values, look, color=colour, label=name)
        axes.set_xscale("log")
        axes.set_yscale("log")
        axes.set_xticks([10, 500, 5000], ["10", "500", "5 000"])
        axes.xaxis.set_minor_formatter("")
        axes.yaxis.set_major_formatter("{x:,.0f}")
        axes.set_xlabel("interactions in the cassette")
        axes.set_title("CPU µs to find a recorded answer by its body")
        axes.legend(loc="center left", bbox_to_anchor=(1, 0.5))


def _startup(folder: Path, found: Results) -> None:
    with _saved(folder / "startup.svg", 2, 10, 3.8) as (left, right):
        imports = {name.rpartition(" ")[2]: of["ms"] for name, of in found["imports"].items()}
        _bars(left, "import, CPU ms", imports)
        for bar, name in zip(left.patches, imports, strict=True):
            if name == "corechat":
                bar.set_color(_OURS)
            elif name not in {"groq", "openai", "any-llm", "litellm"}:
                bar.set_color(_BARE)
        _bars(
            right,
            "import and first call, CPU ms",
            {n: of["ms"] for n, of in found["first"].items()},
        )


def _memory(folder: Path, found: Results) -> None:
    with _saved(folder / "memory.svg", 2, 10, 3.4) as (left, right):
        for axes, what, title in (
            (left, "first", "resident MB after the first call"),
            (right, "large", "and more at a 10 MB answer, at its peak"),
        ):
            _bars(axes, title, {name: [of[what]] * 3 for name, of in found.items()})
        right.set_yticklabels([])


def _growth(folder: Path, found: Results) -> None:
    names = list(found["calls"])
    panels = (
        ("calls made before, on one client", found["calls"]),
        ("characters in the answer", _by_name(names, found["bytes"])),
        ("messages in the question", _by_name(names, found["messages"])),
    )
    with _saved(folder / "growth.svg", 3, 11, 3.8) as several:
        for axes, (title, of) in zip(several, panels, strict=True):
            points = {
                name: {float(size): spread[0] for size, spread in sizes.items()}
                for name, sizes in of.items()
            }
            _draw_lines(axes, points)
            axes.set_xlabel(title)
        several[0].set_ylim(10, 100_000)
        several[0].set_ylabel("CPU µs of one call")
        several[0].legend(loc="upper left", fontsize=9)


def _by_name(names: Sequence[str], by_size: Results) -> Results:
    return {name: {size: of[name] for size, of in by_size.items()} for name in names}


_PLOTS = {
    "cpu": (_cpu, _cases),
    "core": (_core,),
    "threads": (_threads,),
    "replay": (_replay,),
    "startup": (_startup,),
    "memory": (_memory,),
    "growth": (_growth,),
}


def draw(folder: Path, found: Results) -> None:
    """Draw what there are figures for.

    Args:
        folder: where the SVG files go.
        found: part to its figures.
    """
    mpl.use("svg")
    with mpl.rc_context(_STYLE):
        for part, of in found.items():
            for plot in _PLOTS[part]:
                plot(folder, of)
