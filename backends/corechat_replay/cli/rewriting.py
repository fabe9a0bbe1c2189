"""``corechat cassette redact``, ``convert`` and ``merge``: what writes cassettes anew."""

import os
from collections import Counter
from collections.abc import Sequence

import click

from corechat._cli.output import readable_errors
from corechat.errors import CassetteError
from corechat.errors._text import escape_controls
from corechat_replay.cassette.writer import save_cassette, write_entry
from corechat_replay.cli.counted import counted
from corechat_replay.cli.reading import load_whole
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
        before = load_whole(file)
        after = clean_all(before, file, all_headers=False)
        save_cassette(file, after)
    changed = sum(_text(old) != _text(new) for old, new in zip(before, after, strict=True))
    _say(f"{file}: {changed} of {counted(len(after), 'interaction')} changed")


@click.command()
@click.argument("file")
@_OUT
@_FORCE
def convert(*, file: str, out: str, force: bool) -> None:
    """Write FILE, of any dialect, as corechat's own kind of cassette: version 1 in JSON.

    Every header is kept but those that hold secrets. vcrpy and pytest-recording read the result.
    """
    with readable_errors():
        _check_free(out, force=force)
        interactions = load_whole(file)
        save_cassette(out, clean_all(interactions, file, all_headers=True))
    _say(f"{out}: {counted(len(interactions), 'interaction')}")


@click.command()
@click.argument("files", nargs=-1, required=True)
@_OUT
@_FORCE
def merge(*, files: Sequence[str], out: str, force: bool) -> None:
    """Write the interactions of FILES, one file after the other, to one cassette.

    What several files hold alike is written as often as the file has it that has it most often.
    """
    with readable_errors():
        _check_free(out, force=force)
        merged: list[Interaction] = []
        counts: Counter[str] = Counter()
        for file in files:
            own: Counter[str] = Counter()
            interactions = load_whole(file)
            for each in clean_all(interactions, file, all_headers=True):
                text = _text(each)
                own[text] += 1
                if own[text] > counts[text]:
                    merged.append(each)
            counts |= own
        save_cassette(out, merged)
    _say(f"{out}: {counted(len(merged), 'interaction')} of {counted(len(files), 'file')}")


def _check_free(out: str, *, force: bool) -> None:
    if os.path.lexists(out) and not force:
        raise CassetteError(f"There is a file at {out!r} already. Replace it by --force.", path=out)


def _text(interaction: Interaction) -> str:
    return write_entry(interaction)


def _say(text: str) -> None:
    click.echo(escape_controls(text))
