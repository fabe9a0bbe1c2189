"""The lock file holds what pyproject.toml declares, and says nothing of where it was written."""

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
LINES = (ROOT / "dev.lock").read_text().splitlines()

pytestmark = pytest.mark.source_tree


def declared() -> list[str]:
    groups = [PROJECT["dependencies"], *PROJECT["optional-dependencies"].values()]
    return [line for group in groups for line in group if not line.startswith("corechat[")]


def test_the_lock_holds_every_declared_requirement_in_a_version_that_it_allows() -> None:
    locked = [Requirement(line) for line in LINES if not line.startswith("#")]
    versions = {canonicalize_name(one.name): str(one.specifier)[2:] for one in locked}
    for requirement in map(Requirement, declared()):
        version = versions[canonicalize_name(requirement.name)]
        assert requirement.specifier.contains(version), f"{requirement}: make lock"


def test_every_line_of_the_lock_is_a_name_and_one_version() -> None:
    for line in LINES:
        assert re.fullmatch(r"#.*|[a-z0-9-]+==[0-9a-z.]+( ; .+)?", line), line
        assert "://" not in line


def test_every_requirement_begins_with_its_lowest_version() -> None:
    for line in declared():
        assert re.match(r"[\w-]+(>=[0-9.]+|==[0-9.b]+)(,|$)", line), (
            f"{line}: .ci/run cannot read its floor"
        )
