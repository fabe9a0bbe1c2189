"""``corechat batch``: many requests from a file, here or at a provider."""

import signal
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click
from pydantic_core import from_json, to_json

from corechat._batch.append_file import AppendFile
from corechat._batch.input_file import InputFile, write_problem
from corechat._batch.journal import SUFFIX, Journal, Mode, is_running
from corechat._batch.outcome import Outcome
from corechat._batch.progress import Progress
from corechat._batch.report import write_report
from corechat._batch.run import BatchRun
from corechat._batch.summary import Prices, Summary
from corechat._batch.template import Template, build_lines, read_rows
from corechat._cli.client_options import client_options, make_client
from corechat._cli.output import readable_errors, spinner, write_table
from corechat._cli.provider_batch import download, upload, wait
from corechat._errors.before import BatchError
from corechat._errors.text import escape_controls
from corechat._errors.warning import UnknownWordWarning
from corechat.responses._usage import tokens_of

_FILE = click.Path(dir_okay=False, path_type=Path)
_allow_unknown = click.option(
    "--allow-unknown", is_flag=True, help="Send fields that corechat does not know as they are."
)
_price_in = click.option("--price-in", type=float, help="What a million tokens of prompts cost.")
_price_out = click.option("--price-out", type=float, help="What a million tokens of answers cost.")


@click.group()
def batch() -> None:
    """Send many requests from a file, safe to kill at any moment, here or at a provider.

    Files are in OpenAI's and Groq's batch format: what runs here today is uploaded tomorrow.
    """


@batch.command()
@click.argument("source", metavar="IN", type=_FILE)
@_allow_unknown
def check(*, source: Path, allow_unknown: bool) -> None:
    """Say what is wrong in each line of IN, with its number and path; nothing is sent."""
    refused = told = 0
    with readable_errors():
        file = InputFile(source, allow_unknown=allow_unknown)
        for problem in file.check():
            kind = "" if problem.refused else "warning: "
            click.echo(escape_controls(f"{source}: {kind}{write_problem(problem)}"))
            refused += problem.refused
            told += not problem.refused
    more = f", {told} warnings" if told else ""
    click.echo(f"{len(file.ids)} lines can be sent, {refused} problems{more}", err=True)
    if refused:
        raise click.exceptions.Exit(1)


@batch.command()
@click.argument("source", metavar="IN", type=_FILE)
@click.option("--output", "-o", type=_FILE, required=True, help="Where answers are written.")
@click.option("--errors", type=_FILE, help="Where failed lines go; by default to the output, too.")
@click.option(
    "--concurrency",
    type=click.IntRange(1, 10_000),
    default=32,
    show_default=True,
    help="Most lines in flight.",
)
@client_options
@click.option("--resume", is_flag=True, help="Go on with a run; an error if there is none.")
@click.option("--restart", is_flag=True, help="Begin anew, and write over what is there.")
@click.option("--retry-failed", is_flag=True, help="Ask failed lines of the run again.")
@click.option("--max-failed", type=click.IntRange(1), help="Stop when so many lines have failed.")
@_allow_unknown
@_price_in
@_price_out
def run(*, source: Path, output: Path, errors: Path | None, **given: Any) -> None:
    """Ask every line of IN, many at once, and write the answers as they come.

    Killed or interrupted, the same command goes on where it ended. Ctrl-C waits for the lines in
    flight; a second one does not. The exit code is 1 if a line failed or is left over.
    """
    if given["resume"] and given["restart"]:
        raise click.UsageError("--resume and --restart exclude each other.")
    mode: Mode = "resume" if given["resume"] else "restart" if given["restart"] else "auto"
    prices = _prices(given)
    retry_failed = given["retry_failed"]
    with readable_errors(), warnings.catch_warnings():
        warnings.simplefilter("ignore", UnknownWordWarning)  # `check` tells them
        file = InputFile(source, allow_unknown=given["allow_unknown"])
        with spinner(f"reading {source}"):
            file.refuse_problems()
        total = len(file.ids)
        record_mode = None if given["record"] is None else "new"
        with (
            make_client(given, record_mode=record_mode, keep_bodies=True) as client,
            Journal(file, output, errors, mode=mode, retry_failed=retry_failed) as journal,
        ):
            shown = _Shown(total, journal, prices)
            batch_run = BatchRun(
                client.map,
                file,
                journal,
                concurrency=given["concurrency"],
                max_failed=given["max_failed"],
                on_line=shown.add,
            )
            with shown.progress(batch_run):
                batch_run.run()
            left, failed = len(journal.left), journal.failed
        _write_summary(Summary.read(output), prices, total - left, failed)
    if left:
        why = batch_run.stopped or "they are not in the input any more"
        again = f"{left} lines are left ({why}): the same command goes on with them."
        click.echo(again, err=True)
    if left or failed:
        raise click.exceptions.Exit(1)


class _Shown:
    """Count what ends, and show it."""

    def __init__(self, total: int, journal: Journal, prices: Prices | None) -> None:
        self._journal = journal
        self._total = total
        self._prices = prices
        self._prompt = self._completion = 0
        cost = None if prices is None else self._cost
        self._progress = Progress(total, done=total - len(journal.left), cost=cost)

    def add(self, outcome: Outcome[Any]) -> None:
        """Show one more outcome."""
        tokens = tokens_of(outcome.usage)
        self._prompt += tokens["prompt_tokens"]
        self._completion += tokens["completion_tokens"]
        self._show()

    def _show(self) -> None:
        done = self._total - len(self._journal.left)
        self._progress.show(done, self._journal.failed, self._prompt + self._completion)

    def _cost(self) -> float:
        assert self._prices is not None  # noqa: S101 - asked for only where they were given
        return self._prices.cost(self._prompt, self._completion)

    @contextmanager
    def progress(self, batch_run: BatchRun) -> Iterator[None]:
        """Let the first Ctrl-C wait for what is in flight, and the second end the process."""

        def interrupted(number: int, _: object) -> None:
            signal.signal(number, signal.SIG_DFL)
            self._progress.end()
            sys.stderr.write("Waiting for the lines in flight; Ctrl-C again to leave them.\n")
            batch_run.stop()

        self._show()
        before = signal.signal(signal.SIGINT, interrupted)
        try:
            yield
        finally:
            signal.signal(signal.SIGINT, before)
            self._progress.end()


@batch.command()
@click.argument("output", metavar="OUT", type=_FILE)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@_price_in
@_price_out
def status(*, output: Path, as_json: bool, **given: Any) -> None:
    """Say how far the run that writes OUT is, from its journal."""
    with readable_errors():
        found = Summary.read(output)
        running = is_running(output.with_name(output.name + SUFFIX))
    left = found.lines - found.ended
    state = "running" if running else "interrupted" if left else "complete"
    if as_json:
        figures = dict(_figures(found, _prices(given), found.ended, found.failed))
        click.echo(to_json({"state": state, **figures, "errors": found.errors}, indent=2).decode())
        return
    click.echo(state)
    _write_summary(found, _prices(given), found.ended, found.failed)


def _prices(given: dict[str, Any]) -> Prices | None:
    prompt, completion = given["price_in"], given["price_out"]
    if prompt is None and completion is None:
        return None
    return Prices(prompt or 0.0, completion or 0.0)


def _figures(
    found: Summary, prices: Prices | None, ended: int, failed: int
) -> Iterator[tuple[str, object]]:
    yield "lines", found.lines
    yield "done", ended
    yield "failed", failed
    yield "seconds", round(found.seconds, 1)
    yield "calls_per_second", round(found.rate, 1)
    yield "prompt_tokens", found.prompt_tokens
    yield "completion_tokens", found.completion_tokens
    if prices is not None:
        yield "cost", round(prices.cost(found.prompt_tokens, found.completion_tokens), 6)
    if found.latencies:
        for percent in (50, 90, 99):
            yield f"latency_p{percent}", round(found.percentile(percent), 3)


def _write_summary(found: Summary, prices: Prices | None, ended: int, failed: int) -> None:
    figures = [
        (name.replace("_", " "), value) for name, value in _figures(found, prices, ended, failed)
    ]
    errors = [(f"error: {name}", count) for name, count in found.errors.most_common()]
    write_table(("figure", "value"), [*figures, *errors])


@batch.command()
@click.argument("rows", metavar="ROWS", type=_FILE)
@click.option("--output", "-o", type=_FILE, required=True, help="The batch's input to write.")
@click.option("--template", type=_FILE, help="A request's body in JSON, with ${column} in it.")
@click.option("--model", "-m", help="In place of a template: the model.")
@click.option("--prompt", help="In place of a template: the user's message, with ${column} in it.")
@click.option("--system", help="With a prompt: the system message, with ${column} in it.")
@click.option("--id", "id_column", help="The column of the ids; by default request-1 and on.")
@_allow_unknown
def build(*, rows: Path, output: Path, allow_unknown: bool, **given: Any) -> None:
    """Write a batch's input: one line for each row of ROWS, a CSV (.csv) or JSON Lines file."""
    template = _template(given)
    with readable_errors():
        if output.exists():
            raise BatchError(f"{output} is there already; name another file.", path=str(output))
        file = AppendFile(output)
        try:
            for line in build_lines(read_rows(rows), template, given["id_column"]):
                file.append(to_json(line) + b"\n")
            InputFile(output, allow_unknown=allow_unknown).refuse_problems()
        except BaseException:
            output.unlink()
            raise
        finally:
            file.close()


def _template(given: dict[str, Any]) -> Template:
    path, model, prompt, system = (given[n] for n in ("template", "model", "prompt", "system"))
    if (path is None) == (model is None or prompt is None):
        raise click.UsageError("Give --template, or --model and --prompt.")
    if path is not None:
        try:
            return Template(from_json(path.read_bytes(), allow_inf_nan=False))
        except (OSError, ValueError) as error:
            said = error.strerror if isinstance(error, OSError) else f"not JSON: {error}"
            raise click.BadParameter(f"{path}: {said}", param_hint="--template") from None
    messages = [{"role": "user", "content": prompt}]
    if system is not None:
        messages.insert(0, {"role": "system", "content": system})
    return Template({"model": model, "messages": messages})


@batch.command()
@click.argument("output", metavar="OUT", type=_FILE)
@click.option("--html", type=_FILE, help="The page; OUT.html by default.")
@_price_in
@_price_out
def report(*, output: Path, html: Path | None, **given: Any) -> None:
    """Write a page with plots of the run that wrote OUT; it opens without a network."""
    page = output.with_name(f"{output.name}.html") if html is None else html
    with readable_errors():
        found = Summary.read(output)
        figures = [*_figures(found, _prices(given), found.ended, found.failed)]
        write_report(page, output.name, found, figures)
    click.echo(escape_controls(str(page)))


for one in (upload, wait, download):
    batch.add_command(one)
