"""``corechat cassette check``: secrets, damage, drift from version 1, and orphans."""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import click

from corechat._cli.output import readable_errors
from corechat._errors.text import escape_controls
from corechat.errors import CassetteError, CorechatError
from corechat.transport import HttpRequest
from corechat_replay.cassette.bodies import without_coding
from corechat_replay.cassette.files import read_cassette_file
from corechat_replay.cassette.reader import parse
from corechat_replay.cli.common import counted, expand
from corechat_replay.cli.drift import find_drift
from corechat_replay.interaction import Interaction
from corechat_replay.secrets.cleaning import clean_all, is_placeholder, is_secret_field
from corechat_replay.secrets.scan import find_secrets

_MAX_STEM = 100  # longer names have been cut
_TEST = re.compile(rb"^\s*(?:async\s+)?def\s+(\w+)", re.MULTILINE)
_NAME = re.compile(r"\w+")


@click.command()
@click.argument("paths", nargs=-1, required=True)
def check(*, paths: Sequence[str]) -> None:
    """Look for secrets, damage, drift from vcrpy's version 1, and orphans in PATHS.

    PATHS are files and folders. One line is written for each problem, and never a secret's value;
    the exit code is 1 if there is one. It fits a pre-commit hook.
    """
    with readable_errors():
        files = expand(paths)
    problems = 0
    for file in files:
        for problem in find_problems(file):
            problems += 1
            click.echo(escape_controls(f"{file}: {problem}"))
    click.echo(f"{counted(len(files), 'cassette')}, {counted(problems, 'problem')}")
    if problems:
        raise click.exceptions.Exit(1)


def find_problems(file: str) -> Iterator[str]:
    """Check the cassette at a path, and give one line a problem."""
    try:
        data = read_cassette_file(file)
        cassette = parse(data, file)
    except CorechatError as error:
        yield f"damage: {error.message}"
        return
    yield from (f"damage: {note}" for note in cassette.skipped)
    for interaction in cassette.interactions:
        try:
            plain = without_coding(interaction, file)
        except CassetteError as error:
            yield f"damage: interaction {interaction.number + 1}: {error.message}"
            continue
        for place in _secrets(plain, file):
            yield f"secret: interaction {interaction.number + 1}, {place}"
    yield from (f"drift: {note}" for note in find_drift(data))
    orphan = find_orphan(file)
    if orphan is not None:
        yield f"orphan: {orphan}"


def _secrets(interaction: Interaction, file: str) -> Iterator[str]:
    places = dict(find_secrets(interaction))
    yield from (f"{place}: what looks like {kind}" for place, kind in places.items())
    for side in ("request", "response"):
        message = interaction.request if side == "request" else interaction.response
        for name, value in message.headers.pairs:
            shown = f"{side} header {name}"
            if is_secret_field(name, value) and not is_placeholder(value) and shown not in places:
                yield f"{shown}: a header whose values are secret"
    try:
        clean = clean_all([interaction], file, all_headers=True)[0]
    except CassetteError:
        return  # for what has been said already
    for place, changed in (
        ("URL", clean.request.url != interaction.request.url),
        ("request body", _body(clean.request) != _body(interaction.request)),
        ("response body", clean.response.body != interaction.response.body),
    ):
        if changed and not any(known.startswith(place) for known in places):
            yield f"{place}: a secret field, an id of an account, or a secret header's value"


def _body(request: HttpRequest) -> bytes:
    # where a field was hidden, the whole body may have been written anew
    return b"".join(request.body.split())


def find_orphan(path: str) -> str | None:
    """Tell why a cassette belongs to no test, if its path says which test it should belong to.

    That are paths as ``cassettes/MODULE/TEST.json``, as the pytest plugin and pytest-recording name
    their files.
    """
    file = Path(path).absolute()
    folder = file.parent
    if folder.parent.name != "cassettes" or not folder.name.startswith("test"):
        return None
    module = folder.parent.parent / f"{folder.name}.py"
    if not module.is_file():
        return f"no test uses it: there is no {module.name} beside the folder 'cassettes'"
    test = _NAME.match(file.stem.partition("[")[0].rpartition(".")[2])
    if test is None or len(file.stem) >= _MAX_STEM or not test[0].startswith("test"):
        return None
    names = {name.decode() for name in _TEST.findall(module.read_bytes())}
    return None if test[0] in names else f"no test uses it: {module.name} has no {test[0]}"
