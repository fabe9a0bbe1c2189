"""The house stands as it was drawn: imports point one way, files stay small, every name is told."""

import ast
import importlib
import inspect
import pickle
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path
from typing import NamedTuple

import pytest

import corechat
import corechat.testing

pytestmark = pytest.mark.source_tree
ROOT = Path(__file__).parents[1]
SOURCES = [*sorted((ROOT / "corechat").rglob("*.py")), *sorted((ROOT / "backends").rglob("*.py"))]

READ_THE_ENVIRONMENT = re.compile(
    r"corechat/(_client|plugins/_entries|_cli/\w+|testing/.*)\.py"
    r"|backends/corechat_otel/telemetry\.py"  # OpenTelemetry's own variable, read at each call
    r"|backends/corechat_replay/shared\.py"  # read at each call: a client may outlive its test
)
REASONS = re.compile(r"# noqa: PLC0415 - .*(optional|comes with|only now needed)")


class Import(NamedTuple):
    """One import of a module of the project."""

    importer: str
    imported: str
    line: int
    inside_function: bool
    runs: bool
    """Whether it is there when the program runs, not only for a checker."""


def module_name(path: Path) -> str:
    top = ROOT if path.is_relative_to(ROOT / "corechat") else ROOT / "backends"
    return ".".join(path.relative_to(top).with_suffix("").parts).removesuffix(".__init__")


def imports_of(path: Path) -> Iterator[Import]:
    tree = ast.parse(path.read_text("utf-8"))
    functions = [n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef | ast.Lambda)]
    inside = {id(node) for function in functions for node in ast.walk(function)}
    checked = [
        n for n in tree.body if isinstance(n, ast.If) and "TYPE_CHECKING" in ast.dump(n.test)
    ]
    only_checked = {id(node) for branch in checked for one in branch.body for node in ast.walk(one)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: a relative import"
            names = [node.module or ""]
        else:
            continue
        for name in names:
            where = (node.lineno, id(node) in inside, id(node) not in only_checked)
            yield Import(module_name(path), name, *where)


IMPORTS = [one for path in SOURCES for one in imports_of(path)]
OURS = [one for one in IMPORTS if one.imported.split(".")[0].startswith("corechat")]


def test_an_import_inside_a_function_is_of_something_optional_and_says_so() -> None:
    wrong = []
    for path in SOURCES:
        lines = path.read_text("utf-8").splitlines()
        wrong += [
            f"{path.relative_to(ROOT)}:{one.line}"
            for one in imports_of(path)
            if one.inside_function and not REASONS.search(lines[one.line - 1])
        ]
    assert wrong == []


def test_no_file_is_longer_than_400_lines() -> None:
    lengths = {path: len(path.read_text("utf-8").splitlines()) for path in SOURCES}
    assert {str(p.relative_to(ROOT)): n for p, n in lengths.items() if n > 400} == {}


def test_every_function_is_annotated_and_every_public_thing_has_a_docstring() -> None:
    bare = []
    for path in SOURCES:
        tree = ast.parse(path.read_text("utf-8"))
        assert ast.get_docstring(tree), f"{path}: no docstring"
        bare += [
            f"{path.relative_to(ROOT)}:{node.lineno} {node.name}: no annotation"
            for node in ast.walk(tree)
            if isinstance(node, ast.FunctionDef) and node.returns is None
        ]
        bare += [
            f"{path.relative_to(ROOT)}:{node.lineno} {node.name}: no docstring"
            for node in tree.body
            if isinstance(node, ast.FunctionDef | ast.ClassDef)
            and not node.name.startswith("_")
            and not any(ast.unparse(one) == "overload" for one in node.decorator_list)
            and not ast.get_docstring(node)
        ]
    assert bare == []


def test_the_environment_is_read_in_few_places() -> None:
    wrong = []
    for path in SOURCES:
        name = path.relative_to(ROOT).as_posix()
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Attribute) and node.attr in ("environ", "getenv", "environb"):
                wrong += [] if READ_THE_ENVIRONMENT.fullmatch(name) else [f"{name}:{node.lineno}"]
    assert wrong == []


WITH_ALL = [
    path for path in SOURCES if re.search(r"^__all__ = ", path.read_text("utf-8"), re.MULTILINE)
]


@pytest.mark.parametrize("path", WITH_ALL, ids=module_name)
def test_every_name_of_all_is_there_and_the_names_are_sorted(path: Path) -> None:
    module = importlib.import_module(module_name(path))
    names: list[str] = module.__all__
    assert names == sorted(
        names, key=lambda name: (not name.isupper(), not name[0].isupper(), name)
    )
    assert len(set(names)) == len(names)
    assert [name for name in names if not hasattr(module, name)] == []


def test_every_public_name_of_the_package_is_told() -> None:
    for name in corechat.__all__:
        thing = getattr(corechat, name)
        if inspect.isclass(thing) or inspect.isfunction(thing):
            assert (thing.__doc__ or "").strip(), name
            assert thing.__doc__ != (thing.__mro__[1].__doc__ if inspect.isclass(thing) else ""), (
                name
            )


def test_every_public_name_says_that_it_is_corechats_and_is_found_there_again() -> None:
    for name in corechat.__all__:
        if name != "__version__":
            thing = getattr(corechat, name)
            assert thing.__module__ == "corechat", name
            assert pickle.loads(pickle.dumps(thing)) is thing  # noqa: S301 - our own
    for room in (corechat.plugins, corechat.requests, corechat.responses):
        for name in room.__all__:
            thing = getattr(room, name)
            if inspect.isclass(thing):
                assert thing.__module__ in ("corechat", room.__name__), name
                assert pickle.loads(pickle.dumps(thing)) is thing  # noqa: S301 - our own


def test_what_python_lists_of_the_package_is_its_interface() -> None:
    rooms = {"errors", "plugins", "requests", "responses", "transport"}
    assert set(dir(corechat)) == {*corechat.__all__, *rooms}


NOT_PLAIN = re.compile(r"\b(no|none of)\b|^It\b|^(A|An|The)\b", re.IGNORECASE)


PUBLIC = (
    corechat,
    corechat.errors,
    corechat.plugins,
    corechat.requests,
    corechat.responses,
    corechat.testing,
    corechat.transport,
)
VERB = re.compile(
    r"(Abort|Add|Allow|Answer|Apply|Ask|Begin|Bound|Build|Call|Carry|Change|Check|Choose|Close"
    r"|Collect|Compare|Connect|Convert|Copy|Count|Create|Decide|Declare|Decode|Demand|Describe"
    r"|Draw|Drip|End|Explain|Fail|Fetch|Fill|Find|Follow|Get|Give|Hand|Handle|Hold|Join|Keep"
    r"|Leave|Lend|Let|List|Load|Lock|Look|Make|Map|Mark|Match|Measure|Merge|Move|Name|Note"
    r"|Offer|Open|Order|Parametrize|Parse|Pass|Pick|Pour|Prepare|Print|Prove|Pull|Put|Raise"
    r"|Read|Receive|Record|Refuse|Register|Release|Remove|Replace|Report|Request|Reset|Resolve"
    r"|Retry|Return|Run|Say|Send|Serve|Set|Show|Skip|Sort|Split|Start|Stop|Store|Take|Tell"
    r"|Test|Translate|Try|Turn|Update|Use|Validate|Wait|Warn|Wrap|Write)\b"
)


def public_docstrings() -> Iterator[tuple[str, str]]:
    """Give every public class, function and method with its docstring; a property is a noun."""
    for room in PUBLIC:
        for name in room.__all__:
            thing = getattr(room, name)
            if inspect.isclass(thing) or inspect.isroutine(thing):
                yield f"{room.__name__}.{name}", vars(thing).get("__doc__", thing.__doc__) or ""
            for method, value in list(vars(thing).items()) if inspect.isclass(thing) else ():
                plain = getattr(value, "__func__", value)
                if inspect.isfunction(plain) and not method.startswith("_"):
                    yield f"{room.__name__}.{name}.{method}", plain.__doc__ or ""


def test_a_public_docstring_is_there_and_begins_with_a_verb_and_in_plain_words() -> None:
    lines = {name: (text.splitlines() or [""])[0] for name, text in public_docstrings()}
    assert {name: line for name, line in lines.items() if NOT_PLAIN.search(line)} == {}
    assert {name: line for name, line in lines.items() if not VERB.match(line)} == {}


def test_a_public_property_says_what_it_is() -> None:
    classes = [thing for room in PUBLIC for thing in (getattr(room, name) for name in room.__all__)]
    bare = [
        f"{thing.__name__}.{name}"
        for thing in classes
        if inspect.isclass(thing)
        for name, value in vars(thing).items()
        if isinstance(value, property) and not name.startswith("_") and not value.__doc__
    ]
    assert bare == []


def test_all_holds_every_public_class_that_the_package_imports() -> None:
    public = {
        name
        for name, thing in vars(corechat).items()
        if not name.startswith("_") and not inspect.ismodule(thing)
    }
    assert public <= set(corechat.__all__)


def test_the_version_of_the_distribution_is_that_of_the_package() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    assert project["tool"]["hatch"]["version"] == {"path": "corechat/_version.py"}
    assert "version" not in project["project"]
    assert metadata.version("corechat") == corechat.__version__


HEAVY = """httpx httpx2 httpcore httpcore2 h11 h2 aiohttp yaml asyncio ssl brotli zstandard click
rich certifi jsonschema docstring_parser trustme vcr xllamacpp pytest corechat_httpx
corechat_replay opentelemetry corechat_otel"""


def output_of(code: str, *arguments: str) -> str:
    """Run code in an interpreter of its own, warnings being errors."""
    done = subprocess.run(  # noqa: S603 - our own interpreter and code
        [sys.executable, "-W", "error", "-c", code, *arguments],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    return done.stdout


def test_importing_corechat_loads_no_library_that_a_call_may_not_need() -> None:
    code = (
        "import sys, threading, corechat\n"
        "from corechat.plugins import _entries\n"
        "print(*[name for name in sys.argv[1:] if name in sys.modules])\n"
        "print(_entries.all_entries.cache_info().misses, threading.active_count())\n"
    )
    loaded, work = output_of(code, *HEAVY.split()).splitlines()
    assert loaded == ""
    assert work == "0 1"


def test_a_client_of_one_backend_loads_no_other() -> None:
    code = (
        "import sys, corechat\n"
        "corechat.Client(base_url='http://127.0.0.1:1').close()\n"
        "print(*[name for name in sys.argv[1:] if name in sys.modules])\n"
    )
    others = "aiohttp yaml asyncio httpcore2 httpx2 corechat_aiohttp corechat_replay ssl xllamacpp"
    loaded = set(output_of(code, *others.split()).split())
    assert loaded <= {"ssl", "asyncio"}  # httpcore's own
