"""docs/performance.md: its tables are put between the marks that it has for them."""

import re
from pathlib import Path

import plots
from goals import goals
from run import Results
from tables import TABLES

PAGE = Path(__file__).resolve().parents[2] / "docs" / "performance.md"


def _where(part: Results) -> str:
    """Say on which machine, when, and of which versions."""
    versions = [f"{name} {number}" for name, number in part["versions"].items()]
    versions += [name.replace("==", " ") for name in part.get("peers", ()) if "==" in name]
    load = f"; load {part['load']} before" if part["load"] is not None else ""
    return (
        f"{part['date']}: {part['processor']}, {part['cores']} cores, {part['system']}, "
        f"Python {part['python']}{load}. {', '.join(versions)}."
    )


def _between(page: str, mark: str, text: str) -> str:
    """Put a text between a mark and its end."""
    marked = re.compile(rf"(<!-- {mark} -->\n).*?(<!-- end -->)", re.DOTALL)
    if not marked.search(page):
        raise ValueError(f"the page has no mark {mark}")
    return marked.sub(lambda found: f"{found[1]}{text}\n{found[2]}", page)


def write_page(docs: Path, figures: Results) -> None:
    """Write the tables, and draw the plots.

    Args:
        docs: the folder of the page.
        figures: part to its figures, its machine and its date.
    """
    text = PAGE.read_text("utf-8")
    for part, of in figures.items():
        text = _between(text, part, f"{TABLES[part](of['found'])}\n\n*{_where(of)}*")
    (docs / PAGE.name).write_text(_between(text, "goals", goals(figures)), "utf-8")
    plots.draw(docs / "performance", {part: of["found"] for part, of in figures.items()})
