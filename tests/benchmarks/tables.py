"""The tables of docs/performance.md, in Markdown, made of the figures of each part."""

from collections.abc import Iterable, Sequence
from typing import Any

from clients import BARE, CORE, FLOOR, GROQ
from growth import CALLS
from run import Results


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Write a table; its first column is text, and so is a last one without a head."""
    columns = ["---", *("--:" if name else "---" for name in head[1:])]
    lines = [head, columns, *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def figure(value: float) -> str:
    """Write a figure with three digits at most that count."""
    if abs(value) >= 1000:
        return f"{value:,.0f}".replace(",", " ")
    return f"{value:.0f}" if abs(value) >= 100 else f"{value:.3g}"


def between(spread: Sequence[float]) -> str:
    """Write a median with its range."""
    median, low, high = spread
    return f"{median:.2f} ({low:.2f}-{high:.2f})"


def cpu(found: Results) -> str:
    """Write microseconds in every case, and the paired ratios of small and large."""
    cases = list(found)
    rows = [
        [name, *(figure(found[case][name]["us"][0]) for case in cases)] for name in found[cases[0]]
    ]
    ratios = [
        [
            name,
            *(
                between(found[case][name]["to"][other])
                for case in ("small", "large")
                for other in (BARE, GROQ, FLOOR)
            ),
        ]
        for name in found["small"]
        if name != CORE
    ]
    head = [
        f"{case}, x {short}"
        for case in ("small", "large")
        for short in ("bare httpx", "groq", "floor")
    ]
    return f"{table(['CPU µs a call', *cases], rows)}\n\n{table(['ratio', *head], ratios)}"


def core(found: Results) -> str:
    """Write the parts of a call over a transport that has the answer already."""
    steps = ("check", "encode", "dispatch", "decode", "whole")
    rows = [[case, *(figure(of[step][0]) for step in steps)] for case, of in found.items()]
    return table(["CPU µs", *steps], rows)


def threads(found: Results) -> str:
    """Write calls a second, and the ratio to groq-python."""
    rows = [
        [
            name,
            *(
                f"{figure(of[name]['rate'][0])}, x {of[name]['to'][0]:.1f}"
                + (f", {of[name]['failed']:.0f} failed" if of[name]["failed"] else "")
                for of in found.values()
            ),
        ]
        for name in found["1"]
    ]
    return table(["calls/s, x groq", *(f"{count} threads" for count in found)], rows)


def replay(found: Results) -> str:
    """Write replayed calls by the size of the cassette; then loading, and recording."""
    sizes = list(found["peers"]["vcrpy"])
    rows = [
        [title, *(figure(of[size][0]) if size in of else "" for size in sizes)]
        for part, group in (("transport", found["transport"]), ("client", found["calls"]))
        for title, of in ((f"corechat {part}, {name}", of) for name, of in group.items())
    ]
    rows += [
        [f"{name}, body matched, beyond httpx, small", *(figure(of[size]) for size in sizes)]
        for name, of in found["peers"].items()
    ]
    loading = [
        [f"{name}, {make}", figure(took)]
        for make, of in found["loading"].items()
        for name, took in of.items()
    ]
    recording = [
        [f"recording a call into a file of {size}, wall", f"{took:.2f}"]
        for size, took in found["recording"].items()
    ]
    calls = table(
        ["CPU µs of a replayed call, of", *(f"{size} interactions" for size in sizes)], rows
    )
    return f"{calls}\n\n{table(['500 interactions', 'CPU ms'], [*loading, *recording])}"


def startup(found: Results) -> str:
    """Write imports, first calls and second https clients."""
    imports = [
        [name, figure(of["ms"][0]), str(of["modules"]), *(f"{r[0]:.2f}" for r in of["to"].values())]
        for name, of in found["imports"].items()
    ]
    second = found["second"]
    starts = [
        [
            name,
            figure(of["ms"][0]),
            between(of["to"]),
            f"{second[name]['ms'][0]:.2f}" if name in second else "",
        ]
        for name, of in found["first"].items()
    ]
    return (
        table(["import", "CPU ms", "modules", "x pydantic", "x groq"], imports)
        + "\n\n"
        + table(
            ["", "import and first call, CPU ms", "x groq", "a second https client, ms"], starts
        )
    )


def memory(found: Results) -> str:
    """Write resident memory."""
    rows = [
        [name, *(f"{of[what]:.1f}" for what in ("first", "grown", "large"))]
        for name, of in found.items()
    ]
    head = [
        "resident MB",
        "after the first call",
        "2 000 calls more",
        "a 10 MB answer, at its peak",
    ]
    return table(head, rows)


def growth(found: Results) -> str:
    """Write the cost of a call by what came before it, by its answer and by its question."""
    parts = []
    for what, by_size in (
        ("characters in the answer", found["bytes"]),
        ("messages in the question", found["messages"]),
    ):
        rows = []
        for name in found["calls"]:
            cells = [figure(of[name][0]) for of in by_size.values()]
            rows.append([name, *cells, growing(by_size, name)])
        sizes = [figure(float(size)) for size in by_size]
        parts.append(table([f"CPU µs by {what}", *sizes, "the last decade"], rows))
    rows = [
        [name, *(_up_to(number, of) for number in CALLS)] for name, of in found["calls"].items()
    ]
    head = ["CPU µs, up to call", *(figure(number) for number in CALLS)]
    return "\n\n".join([table(head, rows), *parts])


def _up_to(number: int, by_count: dict[str, list[float]]) -> str:
    """Write a decade's figure, with the calls there was time for where those were fewer."""
    for count, spread in by_count.items():
        if number // 10 < int(count) <= number:
            fewer = "" if int(count) == number else f" (to {figure(int(count))})"
            return f"{figure(spread[0])}{fewer}"
    return ""


def growing(by_size: dict[str, Any], name: str) -> str:
    """Say by how much a call costs more for ten times as much: 10 is linear."""
    before, last = list(by_size.values())[-2:]
    return f"x {last[name][0] / before[name][0]:.1f}"


TABLES = {
    "cpu": cpu,
    "core": core,
    "threads": threads,
    "replay": replay,
    "startup": startup,
    "memory": memory,
    "growth": growth,
}
