"""``corechat cassette import``, ``redact``, ``convert`` and ``merge`` write cassettes anew."""

import os
from collections import Counter
from collections.abc import Sequence

import click

from corechat._cli.output import readable_errors
from corechat.errors import CassetteError, CorechatError
from corechat_replay.cassette.files import read_cassette_file
from corechat_replay.cassette.reader import parse, parse_whole
from corechat_replay.cassette.writer import format_cassette, save_cassette, write_entry
from corechat_replay.cli.common import counted, expand, say, texts
from corechat_replay.interaction import Interaction
from corechat_replay.secrets.cleaning import clean_all

_FORCE = click.option("--force", is_flag=True, help="Replace OUT if it is there.")
_OUT = click.option("--output", "-o", "out", required=True, metavar="OUT", help="The new file.")


@click.command()
@click.argument("file")
def redact(*, file: str) -> None:
    """Take secrets out of FILE, in place: keys, cookies, ids of accounts, all but a few headers.

    FILE is replaced in one step, and only if no key is left in it. There is no backup, since that
    would hold the secrets; a key that was in a file is best revoked.
    """
    with readable_errors():
        before = _read(file)
        after = clean_all(before, file, all_headers=False)
        save_cassette(file, after)
    pairs = zip(before, after, strict=True)
    changed = sum(write_entry(old) != write_entry(new) for old, new in pairs)
    say(f"{file}: {changed} of {counted(len(after), 'interaction')} changed")


@click.command()
@click.argument("file")
@_OUT
@_FORCE
def convert(*, file: str, out: str, force: bool) -> None:
    """Write FILE, of any dialect, as corechat's own kind of cassette: version 1 in JSON.

    Every header is kept but those that hold secrets. vcrpy and pytest-recording read the result.
    """
    say(f"{out}: {counted(_merge([file], out, force=force), 'interaction')}")


@click.command()
@click.argument("files", nargs=-1, required=True)
@_OUT
@_FORCE
def merge(*, files: Sequence[str], out: str, force: bool) -> None:
    """Write the interactions of FILES, one file after the other, to one cassette.

    What several files hold alike is written as often as the file has it that has it most often.
    """
    held = counted(_merge(files, out, force=force), "interaction")
    say(f"{out}: {held} of {counted(len(files), 'file')}")


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
            say(f"{file}: not imported: {error.message}", err=True)
        else:
            say(f"{file}: {outcome}")
    if failed:
        raise click.exceptions.Exit(1)


def _read(file: str) -> list[Interaction]:
    return parse_whole(read_cassette_file(file), file)


@readable_errors()
def _merge(files: Sequence[str], out: str, *, force: bool) -> int:
    if os.path.lexists(out) and not force:
        raise CassetteError(f"There is a file at {out!r} already. Replace it by --force.", path=out)
    merged: list[Interaction] = []
    counts: Counter[str] = Counter()
    for file in files:
        own: Counter[str] = Counter()
        for each in clean_all(_read(file), file, all_headers=True):
            text = write_entry(each)
            own[text] += 1
            if own[text] > counts[text]:
                merged.append(each)
        counts |= own
    save_cassette(out, merged)
    return len(merged)


def _import(file: str, *, dry_run: bool) -> str:
    before = read_cassette_file(file)
    interactions = parse_whole(before, file)
    clean = clean_all(interactions, file, all_headers=True)
    after = format_cassette(clean, file)
    if after.encode() == before:
        return "is corechat's already"
    again = parse(after.encode(), file).interactions
    if [write_entry(each) for each in clean] != [write_entry(each) for each in again]:
        raise CassetteError(
            f"Written anew, {file!r} would not read as it does now, so it was left as it is. "
            "This is a defect of corechat: please report it.",
            path=file,
        )
    if not dry_run:
        save_cassette(file, clean)
    pairs = zip(interactions, clean, strict=True)
    hidden = sum(texts(old) != texts(new) for old, new in pairs)
    note = f", secrets taken out of the text of {hidden}" if hidden else ""
    return f"{'would be ' if dry_run else ''}imported, {counted(len(clean), 'interaction')}{note}"
