"""MarkerOptions: what ``@pytest.mark.corechat`` says about a test, checked."""

import contextlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

import pytest

from corechat._errors.text import one_of
from corechat.errors import CassetteError
from corechat_replay.cassette.files import resolve
from corechat_replay.pytest_plugin.names import cassette_folder, default_name

CLIENT = (
    "provider",
    "base_url",
    "timeout",
    "connect_timeout",
    "max_retries",
    "headers",
    "plugins",
    "unsupported",
    "allow_insecure",
    "max_body_bytes",
)
"""The keywords that go to `corechat.Client` as they are."""


@dataclass(frozen=True)
class MarkerOptions:
    """The arguments of all the marks of a test; the nearest mark wins.

    Attributes:
        cassette: a name below the cassette folder; None for one made from the test's name.
        backend: what sends while recording.
        ignore: fields of the body that do not take part in the match.
        match_base_url: whether the endpoint takes part in the match.
        allow_unplayed: whether recordings may be left over, as where tests share a cassette.
        allow_hosts: hosts that the test may connect to while it replays.
        options: the backend's own options.
        client: keywords of `corechat.Client`, as in `CLIENT`.
    """

    cassette: str | None = None
    backend: str = "httpx"
    ignore: Sequence[str] = ()
    match_base_url: bool = True
    allow_unplayed: bool = False
    allow_hosts: Sequence[str] = ()
    options: Mapping[str, Any] = field(default_factory=dict)
    client: Mapping[str, Any] = field(default_factory=dict)


def read_options(item: pytest.Item) -> MarkerOptions:
    """Read the marks of a test.

    Raises:
        pytest.fail.Exception: a mark has an argument that is not known.
    """
    given: dict[str, Any] = {}
    for mark in reversed(list(item.iter_markers("corechat"))):
        given.update(zip(("cassette",), mark.args, strict=False))
        given.update(mark.kwargs)
        if len(mark.args) > 1:
            pytest.fail("@pytest.mark.corechat takes one cassette, then keywords.", pytrace=False)
    own = [one.name for one in fields(MarkerOptions) if one.name != "client"]
    for name in given:
        if name not in own and name not in CLIENT:
            pytest.fail(
                f"@pytest.mark.corechat knows no {name!r}. {one_of(name, [*own, *CLIENT])}",
                pytrace=False,
            )
    client = {name: given.pop(name) for name in CLIENT if name in given}
    return MarkerOptions(**given, client=client)


def find_cassette(item: pytest.Item, options: MarkerOptions) -> Path:
    """Find where a test's cassette is, or will be.

    Raises:
        pytest.fail.Exception: the name leads out of the cassette folder.
    """
    name = default_name(item) if options.cassette is None else Path(options.cassette)
    try:
        return resolve(cassette_folder(item), name)
    except CassetteError as error:
        pytest.fail(error.message, pytrace=False)


def cassettes_of(items: Iterable[pytest.Item]) -> Iterator[Path]:
    """Give the cassettes of those tests that ask for the fixture and whose marks are right."""
    for item in items:
        if "corechat_client" in getattr(item, "fixturenames", ()):
            with contextlib.suppress(pytest.fail.Exception):  # the test itself will say so
                yield find_cassette(item, read_options(item))
