"""MarkerOptions: what ``@pytest.mark.corechat`` says about a test, and where its cassette is."""

import contextlib
import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

import pytest

from corechat import Client
from corechat._errors.text import one_of
from corechat.errors import CassetteError
from corechat_replay.cassette.files import resolve

FOLDER = "cassettes"

_MAX_STEM = 100  # a temporary file has a longer name, and a file system has bounds
_UNFIT = re.compile(r"[^A-Za-z0-9_.\[\]=,+-]+")

_OF_THE_FIXTURE = {"api_key", "record", "record_mode", "record_options"}

CLIENT = frozenset(Client.__init__.__kwdefaults__ or ()) - _OF_THE_FIXTURE
"""The keywords that go to `corechat.Client` as they are."""


@dataclass(frozen=True)
class MarkerOptions:
    """The arguments of all the marks of a test; the nearest mark wins.

    ``client`` holds keywords of `corechat.Client`, as in `CLIENT`, and ``options`` the backend's.
    """

    cassette: str | None = None
    backend: str = "httpx"
    ignore: Sequence[str] = ()
    match_base_url: bool = True
    allow_unplayed: bool = False
    allow_hosts: Sequence[str] = ()
    options: Mapping[str, Any] = field(default_factory=dict)
    client: Mapping[str, Any] = field(default_factory=dict)

    @property
    def matching(self) -> dict[str, Any]:
        """What `corechat_replay.factories.replay` is told of the match."""
        return {"ignore": self.ignore, "match_base_url": self.match_base_url}


def read_options(item: pytest.Item) -> MarkerOptions:
    """Read the marks of a test, which fails where an argument is not known."""
    given: dict[str, Any] = {}
    for mark in reversed(list(item.iter_markers("corechat"))):
        given.update(zip(("cassette",), mark.args, strict=False))
        given.update(mark.kwargs)
        if len(mark.args) > 1:
            pytest.fail("@pytest.mark.corechat takes one cassette, then keywords.", pytrace=False)
    own = [one.name for one in fields(MarkerOptions) if one.name != "client"]
    for name in given:
        if name not in own and name not in CLIENT:
            known = one_of(name, [*own, *sorted(CLIENT)])
            pytest.fail(f"@pytest.mark.corechat knows no {name!r}. {known}", pytrace=False)
    client = {name: given.pop(name) for name in CLIENT if name in given}
    return MarkerOptions(**given, client=client)


def find_cassette(item: pytest.Item, options: MarkerOptions) -> Path:
    """Find where a test's cassette is, or will be; the test fails if that is out of its folder."""
    name = _default_name(item) if options.cassette is None else Path(options.cassette)
    try:
        return resolve(cassette_folder(item), name)
    except CassetteError as error:
        pytest.fail(error.message, pytrace=False)


def cassettes_of(items: Iterable[pytest.Item]) -> Iterator[Path]:
    """Give the cassettes of those tests that have a fixture of corechat's and correct marks."""
    for item in items:
        if "_corechat_session" in getattr(item, "fixturenames", ()):
            with contextlib.suppress(pytest.fail.Exception):  # the test itself will say so
                yield find_cassette(item, read_options(item))


def cassette_folder(item: pytest.Item) -> Path:
    """Find the folder of a test's cassettes: beside its file, or as the setting says."""
    setting = str(item.config.getini("corechat_cassettes"))
    return item.config.rootpath / setting if setting else item.path.parent / FOLDER


def _default_name(item: pytest.Item) -> Path:
    """Make a cassette's name, relative to the folder, from that of its test.

    That is ``test_chat/TestTools.test_weather[Berlin].json``; names that no file can have, or that
    are very long, end in a hash.
    """
    classes = [node.name for node in item.listchain() if isinstance(node, pytest.Class)]
    name = Path(item.path.stem) / f"{_fit('.'.join([*classes, item.name]))}.json"
    if not item.config.getini("corechat_cassettes"):
        return name
    try:
        return item.path.parent.relative_to(item.config.rootpath) / name
    except ValueError:
        return name


def _fit(name: str) -> str:
    stem = _UNFIT.sub("-", name)
    if stem == name and len(stem) <= _MAX_STEM:
        return stem
    digest = hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:8]
    return f"{stem[: _MAX_STEM - 9]}-{digest}"
