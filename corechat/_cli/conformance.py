"""``corechat conformance``: which promises a backend keeps, and which it breaks."""

from collections.abc import Iterator

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from corechat._cli.output import readable_errors
from corechat._errors.text import escape_controls
from corechat.testing._kit.report import Report, Result, Verdict
from corechat.testing._kit.runner import run_conformance, select

_STYLES = {Verdict.KEPT: "green", Verdict.BROKEN: "bold red", Verdict.NOT_APPLICABLE: "yellow"}
_NAMED = 5


@click.command()
@click.argument("backend")
@click.option("--only", default="*", metavar="PATTERN", help="Only these, e.g. 'deadline.*'.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option("--broken", "only_broken", is_flag=True, help="List only what is not kept.")
def conformance(*, backend: str, only: str, as_json: bool, only_broken: bool) -> None:
    """Put every promise of a transport to the test, against a misbehaving server on loopback.

    BACKEND is a backend's name. A plain call comes first: where it fails, its traceback is all
    there is. The exit code is 1 if it fails or a promise is broken.
    """
    with readable_errors():
        report = _run(backend, only)
    if as_json:
        click.echo(report.to_json())
    elif report.first_call:
        click.echo(f"{report.name}: a plain call fails, so no promise was checked.\n")
        click.echo(escape_controls(report.first_call), nl=False)
    else:
        _print(report, only_broken=only_broken)
    if not report.ok:
        raise click.exceptions.Exit(1)


def _run(backend: str, only: str) -> Report:
    """Run the kit, with a bar on standard error where that is a terminal."""
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(
        *columns,
        TimeElapsedColumn(),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    ) as progress:
        task = progress.add_task(escape_controls(backend), total=len(select(only)))

        def advance(result: Result) -> None:
            progress.update(task, advance=1, description=result.id)

        return run_conformance(backend, only=only, on_result=advance)


def _print(report: Report, *, only_broken: bool) -> None:
    """Print a table on a terminal, and a line a promise elsewhere; the causes come last."""
    shown = [r for r in report.results if not (only_broken and r.verdict is Verdict.KEPT)]
    console = Console(markup=False, highlight=False)
    if console.is_terminal:
        table = Table("", "promise", "what it says, and what happened")
        for result in shown:
            words = f"{result.sentence}\nBut: {result.detail}" if result.detail else result.sentence
            style = _STYLES[result.verdict]
            table.add_row(result.verdict.value, result.id, escape_controls(words), style=style)
        if shown:
            console.print(table)
    else:
        for result in shown:
            words = " ".join((result.detail or result.sentence).split())
            click.echo(f"{result.verdict.value:6} {result.id}: {escape_controls(words)}")
    for line in _summary(report):
        console.print(escape_controls(line), soft_wrap=not console.is_terminal)


def _summary(report: Report) -> Iterator[str]:
    """Write what broke the most promises, and the counts."""
    for cause, results in report.causes.items():
        if len(results) > 1:
            ids = ", ".join(result.id for result in results[:_NAMED])
            more = " …" if len(results) > _NAMED else ""
            yield f"{cause}: {len(results)} promises ({ids}{more})"
    counts = ", ".join(f"{report.count(verdict)} {verdict.value}" for verdict in Verdict)
    yield f"{report.name}: {counts}"
