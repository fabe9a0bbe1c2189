"""``corechat cassette check``: secrets, damage, drift from version 1, and orphans.

Drift is what loads here and is not vcrpy's version 1. Its rules are vcrpy 9.4.2's: a request has
exactly four keys, and a further one is a TypeError; ``metadata`` at the top stops pytest-recording
0.14; Python tags are refused.
"""

import contextlib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import cast

import click

from corechat._cli.output import readable_errors
from corechat.errors import CassetteError, CorechatError
from corechat_replay.cassette.bodies import without_coding
from corechat_replay.cassette.files import read_cassette_file
from corechat_replay.cassette.reader import parse, read_tree
from corechat_replay.cli.common import counted, expand, say, texts
from corechat_replay.interaction import Interaction
from corechat_replay.secrets.cleaning import clean_all, is_placeholder, is_secret_field
from corechat_replay.secrets.patterns import find_secrets

_TOP = {"version", "interactions"}
_REQUEST = {"method", "uri", "body", "headers"}
_RESPONSE = {"status", "headers", "body"}
_PYTHON_TAG = re.compile(rb"^[\s?-]*!!python/", re.MULTILINE)
_MAX_STEM = 100  # longer names have been cut
_TEST = re.compile(rb"^\s*(?:async\s+)?def\s+(\w+)", re.MULTILINE)
_NAME = re.compile(r"\w+")
_PLACES = ("URL", "request body", "response body")

Tree = Mapping[object, object]


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
            say(f"{file}: {problem}")
    say(f"{counted(len(files), 'cassette')}, {counted(problems, 'problem')}")
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
    yield from (f"drift: {note}" for note in _drift(data))
    yield from (f"orphan: no test uses it: {reason}" for reason in _find_orphan(Path(file)))


def _secrets(interaction: Interaction, file: str) -> Iterator[str]:
    places = dict(find_secrets(interaction))
    yield from (f"{place}: what looks like {kind}" for place, kind in places.items())
    for side, message in (("request", interaction.request), ("response", interaction.response)):
        for name, value in message.headers.pairs:
            place = f"{side} header {name}"
            if is_secret_field(name, value) and not is_placeholder(value) and place not in places:
                yield f"{place}: a header whose values are secret"
    with contextlib.suppress(CassetteError):  # for what has been said already
        [clean] = clean_all([interaction], file, all_headers=True)
        for place, before, after in zip(_PLACES, texts(interaction), texts(clean), strict=True):
            if before != after and not any(known.startswith(place) for known in places):
                yield f"{place}: a secret field, an id of an account, or a secret header's value"


def _drift(data: bytes) -> Iterator[str]:
    known = cast("Tree", read_tree(data))
    if _PYTHON_TAG.search(data):
        yield "a Python tag, which vcrpy refuses to read"
    if "interactions" not in known:
        yield "no 'interactions' at the top: another tool's form, which vcrpy does not read"
        return
    if known.get("version") != 1:
        yield "no 'version: 1' at the top"
    if extra := known.keys() - _TOP:
        yield f"{_names(extra)} at the top, which vcrpy drops and pytest-recording may stop at"
    first: dict[str, int] = {}
    for number, item in enumerate(cast("list[object]", known["interactions"]), 1):
        for problem in _drift_of(item):
            first.setdefault(problem, number)
    yield from (f"interaction {number}: {problem}" for problem, number in first.items())


def _drift_of(item: object) -> Iterator[str]:
    known = _mapping(item)
    request, response = _mapping(known.get("request")), _mapping(known.get("response"))
    if extra := request.keys() - _REQUEST:
        yield f"{_names(extra)} in the request, which stops vcrpy"
    if missing := _REQUEST - request.keys():
        yield f"no {_names(missing)} in the request, which stops vcrpy"
    if missing := _RESPONSE - response.keys():
        yield f"no {_names(missing)} in the response"
    elif "string" not in _mapping(response["body"]):
        yield "no 'string' in the response's body"


def _mapping(value: object) -> Tree:
    return cast("Tree", value) if isinstance(value, Mapping) else {}


def _names(keys: Iterable[object]) -> str:
    return " and ".join(repr(key[:40]) for key in sorted(map(str, keys))[:4])


def _find_orphan(file: Path) -> Iterator[str]:
    # cassettes/MODULE/TEST.json, as the pytest plugin and pytest-recording name their files
    folder = file.absolute().parent
    if folder.parent.name != "cassettes" or not folder.name.startswith("test"):
        return
    module = folder.parent.parent / f"{folder.name}.py"
    if not module.is_file():
        yield f"there is no {module.name} beside the folder 'cassettes'"
        return
    test = _NAME.match(file.stem.partition("[")[0].rpartition(".")[2])
    if test is None or len(file.stem) >= _MAX_STEM or not test[0].startswith("test"):
        return
    if test[0].encode() not in _TEST.findall(module.read_bytes()):
        yield f"{module.name} has no {test[0]}"
