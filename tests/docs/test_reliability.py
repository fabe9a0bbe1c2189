"""The page on reliability counts the faults that there are, and claims those not declared."""

import re
from collections.abc import Sequence
from pathlib import Path

from tests.reliability.battery.fault import Fault
from tests.reliability.faults import FAULTS, GROUPS
from tests.reliability.test_battery import _DECLARED

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "reliability.md").read_text(encoding="utf-8")
README = (ROOT / "README.md").read_text(encoding="utf-8")


def rows(name: str) -> list[str]:
    found = re.search(rf"^\| {re.escape(name)} \|(.*)\|$", PAGE, re.MULTILINE)
    assert found, f"the page has no row {name!r}"
    return [cell.strip() for cell in found[1].split("|")]


def handled(faults: Sequence[Fault]) -> list[str]:
    """Count what httpx, httpx2 and aiohttp handle: all but what a backend declares."""
    names = {fault.name for fault in faults}
    declared = [_DECLARED.get(backend, {}) for backend in ("httpx", "httpx", "aiohttp")]
    return [str(len(names - exceptions.keys())) for exceptions in declared]


def test_the_table_counts_every_fault_and_what_corechat_handles() -> None:
    assert rows(f"handled, of {len(FAULTS)}")[:3] == handled(FAULTS)
    for group, faults in GROUPS.items():
        assert rows(f"{group}, of {len(faults)}")[:3] == handled(faults)
    assert f"{len(FAULTS)} faults" in README


def test_every_link_of_the_page_leads_somewhere() -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", PAGE):
        assert (ROOT / "docs" / target).exists(), target


def test_every_script_of_the_page_is_there() -> None:
    for module in re.findall(r"python -m (tests[\w.]+)", PAGE):
        assert (ROOT / f"{module.replace('.', '/')}.py").exists(), module
    for path in re.findall(r"pytest (tests[\w./]+)", PAGE):
        assert (ROOT / path).exists(), path
