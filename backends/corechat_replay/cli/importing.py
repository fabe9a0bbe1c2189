"""``corechat cassette import``: turn other people's cassettes into corechat's, in place."""

from collections.abc import Sequence

import click

from corechat._cli.output import readable_errors
from corechat.errors import CassetteError, CorechatError
from corechat.errors._text import escape_controls
from corechat_replay.cassette.files import read_cassette_file
from corechat_replay.cassette.reader import parse
from corechat_replay.cassette.writer import format_cassette, save_cassette, write_entry
from corechat_replay.cli.counted import counted
from corechat_replay.cli.paths import expand
from corechat_replay.cli.reading import parse_whole
from corechat_replay.interaction import Interaction
from corechat_replay.secrets.cleaning import clean_all


@click.command("import")
@click.argument("paths", nargs=-1, required=True)
@click.option("--dry-run", is_flag=True, help="Write nothing; say what would be done.")
def import_(*, paths: Sequence[str], dry_run: bool) -> None:
    """Turn cassettes of other tools into corechat's, in place.

    PATHS are files and folders, of vcrpy, pytest-recording, pydantic-ai, dd-trace and others. Each
    file keeps its name, every interaction, and every header but those with secrets; bodies become
    readable text. A file is replaced in one step, after the new text was read back and compared.
    One of which anything would be lost is left as it is, and the exit code is 1. There is no
    backup, since that would hold the secrets.
    """
    with readable_errors():
        files = expand(paths)
    failed = 0
    for file in files:
        try:
            outcome = _import(file, dry_run=dry_run)
        except CorechatError as error:
            failed += 1
            click.echo(escape_controls(f"{file}: not imported: {error.message}"), err=True)
        else:
            click.echo(escape_controls(f"{file}: {outcome}"))
    if failed:
        raise click.exceptions.Exit(1)


def _import(file: str, *, dry_run: bool) -> str:
    before = read_cassette_file(file)
    interactions = parse_whole(before, file)
    clean = clean_all(interactions, file, all_headers=True)
    after = format_cassette(clean, file)
    if after.encode() == before:
        return "is corechat's already"
    _check_same(clean, parse(after.encode(), file).interactions, file)
    if not dry_run:
        save_cassette(file, clean)
    hidden = sum(_differs(old, new) for old, new in zip(interactions, clean, strict=True))
    note = f", secrets taken out of the text of {hidden}" if hidden else ""
    return f"{'would be ' if dry_run else ''}imported, {counted(len(clean), 'interaction')}{note}"


def _check_same(wanted: Sequence[Interaction], found: Sequence[Interaction], file: str) -> None:
    if [write_entry(each) for each in wanted] != [write_entry(each) for each in found]:
        raise CassetteError(
            f"Written anew, {file!r} would not read as it does now, so it was left as it is. "
            "This is a defect of corechat: please report it.",
            path=file,
        )


def _differs(old: Interaction, new: Interaction) -> bool:
    return (old.request.url, old.request.body, old.response.body) != (
        new.request.url,
        new.request.body,
        new.response.body,
    )
