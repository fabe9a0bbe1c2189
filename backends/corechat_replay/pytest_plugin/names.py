"""Names: where a test's cassette lies."""

import hashlib
import re
from pathlib import Path

import pytest

FOLDER = "cassettes"

_MAX_STEM = 100  # a temporary file has a longer name, and a file system has bounds
_UNFIT = re.compile(r"[^A-Za-z0-9_.\[\]=,+-]+")


def cassette_folder(item: pytest.Item) -> Path:
    """Find the folder that holds the cassettes of a test.

    Returns:
        ``cassettes`` beside its file, or the folder that the setting ``corechat_cassettes`` names.
    """
    setting = str(item.config.getini("corechat_cassettes"))
    return item.config.rootpath / setting if setting else item.path.parent / FOLDER


def default_name(item: pytest.Item) -> Path:
    """Make a cassette's name from that of its test.

    Returns:
        For example ``test_chat/TestTools.test_weather[Berlin].json``, relative to
        `cassette_folder`. Names that no file can have, or that are very long, end in a hash.
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
