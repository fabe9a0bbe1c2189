"""The page about testing offline: its tests and its commands, by copy and paste, in order."""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cassettes.support import serve

pytestmark = pytest.mark.slow

PAGE = (Path(__file__).parents[2] / "docs" / "testing-offline.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
TESTS = re.findall(r"```python\n# (tests/\S+)\n(.*?)```", PAGE, re.DOTALL)
OTHERS = re.findall(r"```py\n(.*?)```", PAGE, re.DOTALL)
RUNS = re.findall(r"^    (pytest .*)$", PAGE, re.MULTILINE)
COMMANDS = re.findall(r"^    corechat (cassette .*)$", PAGE, re.MULTILINE)
CORECHAT = [sys.executable, "-c", "from corechat._cli import main; main()"]
LIVE = ("once", "rewrite")


def run(words: list[str]) -> str:
    done = subprocess.run(  # noqa: S603 - our own page
        words, capture_output=True, text=True, timeout=100, check=False
    )
    assert done.returncode == 0, f"{words[-4:]}\n{done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.fixture
def recorded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Stand in a folder with the cassette that the page's first example records."""
    monkeypatch.chdir(tmp_path)
    Path("cassettes").mkdir()
    with serve() as server, monkeypatch.context() as live:
        live.setenv("GROQ_BASE_URL", server.base_url)
        live.setenv("GROQ_API_KEY", "gsk_" + "Zq7" * 14)
        exec(EXAMPLES[0], {})  # noqa: S102 - our own page


def test_the_pages_tests_record_replay_and_show_orphans(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for name, source in TESTS:
        Path(name).parent.mkdir(exist_ok=True)
        Path(name).write_text(source)
    assert len(RUNS) == 4
    for command in RUNS:
        words = [sys.executable, "-m", *shlex.split(command, comments=True)]
        with serve() as server, monkeypatch.context() as live:
            if any(f"--corechat-record={mode}" in command for mode in LIVE):
                live.setenv("GROQ_BASE_URL", server.base_url)
                live.setenv("GROQ_API_KEY", "gsk_" + "Zq7" * 14)
            shown = run([*words, "-p", "no:cacheprovider", "-p", "no:hypothesispytest"])
            assert pytest.RunResult.parse_summary_nouns(shown.splitlines()) == {"passed": 3}
            assert len(server.requests) == (3 if "GROQ_API_KEY" in os.environ else 0)
    assert sorted(path.as_posix() for path in Path("tests").rglob("*.json")) == [
        "tests/cassettes/palette.json",
        "tests/cassettes/test_colors/test_three_colors.json",
        "tests/cassettes/test_opposites/test_the_opposite_of_red.json",
    ]
    assert "0 in 1 folders" in shown


@pytest.mark.usefixtures("recorded")
def test_the_pages_commands_run() -> None:
    Path("tests").mkdir()
    Path("tests/theirs.yaml").write_text(Path("cassettes/colors.json").read_text())
    commands = [command for command in COMMANDS if " serve " not in command]
    assert len(commands) == 7
    for command in commands:
        assert run([*CORECHAT, *shlex.split(command, comments=True)])
    assert len(list(Path("cassettes").iterdir())) == 3


@pytest.mark.usefixtures("recorded")
def test_the_pages_other_clients_are_answered(capsys: pytest.CaptureFixture[str]) -> None:
    (command,) = [command for command in COMMANDS if " serve " in command]
    words = shlex.split(command.replace("8089", "0"))
    process = subprocess.Popen(  # noqa: S603 - our own page
        [*CORECHAT, *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )
    try:
        assert process.stdout is not None
        found = re.search(r"http://127\.0\.0\.1:(\d+)", process.stdout.readline())
        assert found is not None
        for source in OTHERS:
            exec(source.replace("8089", found[1]), {})  # noqa: S102 - our own page
    finally:
        process.kill()
        process.communicate()
    assert capsys.readouterr().out == "You said: Name 3 colors.\n" * 2
