"""The house: imports point one way, files stay small, and importing corechat does no work."""

import ast
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

import corechat

ROOT = Path(__file__).resolve().parents[1]
CORE, BACKENDS = ROOT / "corechat", ROOT / "backends"
SOURCES = sorted([*CORE.rglob("*.py"), *BACKENDS.rglob("*.py")])
in_source_tree = pytest.mark.source_tree
LAYERS = [
    "text durations canonical http_messages suggestions provider version",
    "retry_quota content_coding exemptions",
    "errors",
    "secret environment deadline base_url entries tls dependencies",
    "error_object retry_after providers retry proxy",
    "requests",
    "responses capabilities",
    "output_errors",
    "structured",
    "function_tools",
    "transport endpoint",
    "encode decode backend_options completions",
    "hookspecs",
    "plugins",
    "dispatch typed_call",
    "assembly",
    "client",
    "__init__ testing",
    "cli",
]
LEVEL = {name: level for level, names in enumerate(LAYERS) for name in names.split()}
READS_ENVIRONMENT = ("client.py", "entries.py", "plugins.py", "environment.py", "cli", "testing")
HEAVY = ("httpx", "httpcore", "httpx2", "aiohttp", "yaml", "asyncio", "rich", "click", "jsonschema")


def imports_of(path: Path) -> Iterator[tuple[str, int, bool]]:
    """Give each module imported, its line, and whether the import stands in a function."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    inside = {
        id(child)
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        for child in ast.walk(node)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path.name} imports relatively"
            names = (
                [f"corechat.{alias.name}" for alias in node.names]
                if node.module == "corechat"
                else [node.module or ""]
            )
        elif isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        else:
            continue
        for name in names:
            yield name, node.lineno, id(node) in inside


def room_of(module: str) -> str:
    parts = module.split(".")
    return parts[1] if len(parts) > 1 and parts[1] in LEVEL else "__init__"


@in_source_tree
def test_every_file_of_the_core_has_its_layer() -> None:
    rooms = {path.stem if path.is_file() else path.name for path in CORE.iterdir()}
    assert rooms - {"py", "py.typed", "__pycache__"} == set(LEVEL)


@in_source_tree
@pytest.mark.parametrize("path", sorted(CORE.rglob("*.py")), ids=lambda p: str(p.relative_to(CORE)))
def test_the_core_imports_downwards_only_and_no_backend(path: Path) -> None:
    own = path.relative_to(CORE).parts[0].removesuffix(".py")
    for module, line, _ in imports_of(path):
        assert not module.startswith("corechat_"), f"{path}:{line} imports a backend"
        if module.split(".")[0] == "corechat" and room_of(module) != own:
            assert LEVEL[room_of(module)] < LEVEL[own], f"{path}:{line} imports {module}"


@in_source_tree
@pytest.mark.parametrize(
    "path", sorted(BACKENDS.rglob("*.py")), ids=lambda p: str(p.relative_to(BACKENDS))
)
def test_a_backend_imports_only_itself_and_the_core_below_the_client(path: Path) -> None:
    own = path.relative_to(BACKENDS).parts[0]
    stays_below = "pytest" not in path.name and "cli" not in path.parts
    for module, line, _ in imports_of(path):
        first = module.split(".")[0]
        if first.startswith("corechat_"):
            assert first == own, f"{path}:{line} imports another backend"
        if first == "corechat" and stays_below:
            assert LEVEL[room_of(module)] < LEVEL["client"], f"{path}:{line} imports {module}"


@in_source_tree
@pytest.mark.parametrize("path", SOURCES, ids=lambda p: str(p.relative_to(ROOT)))
def test_a_file_is_small_and_imports_at_its_top(path: Path) -> None:
    lines = path.read_text(encoding="utf-8").splitlines()
    assert len(lines) <= 300
    for module, line, in_function in imports_of(path):
        if in_function:
            assert "PLC0415 - " in lines[line - 1], f"line {line}: {module}, without a reason"


@in_source_tree
@pytest.mark.parametrize("path", SOURCES, ids=lambda p: str(p.relative_to(ROOT)))
def test_the_environment_is_read_in_few_places(path: Path) -> None:
    relative = path.relative_to(ROOT)
    allowed = relative.parts[0] == "corechat" and relative.parts[1] in READS_ENVIRONMENT
    is_command = "cli" in relative.parts or relative.name.startswith("pytest_")
    if not (allowed or is_command):
        text = path.read_text(encoding="utf-8")
        assert "os.environ" not in text
        assert "getenv" not in text


def test_importing_corechat_loads_no_http_library_and_scans_no_entry_points() -> None:
    code = (
        "import sys, corechat\n"
        f"print([name for name in {HEAVY!r} if name in sys.modules])\n"
        "from corechat.entries import all_entries\n"
        "print(all_entries.cache_info().currsize)"
    )
    done = subprocess.run(  # noqa: S603 - our own interpreter
        [sys.executable, "-W", "error", "-c", code],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert done.stdout.split("\n")[:2] == ["[]", "0"]


def test_the_public_names_are_sorted_documented_and_there() -> None:
    assert corechat.__all__ == sorted(corechat.__all__)
    for name in corechat.__all__:
        value = getattr(corechat, name)
        if name not in ("__version__", "hookimpl"):
            assert value.__doc__, name


@in_source_tree
def test_the_version_is_the_distributions() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert corechat.__version__ == project["version"]
