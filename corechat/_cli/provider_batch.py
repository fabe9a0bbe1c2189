"""``corechat batch upload``, ``wait`` and ``download``: a provider's own batches."""

import os
from pathlib import Path
from typing import Any

import click
from pydantic_core import to_json
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from corechat._batch.input_file import InputFile
from corechat._batch.provider_batches import ProviderBatches, files_of
from corechat._cli.client_options import base_url_option, provider_option
from corechat._cli.output import readable_errors, spinner
from corechat._errors.text import escape_controls
from corechat._providers.environment import Environment

_FILE = click.Path(dir_okay=False, path_type=Path)


@click.command()
@click.argument("source", metavar="IN", type=_FILE)
@provider_option
@base_url_option
@click.option("--window", default="24h", show_default=True, help="By when; Groq takes up to 7d.")
@click.option("--allow-unknown", is_flag=True, help="Let fields pass that corechat does not know.")
def upload(
    *, source: Path, provider: str | None, base_url: str | None, window: str, allow_unknown: bool
) -> None:
    """Check IN, upload it, have the provider run it, and print the batch's id.

    The provider's batch costs less than the same calls, and may take hours.
    """
    with readable_errors(), ProviderBatches(provider, base_url, Environment(os.environ)) as batches:
        with spinner(f"reading {source}"):
            InputFile(source, allow_unknown=allow_unknown).refuse_problems()
        with spinner(f"uploading {source}"):
            file_id = batches.upload(source)
        click.echo(f"uploaded as {escape_controls(file_id)}", err=True)
        click.echo(escape_controls(batches.create(file_id, window)))


@click.command()
@click.argument("batch_id", metavar="ID")
@provider_option
@base_url_option
@click.option("--every", type=float, help="Seconds between two looks; by default 2, growing to 60.")
@click.option("--timeout", type=float, help="Seconds in all.")
def wait(
    *,
    batch_id: str,
    provider: str | None,
    base_url: str | None,
    every: float | None,
    timeout: float | None,
) -> None:
    """Wait until a provider's batch has ended, and print its object as JSON.

    The exit code is 1 unless it is completed.
    """
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with (
        readable_errors(),
        ProviderBatches(provider, base_url, Environment(os.environ)) as batches,
        Progress(
            *columns, TimeElapsedColumn(), console=console, disable=not console.is_terminal
        ) as bar,
    ):
        task = bar.add_task("", total=None)
        said = ""

        def show(found: dict[str, Any]) -> None:
            nonlocal said
            counts = found.get("request_counts") or {}
            ended = (counts.get("completed") or 0) + (counts.get("failed") or 0)
            total = counts.get("total") or None
            status = escape_controls(str(found.get("status")))
            bar.update(task, description=status, completed=ended, total=total)
            line = f"{status}: {ended} of {total or '?'}"
            if not console.is_terminal and line != said:
                said = line
                click.echo(line, err=True)

        found = batches.wait(batch_id, every=every, timeout=timeout, on_poll=show)
    click.echo(escape_controls(to_json(found, indent=2).decode()))
    if found["status"] != "completed":
        raise click.exceptions.Exit(1)


@click.command()
@click.argument("batch_id", metavar="ID")
@click.option("--output", "-o", type=_FILE, required=True, help="Where answers are written.")
@click.option("--errors", type=_FILE, help="Where failed lines go; by default to the output, too.")
@provider_option
@base_url_option
def download(
    *,
    batch_id: str,
    output: Path,
    errors: Path | None,
    provider: str | None,
    base_url: str | None,
) -> None:
    """Download the output of a provider's batch that has ended, and its failed lines."""
    with readable_errors(), ProviderBatches(provider, base_url, Environment(os.environ)) as batches:
        answered, failed = files_of(batches.retrieve(batch_id))
        found = [one for one in (answered, failed) if one]
        wanted = {output: found} if errors is None else {output: [answered], errors: [failed]}
        for path, ids in wanted.items():
            named = [one for one in ids if one]
            if named:
                with spinner(f"downloading {path}"):
                    size = batches.download(named, path)
                click.echo(f"{escape_controls(str(path))}: {size} bytes", err=True)
