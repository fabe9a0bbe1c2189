"""The guide for writers of transports is true: its files are a plugin that keeps its promises."""

import importlib
import re
import sys
import tomllib
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from corechat.testing import PROMISES, Verdict, run_conformance
from corechat.testing._kit.runner import check
from corechat.transport import TransportFactory

pytestmark = pytest.mark.slow

GUIDE = Path(__file__).resolve().parents[2] / "docs" / "writing-a-transport.md"
TEXT = GUIDE.read_text(encoding="utf-8")
FILES = dict(re.findall(r"```\w+\n# (\S+)\n(.*?)```", TEXT, re.DOTALL))
SNIPPETS = [
    block for block in re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL) if block[0] != "#"
]
SLOW = {"deadline", "interrupt", "secrecy", "tls"}


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write the guide's files, as its reader would."""
    folder = tmp_path_factory.mktemp("guide")
    for name, text in FILES.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    return folder


@pytest.fixture
def plain(place: Path, monkeypatch: pytest.MonkeyPatch) -> TransportFactory:
    """Import the guide's transport from its own files."""
    monkeypatch.syspath_prepend(str(place))
    for name in [name for name in sys.modules if name.partition(".")[0] == "corechat_plain"]:
        monkeypatch.delitem(sys.modules, name)
    factory: TransportFactory = importlib.import_module("corechat_plain.transport").plain
    return factory


def test_the_guide_has_the_four_files_that_it_speaks_of() -> None:
    assert set(FILES) == {
        "corechat_plain/transport.py",
        "corechat_plain/plugin.py",
        "pyproject.toml",
        "test_plain.py",
    }


@pytest.mark.usefixtures("plain")
def test_the_plugin_is_found_by_its_entry_point(place: Path) -> None:
    project = tomllib.loads((place / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    ((name, value),) = project["entry-points"]["corechat"].items()
    plugin = EntryPoint(name, value, "corechat").load()
    assert set(plugin.corechat_register_backends()) == {"plain"}


def test_the_transport_keeps_its_promises(plain: TransportFactory) -> None:
    quick = [promise for promise in PROMISES if promise.theme not in SLOW]
    results = [check(promise, plain, {}) for promise in quick]
    assert [result for result in results if result.verdict is not Verdict.KEPT] == []


@pytest.mark.parametrize("name", ["head-drips", "chunks-drip", "connect-timeout", "unread-request"])
def test_the_transport_obeys_deadlines(plain: TransportFactory, name: str) -> None:
    assert run_conformance(plain, only=f"deadline.{name}").ok


@pytest.mark.usefixtures("plain")
@pytest.mark.parametrize("number", range(len(SNIPPETS)))
def test_every_other_example_runs(number: int) -> None:
    exec(compile(SNIPPETS[number], f"{GUIDE.name} example {number + 1}", "exec"), {})  # noqa: S102 - our own guide


@pytest.mark.usefixtures("plain")
def test_the_test_module_makes_a_test_of_every_promise(place: Path) -> None:
    names: dict[str, object] = {"__name__": "test_plain"}
    exec(compile((place / "test_plain.py").read_text("utf-8"), "test_plain.py", "exec"), names)  # noqa: S102 - our own guide
    suite = names["TestPlain"]
    assert isinstance(suite, type)
    suite().test_promise(next(p for p in PROMISES if p.id == "request.host"))


def test_every_promise_that_the_guide_names_exists_and_the_number_is_right() -> None:
    named = set(re.findall(r"^\| `([a-z-]+\.[a-z0-9-]+)`", TEXT, re.MULTILINE))
    assert len(named) > 8
    assert named <= {promise.id for promise in PROMISES}
    assert "test_promise[deadline.body-drips]" in TEXT
    lines = len(FILES["corechat_plain/transport.py"].splitlines())
    assert f"page has {lines} lines and keeps {len(PROMISES)} promises" in TEXT
