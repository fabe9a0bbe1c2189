"""Read a cassette file, JSON first: a JSON parser takes a fiftieth of a YAML parser's time."""

import os
from typing import cast

from pydantic_core import from_json

from corechat.errors import CassetteError, MissingDependencyError
from corechat.errors._text import excerpt
from corechat_replay.cassette.bodies import DamageError
from corechat_replay.cassette.dialects import to_cassette
from corechat_replay.cassette.files import read_cassette_file
from corechat_replay.cassette.yaml_reader import read_yaml
from corechat_replay.interaction import Cassette


def load(path: str | os.PathLike[str]) -> Cassette:
    """Read a cassette file in any dialect.

    Args:
        path: a JSON or YAML file; what it is tells the text, not the name.

    Returns:
        Its interactions. Those with other APIs that cannot be read are in ``skipped``.

    Raises:
        CassetteError: the file is missing, damaged, no cassette, or over a bound; the message
            says where. The file is untouched.
        MissingDependencyError: it is YAML, and PyYAML is not installed.
    """
    return parse(read_cassette_file(path), os.fspath(path))


def parse(data: bytes, path: str) -> Cassette:
    """Read a cassette from its bytes.

    Args:
        data: the file's content.
        path: its name, for messages.

    Raises:
        CassetteError: as `load`.
        MissingDependencyError: as `load`.
    """
    try:
        return to_cassette(_tree(_decode(data)), path)
    except DamageError as damage:
        raise CassetteError(
            f"The cassette {path!r} cannot be used: {excerpt(str(damage), 400)}. "
            "Repair it or record it anew; it was left as it is.",
            path=path,
        ) from None


def _decode(data: bytes) -> str:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise DamageError(f"line {line}: byte {error.start} is no UTF-8") from None
    if "\0" in text:
        raise DamageError(f"byte {data.index(0)} is NUL: this is no text")
    return text


def _tree(text: str) -> object:
    if text.lstrip()[:1] not in ("{", "["):
        return read_yaml(text)
    try:
        return cast("object", from_json(text))
    except ValueError as error:
        damage = DamageError(str(error))
    try:
        return read_yaml(text)  # YAML's flow style looks like JSON
    except (DamageError, MissingDependencyError):
        raise damage from None
