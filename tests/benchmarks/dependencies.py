"""Measure every dependency: version, licence, size on disk and import time, as rows of a table.

Run it where `corechat[all]` is installed: ``python tests/benchmarks/dependencies.py``. Size is that
of the distribution's own files, and in brackets with all that it requires besides corechat's three
dependencies; the import time is processor time, the best of seven fresh interpreters, less an empty
one's.
"""

import re
import resource
import subprocess
import sys
from importlib import metadata
from pathlib import Path

from packaging.requirements import Requirement

IMPORTS = {"pyyaml": "yaml", "opentelemetry-api": "opentelemetry.trace"}
"""Where the module's name is another than the distribution's, or a part is what is imported."""

RUNS = 7
MB = 1_000_000


def needs(name: str, extra: str = "") -> list[str]:
    """Name what a distribution requires here."""
    found = map(Requirement, metadata.requires(name) or ())
    return [one.name for one in found if not one.marker or one.marker.evaluate({"extra": extra})]


def size(name: str) -> int:
    """Add up a distribution's files, but for what Python compiles."""
    listed = [one for one in metadata.files(name) or () if one.suffix != ".pyc"]
    paths = [Path(str(one.locate())) for one in listed]
    return sum(path.stat().st_size for path in paths if path.exists())


def closure(name: str, known: frozenset[str] = frozenset()) -> set[str]:
    """Name a distribution and all that it requires, without what is known."""
    todo, found = [name], set[str]()
    while todo:
        one = canonical(todo.pop())
        if one not in found and one not in known:
            found.add(one)
            todo += needs(one)
    return found


def canonical(name: str) -> str:
    """Write a name as an index does."""
    return re.sub(r"[-_.]+", "-", name).lower()


def licence(name: str) -> str:
    """Read the licence from the metadata: an expression, a short text, a classifier, or a file."""
    told = metadata.metadata(name)
    text = told.get("License-Expression") or told.get("License") or ""
    if text and text != "UNKNOWN" and "\n" not in text:
        return text
    for classifier in told.get_all("Classifier") or ():
        if classifier.startswith("License"):
            return classifier.rpartition(" :: ")[2]
    files = [one for one in metadata.files(name) or () if "licen" in one.name.lower()]
    lines = "".join(one.read_text() for one in files).strip().splitlines()
    return lines[0].strip() if lines else "?"


def seconds(code: str) -> float:
    """Give the processor time of a fresh interpreter, the best of some: others do not count."""
    best = float("inf")
    for _ in range(RUNS):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run([sys.executable, "-c", code], check=True)  # noqa: S603 - our own code
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        spent = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        best = min(best, spent)
    return best


def main() -> None:
    """Print a row for each dependency of corechat and of its extras."""
    empty = seconds("pass")
    core = [
        one.name for one in map(Requirement, metadata.requires("corechat") or ()) if not one.marker
    ]
    known = frozenset(one for name in core for one in closure(name))
    rows = [("", name) for name in core]
    for line in metadata.requires("corechat") or ():
        one = Requirement(line)
        extra = re.search(r"extra == .([\w-]+).", str(one.marker or ""))
        if extra and extra[1] not in ("all", "dev", "docs") and one.name != "corechat":
            rows.append((extra[1], one.name))
    for extra, name in rows:
        brings = closure(name, known if extra else frozenset())
        whole = sum(map(size, brings)) / MB
        milliseconds = (
            seconds(f"import {IMPORTS.get(name, name.replace('-', '_'))}") - empty
        ) * 1e3
        print(  # noqa: T201 - its purpose
            f"| {extra} | {name} {metadata.version(name)} | {licence(name)} "
            f"| {size(name) / MB:.1f} ({whole:.1f}) | {milliseconds:.0f} |"
        )


if __name__ == "__main__":
    main()
