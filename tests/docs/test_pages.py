"""Every page whose code has not a test of its own: its blocks run in order, as a reader would.

A ``python`` block whose first line is a comment with a file's name is that file; any other runs. A
``sh`` block runs line by line in one shell. A ``text`` block says what the block before it prints,
where ``…`` stands for anything. All share a folder with the cassettes, a model and certificates;
Groq is a server on loopback.
"""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from importlib import import_module
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import trustme
from packaging.requirements import Requirement

from corechat._providers.known import PROVIDERS
from corechat.transport import HttpResponse
from tests.core.support import answer, completion
from tests.docs import command_page
from tests.many.support import many
from tests.servers.llama_server import LlamaServer

pytestmark = pytest.mark.slow
ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
OWN_TESTS = "\n".join(
    path.read_text("utf-8")
    for path in (ROOT / "tests").rglob("test_*.py")
    if path != Path(__file__).resolve()
)
PAGES = {
    path.relative_to(DOCS).as_posix(): path.read_text("utf-8")
    for path in sorted(DOCS.rglob("*.md"))
    if f'"{path.name}"' not in OWN_TESTS
}
HERE = [name for name, text in PAGES.items() if re.search(r"^```(python|sh)$", text, re.MULTILINE)]
NOT_RUN = ("python -m venv", "pip install", "llama-server ", "export GROQ_API_KEY=")
"""What the tests have done already, and a program that is not among what they install."""

CELERY = """
class Celery:
    def __init__(self, name): pass
    def task(self, **options): return lambda function: function
"""
"""Stands for Celery, which is not among the tests' dependencies."""


class Block(NamedTuple):
    """One fenced block of a page."""

    kind: str
    text: str
    said: str
    """What it prints, by the page; empty where the page does not say."""


def blocks(page: str) -> Iterator[Block]:
    found = re.findall(r"^```(python|sh|text)\n(.*?)^```$", page, re.DOTALL | re.MULTILINE)
    for (kind, text), (following, said) in zip(found, [*found[1:], ("", "")], strict=True):
        if kind != "text":
            yield Block(kind, text, said if following == "text" else "")


def handler(parameters: dict[str, Any]) -> HttpResponse:
    text = json.dumps({"city": "Ulm", "days": 3}) if "response_format" in parameters else "Paris."
    return answer(completion(text))


@pytest.fixture
def place(tmp_path: Path, tiny_model_path: Path) -> Path:
    """Make the folder that a page's blocks share."""
    shutil.copytree(ROOT / "cassettes", tmp_path / "cassettes")
    shutil.copy(tiny_model_path, tmp_path / "model.gguf")
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    authority.issue_cert("client@example.org").private_key_and_cert_chain_pem.write_to_path(
        str(tmp_path / "client.pem")
    )
    (tmp_path / "celery.py").write_text(CELERY, "utf-8")
    return tmp_path


def run(block: Block, place: Path, environment: dict[str, str]) -> str:
    """Carry out a block, and return what it printed."""
    if block.kind == "python":
        named = re.match(r"# ([\w/]+\.py)\n", block.text)
        if named:
            (place / named[1]).write_text(block.text, "utf-8")
            return ""
        words = [sys.executable, "-W", "error", "-c", block.text]
    else:
        lines = [one for one in block.text.splitlines() if not one.startswith(NOT_RUN)]
        # a server of xllamacpp that ends while it still begins may hang
        text = "\n".join(lines).replace("python serve.py", "sleep 2 | python serve.py")
        words = ["bash", "-euc", text]
    done = subprocess.run(  # noqa: S603 - our own pages
        words,
        cwd=place,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert done.returncode == 0, f"{block.text}\n{done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.mark.parametrize("name", HERE)
def test_the_blocks_of_a_page_run_and_say_what_it_says(
    name: str, place: Path, llama_server: LlamaServer
) -> None:
    page = PAGES[name].replace("8080\n", "0\n")  # a free port, and the server that is there
    page = page.replace('(provider="llamacpp"', f'(base_url="{llama_server.base_url}"')
    page = page.replace("--provider llamacpp", f"--model m --base-url {llama_server.base_url}")
    page = page.replace("complete(messages=", 'complete(model="m", messages=')
    with many(handler) as server:
        environment = {
            **os.environ,
            "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]),
            "GROQ_API_KEY": "sk-page",
            "GROQ_BASE_URL": f"{server.url}/openai/v1",
        }
        for block in blocks(page):
            printed = run(block, place, environment)
            if block.said:
                expected = re.escape(block.said.strip()).replace("…", ".*")
                assert re.search(expected, printed, re.DOTALL), printed


def test_the_pages_that_run_here_are_there() -> None:
    assert {"tutorial.md", "errors-and-retries.md", "frameworks.md"} <= set(HERE)


@pytest.mark.parametrize("name", HERE)
def test_what_a_page_installs_has_the_extras_that_it_names(name: str) -> None:
    project = (ROOT / "pyproject.toml").read_text("utf-8")
    for line in re.findall(r"pip install ([^`\n]+)", PAGES[name]):
        for word in shlex.split(line):
            wanted = word.rpartition("/")[2] if word.startswith("/") else word
            for extra in Requirement(wanted).extras:
                assert re.search(rf"^{extra} = \[", project, re.MULTILINE), word


def test_the_page_of_the_command_says_what_the_command_says() -> None:
    page = command_page.PAGE.read_text("utf-8")
    assert page == command_page.write(), "python -m tests.docs.command_page"


@pytest.mark.source_tree
def test_the_page_of_the_environment_names_every_variable() -> None:
    page = PAGES["reference/environment.md"]
    told = set(re.findall(r"`([A-Z]+_[A-Z_]+)`", page))
    of_providers = {
        name for one in PROVIDERS.values() for name in (*one.key_env, one.base_url_env) if name
    }
    source = "\n".join(
        path.read_text("utf-8")
        for folder in ("corechat", "backends")
        for path in (ROOT / folder).rglob("*.py")
        if "testing" not in path.parts
    )
    read = set(re.findall(r'"((?:CORECHAT|OTEL_INSTR|SSL_CERT|OPENAI_ORG)[A-Z_]*)"', source))
    assert told >= of_providers | read
    assert [name for name in told - of_providers - read if name not in source.upper()] == []


@pytest.mark.source_tree
@pytest.mark.parametrize("name", PAGES)
def test_every_link_of_a_page_leads_somewhere(name: str) -> None:
    for target in re.findall(r"\]\(([^)#\s]+)", PAGES[name]):
        if not target.startswith("http"):
            assert ((DOCS / name).parent / target).exists(), target


@pytest.mark.source_tree
@pytest.mark.parametrize(
    "room", ["", ".plugins", ".requests", ".responses", ".testing", ".transport"]
)
def test_the_reference_describes_every_public_name(room: str) -> None:
    reference = "\n".join(text for name, text in PAGES.items() if name.startswith("reference/"))
    described = set(
        re.findall(r"^\.\. auto\w+:: (?:corechat\.)?(?:\w+\.)*(\w+)$", reference, re.MULTILINE)
    )
    names = set(import_module(f"corechat{room}").__all__)
    assert names - described - {"__version__", "PROVIDERS", "hookimpl"} == set()


@pytest.mark.source_tree
def test_the_page_of_dependencies_names_each_with_its_extra_and_all_is_all() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    extras: dict[str, list[str]] = project["optional-dependencies"]
    everything = set(chain.from_iterable(Requirement(one).extras for one in extras.pop("all")))
    extras = {name: lines for name, lines in extras.items() if name not in ("dev", "docs")}
    assert everything == extras.keys()
    rows = re.findall(r"(?m)^\| (?:`(\w+)`|—) \| ([\w-]+) ", PAGES["dependencies.md"])
    groups = {"": project["dependencies"], **extras}
    declared = {(extra, Requirement(one).name) for extra in groups for one in groups[extra]}
    assert set(rows) == declared
