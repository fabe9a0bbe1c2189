"""Every command and example of the README runs, by copy and paste."""

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.servers.llama_server import LlamaServer

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
COMMANDS = re.findall(r"^    ((?:echo .* \| )?corechat .*)$", README, re.MULTILINE)
MAKE = re.findall(r"^    (make \w+)", README, re.MULTILINE)


@pytest.fixture
def place(
    tmp_path: Path,
    llama_server: LlamaServer,
    tiny_model_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Path:
    """Make a folder with the cassettes and a model; Groq is a real server on loopback here."""
    (tmp_path / "cassettes").symlink_to(ROOT / "cassettes")
    shutil.copy(tiny_model_path, tmp_path / "model.gguf")
    monkeypatch.chdir(tmp_path)
    for name in ("GROQ_API_KEY", "OPENAI_API_KEY"):
        monkeypatch.setenv(name, "sk-readme")
    monkeypatch.setenv("GROQ_BASE_URL", llama_server.base_url)
    return tmp_path


@pytest.mark.parametrize("number", range(len(BLOCKS)))
def test_every_python_example_runs(
    place: Path, number: int, capsys: pytest.CaptureFixture[str]
) -> None:
    assert place.exists()
    exec(compile(BLOCKS[number], f"README.md example {number + 1}", "exec"), {})  # noqa: S102 - our own README
    if "print" in BLOCKS[number]:
        assert capsys.readouterr().out.strip()


@pytest.mark.source_tree
def test_the_first_example_is_the_one_that_the_type_checkers_read() -> None:
    checked = (ROOT / "tests/typing/readme.py").read_text(encoding="utf-8")
    assert checked.endswith(BLOCKS[0])


@pytest.mark.parametrize("command", COMMANDS)
def test_every_corechat_command_runs(place: Path, command: str) -> None:
    echoed, _, rest = command.rpartition(" | ")
    words = shlex.split(rest or command)
    done = subprocess.run(  # noqa: S603 - our own README
        [sys.executable, "-c", "from corechat._cli import main; main()", *words[1:]],
        input=shlex.split(echoed)[1] if echoed else None,
        cwd=place,
        env=dict(os.environ),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip()


def test_the_readme_has_its_examples_and_the_two_commands() -> None:
    assert len(BLOCKS) >= 4
    assert len(COMMANDS) >= 3
    assert MAKE == ["make demo", "make test"]
    first_screen = README[: README.index("## ")]
    assert "make demo" in first_screen
    assert "make test" in first_screen


@pytest.mark.parametrize("target", ["demo", "test"])
def test_the_makefile_has_the_readmes_target(target: str) -> None:
    make = shutil.which("make")
    assert make is not None, "make is not installed"
    done = subprocess.run(  # noqa: S603 - our own Makefile
        [make, "-n", target], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "pip install" in done.stdout or ".venv" in done.stdout


def test_every_link_of_the_readme_leads_somewhere() -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", README):
        if not target.startswith("http"):
            assert (ROOT / target).exists() or target.startswith("corechat/"), target
