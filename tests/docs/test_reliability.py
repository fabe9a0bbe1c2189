"""The page on reliability counts the faults that there are, and claims for corechat all of them."""

import re
from pathlib import Path

from tests.reliability.faults import FAULTS, GROUPS

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "reliability.md").read_text(encoding="utf-8")
README = (ROOT / "README.md").read_text(encoding="utf-8")


def rows(name: str) -> list[str]:
    found = re.search(rf"^\| {re.escape(name)} \|(.*)\|$", PAGE, re.MULTILINE)
    assert found, f"the page has no row {name!r}"
    return [cell.strip() for cell in found[1].split("|")]


def test_the_table_counts_every_fault_and_corechat_handles_all() -> None:
    count = str(len(FAULTS))
    assert rows(f"handled, of {count}")[:3] == [count] * 3
    for group, faults in GROUPS.items():
        size = str(len(faults))
        assert rows(f"{group}, of {size}")[:3] == [size] * 3
    assert f"{count} faults" in README


def test_every_link_of_the_page_leads_somewhere() -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", PAGE):
        assert (ROOT / "docs" / target).exists(), target


def test_every_script_of_the_page_is_there() -> None:
    for module in re.findall(r"python -m (tests[\w.]+)", PAGE):
        assert (ROOT / f"{module.replace('.', '/')}.py").exists(), module
    for path in re.findall(r"pytest (tests[\w./]+)", PAGE):
        assert (ROOT / path).exists(), path
