"""Orphan: a cassette with the place and name that a test would give it, and no such test."""

import re
from pathlib import Path

_MAX_STEM = 100  # longer names have been cut
_TEST = re.compile(rb"^\s*(?:async\s+)?def\s+(\w+)", re.MULTILINE)
_NAME = re.compile(r"\w+")


def find_orphan(path: str) -> str | None:
    """Tell why a cassette belongs to no test.

    Args:
        path: the file; only ``cassettes/MODULE/TEST.json``, as the pytest plugin and
            pytest-recording name their files, says which test it belongs to.

    Returns:
        The reason; None if there is such a test, or if the path names none.
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
