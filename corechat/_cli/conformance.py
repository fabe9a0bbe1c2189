"""``corechat conformance``: which promises a backend keeps, and which it breaks."""

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from corechat._cli.output import readable_errors
from corechat._errors.text import escape_controls
from corechat.testing._kit.report import Report, Result, Verdict
from corechat.testing._kit.runner import run_conformance, select

_STYLES = {Verdict.KEPT: "green", Verdict.BROKEN: "bold red", Verdict.NOT_APPLICABLE: "yellow"}


@click.command()
@click.argument("backend")
@click.option("--only", default="*", metavar="PATTERN", help="Only these, e.g. 'deadline.*'.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option("--broken", "only_broken", is_flag=True, help="List only what is not kept.")
def conformance(*, backend: str, only: str, as_json: bool, only_broken: bool) -> None:
    """Put every promise of a transport to the test, against a misbehaving server on loopback.

    BACKEND is a backend's name. The exit code is 1 if a promise is broken.
    """
    with readable_errors():
        report = _run(backend, only)
    if as_json:
        click.echo(report.to_json())
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
    table = Table("", "promise", "what it says, and what happened")
    for result in report.results:
        if only_broken and result.verdict is Verdict.KEPT:
            continue
        table.add_row(
            result.verdict.value,
            result.id,
            escape_controls(_explain(result)),
            style=_STYLES[result.verdict],
        )
    console = Console(markup=False, highlight=False)
    if table.rows:
        console.print(table)
    counts = ", ".join(f"{report.count(verdict)} {verdict.value}" for verdict in Verdict)
    console.print(f"{escape_controls(report.name)}: {counts}")


def _explain(result: Result) -> str:
    if result.verdict is Verdict.NOT_APPLICABLE:
        return f"{result.sentence}\nn/a: {result.detail}"
    return f"{result.sentence}\nBut: {result.detail}" if result.detail else result.sentence
