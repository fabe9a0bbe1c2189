"""Backends over libraries that the docs do not show are short, and keep all but what they declare.

They run in an interpreter of their own: pytest-recording puts its own class in place of libcurl's.
"""

import contextlib
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CHECK = """
import sys
from importlib import import_module
from corechat.testing import Verdict, run_conformance
report = run_conformance(getattr(import_module(sys.argv[1]), sys.argv[2]))
for result in report.broken:
    print(result.id, result.detail, file=sys.stderr)
print(report.count(Verdict.KEPT))
"""

pytestmark = [pytest.mark.slow, pytest.mark.source_tree]


@pytest.fixture(scope="module")
def kits() -> Iterator[dict[str, subprocess.Popen[str]]]:
    """Run the kit over both at once: each mostly waits."""
    with contextlib.ExitStack() as stack:
        running: dict[str, subprocess.Popen[str]] = {}
        for library in ("pycurl", "urllib3"):
            process = subprocess.Popen(  # noqa: S603 - this interpreter and our own script
                [sys.executable, "-c", CHECK, f"tests.third_party.corechat_{library}", library],
                cwd=ROOT,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            )
            running[library] = stack.enter_context(process)
            stack.callback(process.kill)
        yield running


@pytest.mark.timeout(300)
@pytest.mark.parametrize(("library", "kept"), [("pycurl", 209), ("urllib3", 208)])
def test_a_third_party_s_backend_keeps_what_it_does_not_declare(
    kits: dict[str, subprocess.Popen[str]], library: str, kept: int
) -> None:
    pytest.importorskip(library)
    shown, broken = kits[library].communicate(timeout=280)
    assert (broken, kits[library].returncode) == ("", 0)
    assert int(shown) >= kept


@pytest.mark.parametrize("library", ["pycurl", "urllib3"])
def test_a_third_party_s_backend_is_short(library: str) -> None:
    file = Path(__file__).with_name(f"corechat_{library}.py")
    assert len(file.read_text(encoding="utf-8").splitlines()) <= 75
