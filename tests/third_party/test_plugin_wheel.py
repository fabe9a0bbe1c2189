"""A third party's plugin, the one of the guide, is built, installed and used by its name."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from corechat.testing._kit.replies import reply
from corechat.testing._kit.scripts import always
from corechat.testing._kit.server import LoopbackServer
from tests.conformance.test_guide import FILES

ROOT = Path(__file__).parents[2]
ANSWER = {
    "id": "chatcmpl-1",
    "object": "chat.completion",
    "created": 1760000000,
    "model": "m",
    "choices": [
        {"index": 0, "message": {"role": "assistant", "content": "Hello."}, "finish_reason": "stop"}
    ],
}
USE = """
import sys
import corechat
with corechat.Client("plain", base_url=sys.argv[1], api_key="planted-key") as client:
    reply = client.complete(model="m", messages=[{"role": "user", "content": "Hello?"}])
assert "aiohttp" not in sys.modules and "httpx" not in sys.modules
print(reply.text)
"""
MISSPELT = """
import corechat
try:
    corechat.Client("plian", base_url="http://127.0.0.1:1/v1", api_key="x")
except corechat.BackendNotFoundError as error:
    print(error)
"""
NO_INDEX = ("Could not fetch URL", "Connection", "Temporary failure", "No matching distribution")

pytestmark = [pytest.mark.slow, pytest.mark.source_tree, pytest.mark.timeout(600)]


@pytest.fixture(scope="module")
def server() -> Iterator[LoopbackServer]:
    """A server that answers every request with a chat completion."""
    with LoopbackServer(always(reply(json.dumps(ANSWER).encode()))) as running:
        yield running


def run(*command: str | Path, seconds: float = 300) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603 - this interpreter's, or a new environment's
        [str(part) for part in command],
        capture_output=True,
        text=True,
        timeout=seconds,
        check=False,
    )


@pytest.fixture(scope="module")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Build corechat's wheel and the plugin's."""
    pytest.importorskip("build")
    source, folder = tmp_path_factory.mktemp("plain"), tmp_path_factory.mktemp("wheels")
    for name, text in FILES.items():
        (source / name).parent.mkdir(exist_ok=True)
        (source / name).write_text(text, encoding="utf-8")
    for project in (ROOT, source):
        command = ("-m", "build", "--wheel", "--no-isolation", "-o", folder, project)
        done = run(sys.executable, *command)
        assert done.returncode == 0, done.stderr
    return sorted(folder.glob("*.whl"))


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory, wheels: list[Path]) -> Path:
    """Install both wheels into a new environment, and give its interpreter."""
    folder = tmp_path_factory.mktemp("environment")
    assert run(sys.executable, "-m", "venv", folder).returncode == 0
    interpreter = next(
        path for path in (folder / "bin/python", folder / "Scripts/python.exe") if path.exists()
    )
    done = run(interpreter, "-m", "pip", "install", "--retries", "1", "--timeout", "20", *wheels)
    if any(words in done.stderr for words in NO_INDEX):
        pytest.skip("no package index is within reach: the plugin's dependencies cannot come")
    assert done.returncode == 0, done.stderr
    return interpreter


def test_both_wheels_install_into_a_clean_environment_and_the_plugin_is_used_by_its_name(
    python: Path, server: LoopbackServer
) -> None:
    done = run(python, "-W", "error", "-c", USE, f"{server.url}/v1", seconds=60)
    assert (done.stdout.strip(), done.stderr) == ("Hello.", "")
    assert server.received[-1].target == "/v1/chat/completions"
    assert server.received[-1].values("authorization") == ["Bearer planted-key"]


def test_a_misspelt_name_is_answered_with_the_plugin_s(python: Path) -> None:
    assert "plain" in run(python, "-c", MISSPELT, seconds=60).stdout
